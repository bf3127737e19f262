/** From a question to records: what a name of the zone has of the type that was asked for. */
import { type Random, type ServiceInstance, toBytes } from "../base/mod.ts";
import type { QueryType, Rcode } from "./codes.ts";
import type { DnsNode } from "./directory.ts";
import type { Resource, ResourceData, SoaTimers } from "./records.ts";
import { type Entry, placeOf, type Zone } from "./zone.ts";

/** Aliases that are followed within the zone: services registered at each other's names lead on like this. */
const aliasesMax = 4;

/** Bytes of one text of a TXT record, and of all of them. */
const textBytesMax = 255;
const textsBytesMax = 4_096;

/** Nothing is transferred, so that nobody waits for these. What is not there may be there at once. */
const timersSeconds: SoaTimers = { refresh: 3_600, retry: 600, expire: 86_400, negative: 0 };

export interface Resolution {
  readonly rcode: Rcode;
  /** In random order. */
  readonly answers: readonly Resource[];
  readonly authorities: readonly Resource[];
  /** Addresses of what the answers point to, so that nobody needs to ask again. Found one by one, as long as there is room. */
  readonly additionals: Iterable<Resource>;
}

/** An answer that tells nothing but its code. */
export function without(rcode: Rcode): Resolution {
  return { rcode, answers: [], authorities: [], additionals: [] };
}

export class Resolver {
  readonly #zone: Zone;
  readonly #random: Random;
  readonly #ttlSeconds: number;

  constructor(zone: Zone, random: Random, ttlSeconds: number) {
    this.#zone = zone;
    this.#random = random;
    this.#ttlSeconds = ttlSeconds;
  }

  /** No more answers than these are looked for. What is elsewhere is refused: nobody is asked for it. */
  resolve(labels: readonly string[], type: QueryType, answersMax: number): Resolution {
    const within = this.#zone.labelsWithin(labels);
    if (within === undefined || type === "AXFR" || type === "IXFR") return without("REFUSED");
    if (!this.#zone.isReady) return without("SERVFAIL");
    const entry = this.#zone.find(within);
    const answers =
      entry === undefined ? [] : this.#recordsOf(entry, type, { owner: undefined, recordsMax: answersMax });
    const alias = answers[0];
    if (alias?.type === "CNAME" && type !== "CNAME") answers.push(...this.#follow(alias.target, type, answersMax));
    const authorities = answers.length === 0 ? [this.#authority(this.#zone.domain, 0)] : [];
    const rcode = entry === undefined ? "NXDOMAIN" : "NOERROR";
    return { rcode, answers, authorities, additionals: this.#addressesOf(answers, answersMax) };
  }

  /** Records of a type, in random order, each once. */
  #recordsOf(
    entry: Entry,
    type: QueryType,
    { owner, recordsMax }: { readonly owner: string | undefined; readonly recordsMax: number },
  ): Resource[] {
    const ttlSeconds = this.#ttlSeconds;
    if (type === "ANY") return [{ owner, ttlSeconds, type: "HINFO", cpu: "RFC8482", os: "" }];
    if (type === "SOA" && entry.type === "apex") return [this.#authority(owner, ttlSeconds)];
    const found = new Map<string, Resource>();
    for (const data of this.#dataOf(entry, type)) {
      found.set(JSON.stringify(data), { owner, ttlSeconds, ...data });
      if (found.size >= recordsMax) break;
    }
    return [...found.values()];
  }

  #dataOf(entry: Entry, type: QueryType): Iterable<ResourceData> {
    switch (entry.type) {
      case "apex":
        return type === "NS" ? [{ type, target: this.#zone.serverName }] : [];
      case "empty":
        return [];
      case "address":
        return addressRecords([entry], type);
      case "service": {
        const found = this.#serviceData(inRandomOrder(entry.instances, this.#random), type);
        return entry.mayBeAlias ? found : withoutAlias(found);
      }
      case "node":
        return this.#nodeData(inRandomOrder(entry.nodes, this.#random), type);
      default:
        return entry satisfies never;
    }
  }

  *#serviceData(instances: Iterable<ServiceInstance>, type: QueryType): Iterable<ResourceData> {
    if (type === "SRV") {
      for (const { address, port, node } of instances) yield* this.#serverRecord({ host: address, port }, node);
    } else if (type === "TXT") {
      for (const { metadata } of instances) yield* textRecord(Object.entries(metadata));
    } else yield* addressRecords(instances, type);
  }

  /** Where a node is, and where it serves RPCs. */
  *#nodeData(nodes: Iterable<DnsNode>, type: QueryType): Iterable<ResourceData> {
    if (type === "SRV") {
      for (const { name, rpc } of nodes) if (rpc !== undefined) yield* this.#serverRecord(rpc, name);
    } else if (type === "TXT") {
      for (const { tags } of nodes) yield* textRecord(tags);
    } else yield* addressRecords(nodes, type);
  }

  *#serverRecord(
    { host, port }: { readonly host: string; readonly port: number },
    node: string,
  ): Iterable<ResourceData> {
    const place = placeOf(host);
    if (place !== undefined) yield { type: "SRV", target: place.host ?? this.#zone.nameOf(place.ip, node), port };
  }

  /** What an alias that ends in this zone leads to. */
  #follow(first: string, type: QueryType, recordsMax: number): Resource[] {
    const found: Resource[] = [];
    let owner = first;
    for (let count = 0; count < aliasesMax; count++) {
      const entry = this.#findTarget(owner);
      const records = entry === undefined ? [] : this.#recordsOf(entry, type, { owner, recordsMax });
      found.push(...records);
      const alias = records[0];
      if (alias?.type !== "CNAME") break;
      owner = alias.target;
    }
    return found;
  }

  *#addressesOf(answers: readonly Resource[], recordsMax: number): Iterable<Resource> {
    const targets = new Set(answers.flatMap((each) => (each.type === "SRV" || each.type === "NS" ? each.target : [])));
    for (const owner of targets) {
      const entry = this.#findTarget(owner);
      if (entry === undefined) continue;
      for (const type of ["A", "AAAA"] as const) {
        const records = this.#recordsOf(entry, type, { owner, recordsMax });
        yield* records.filter((record) => record.type === type);
      }
    }
  }

  #findTarget(name: string): Entry | undefined {
    const within = this.#zone.labelsWithin(name.toLowerCase().split("."));
    return within && this.#zone.find(within);
  }

