/**
 * Puts an answer together, record by record, within the bytes that the asker takes. The package encodes each record; how
 * they stand together is done here, because it repeats names in full, and so fewer records would fit into a datagram.
 */
import packet, { type Answer } from "dns-packet";
import { concat, viewOf } from "../base/mod.ts";
import { flags, headerBytes, type Rcode, rcodes, types } from "./codes.ts";
import type { Edns, Query } from "./query.ts";
import type { Resource } from "./records.ts";

/** What this side says that it takes: as much as crosses every network in one piece. */
export const datagramBytesMax = 1_232;

/** What everybody takes who says nothing. */
export const datagramBytesMin = 512;

/** The record of EDNS without options. */
const ednsBytes = 11;

/** References have 14 bits. */
const referenceMax = 0x3fff;

export type Section = "answers" | "authorities" | "additionals";

export class AnswerWriter {
  readonly #query: Query;
  readonly #bytesMax: number;
  readonly #parts: Uint8Array[];
  readonly #counts: Record<Section, number> = { answers: 0, authorities: 0, additionals: 0 };
  /** Where names stand that may be referred to. */
  readonly #namesAt = new Map<string, number>();
  #bytes: number;

  constructor(query: Query, bytesMax: number) {
    this.#query = query;
    this.#parts = [query.question];
    this.#bytes = headerBytes + query.question.length;
    this.#bytesMax = bytesMax - (query.edns === undefined ? 0 : ednsBytes);
  }

  /** Sections are written in their order. False: there is no room, and nothing was added. */
  add(section: Section, resource: Resource): boolean {
    const { owner } = resource;
    const whole = encodeRecord(resource, owner ?? ".");
    const nameBytes = owner === undefined ? 1 : owner.length + 2;
    const knownAt = owner === undefined ? headerBytes : this.#namesAt.get(owner);
    const record = knownAt === undefined ? whole : concat([reference(knownAt), whole.subarray(nameBytes)]);
    if (this.#bytes + record.length > this.#bytesMax) return false;
    if (knownAt === undefined) this.#know(owner as string, this.#bytes);
    // The target stands whole at the end of an SRV record, as it must: its address may refer to it there.
    if (resource.type === "SRV") this.#know(resource.target, this.#bytes + record.length - resource.target.length - 2);
    this.#parts.push(record);
    this.#bytes += record.length;
    this.#counts[section]++;
    return true;
  }

  finish({ rcode, isTruncated }: { readonly rcode: Rcode; readonly isTruncated: boolean }): Uint8Array {
    const { id, repeatedFlags, edns } = this.#query;
    const head = headerOf(id, repeatedFlags, rcode);
    const view = viewOf(head);
    const authority = rcode === "NOERROR" || rcode === "NXDOMAIN" ? flags.isAuthoritative : 0;
    view.setUint16(2, view.getUint16(2) | authority | (isTruncated ? flags.isTruncated : 0));
    view.setUint16(4, 1);
    view.setUint16(6, this.#counts.answers);
    view.setUint16(8, this.#counts.authorities);
    view.setUint16(10, this.#counts.additionals + (edns === undefined ? 0 : 1));
    return concat([head, ...this.#parts, ...(edns === undefined ? [] : [ednsRecord(edns, rcode)])]);
  }

  #know(name: string, at: number): void {
    if (at <= referenceMax && !this.#namesAt.has(name)) this.#namesAt.set(name, at);
  }
}

/** The answer to what could not be read: a header, and nothing that came repeated. */
export function headerOf(id: number, repeatedFlags: number, rcode: Rcode): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = viewOf(bytes);
  view.setUint16(0, id);
  view.setUint16(2, flags.isResponse | repeatedFlags | (rcodes[rcode] & 0xf));
  return bytes;
}

function ednsRecord({ wantsDnssec }: Edns, rcode: Rcode): Uint8Array {
  const bytes = new Uint8Array(ednsBytes);
  const view = viewOf(bytes);
  view.setUint16(1, types.OPT);
  view.setUint16(3, datagramBytesMax);
  // The version is 0, the only one there is.
  bytes[5] = rcodes[rcode] >> 4;
  view.setUint16(7, wantsDnssec ? 0x8000 : 0);
  return bytes;
}

function reference(at: number): Uint8Array {
  return Uint8Array.of(0xc0 | (at >> 8), at & 0xff);
}

function encodeRecord(resource: Resource, name: string): Uint8Array {
  const message = packet.encode({ type: "response", answers: [recordOf(resource, name)] });
  return message.subarray(headerBytes);
}

function recordOf(resource: Resource, name: string): Answer {
  const ttl = resource.ttlSeconds;
  switch (resource.type) {
    case "A":
    case "AAAA":
      return { type: resource.type, name, ttl, data: resource.address };
    case "CNAME":
    case "NS":
      return { type: resource.type, name, ttl, data: resource.target };
    case "SRV": {
      const { target, port } = resource;
      return { type: "SRV", name, ttl, data: { priority: 1, weight: 1, port, target } };
    }
    case "TXT":
      return { type: "TXT", name, ttl, data: [...resource.texts] };
    case "HINFO":
      return { type: "HINFO", name, ttl, data: { cpu: resource.cpu, os: resource.os } };
    case "SOA": {
      const { refresh, retry, expire, negative } = resource.timersSeconds;
      const { server: mname, mailbox: rname } = resource;
      return { type: "SOA", name, ttl, data: { mname, rname, serial: 1, refresh, retry, expire, minimum: negative } };
    }
    default:
      return resource satisfies never;
  }
}