  /** In an answer without records it says how long that may be believed: not at all. */
  #authority(owner: string | undefined, ttlSeconds: number): Resource {
    const { domain, serverName: server } = this.#zone;
    return { owner, ttlSeconds, type: "SOA", server, mailbox: `hostmaster.${domain}`, timersSeconds };
  }
}

/** No further than somebody looks: an answer holds few of many. */
function* inRandomOrder<Item>(items: readonly Item[], random: Random): Iterable<Item> {
  const left = [...items];
  while (left.length > 0) {
    const at = random.below(left.length);
    const last = left.pop() as Item;
    yield left[at] ?? last;
    if (at < left.length) left[at] = last;
  }
}

/** Addresses of a type. Where hosts are known by name alone, an alias for one: a name has one alias, and nothing beside it. */
function* addressRecords(places: Iterable<{ readonly address: string }>, type: QueryType): Iterable<ResourceData> {
  if (type !== "A" && type !== "AAAA" && type !== "CNAME") return;
  let isAddressKnown = false;
  let target: string | undefined;
  for (const { address } of places) {
    const { ip, host } = placeOf(address) ?? {};
    isAddressKnown ||= ip !== undefined;
    target ??= host;
    if (ip !== undefined && type === (ip.includes(":") ? "AAAA" : "A")) yield { type, address: ip };
  }
  if (!isAddressKnown && target !== undefined) yield { type: "CNAME", target };
}

function* withoutAlias(found: Iterable<ResourceData>): Iterable<ResourceData> {
  for (const data of found) if (data.type !== "CNAME") yield data;
}

/** `key=value` each; those that are too long for DNS are left out. */
function* textRecord(pairs: Iterable<readonly [string, string]>): Iterable<ResourceData> {
  const texts: string[] = [];
  let bytes = 0;
  for (const [key, value] of pairs) {
    const text = `${key}=${value}`;
    const length = toBytes(text).length;
    if (length > textBytesMax || bytes + length > textsBytesMax) continue;
    texts.push(text);
    bytes += length;
  }
  if (texts.length > 0) yield { type: "TXT", texts };
}
