/**
 * Reads queries: bytes of anybody in, what is asked or the answer that they deserve out. Total over any bytes, and no
 * names are followed elsewhere: a query has one, whole, behind its header.
 */
import { viewOf } from "../base/mod.ts";
import { flags, headerBytes, type Rcode, types } from "./codes.ts";

/** Bytes of a query that is read: a name, and the options of EDNS. */
export const queryBytesMax = 4_096;

/** Records that a query may carry behind its question. Real ones have one, for EDNS, and perhaps a signature. */
const recordsMax = 8;

/** Bytes of a name with the lengths of its labels. */
const nameBytesMax = 255;

/** The two high bits of a label's length: a name that goes on elsewhere, or what nobody has defined. */
const noLabelBits = 0xc0;

/** Class and TTL of the record by which EDNS speaks: how much the asker takes, and what it knows. */
export interface Edns {
  /** Bytes of the largest datagram that the asker takes, as it says. */
  readonly udpBytes: number;
  readonly version: number;
  /** The bit that answers repeat, whether they are signed or not. */
  readonly wantsDnssec: boolean;
}

export interface Query {
  readonly id: number;
  /** Bits of the header that the answer repeats. */
  readonly repeatedFlags: number;
  /** As it was asked, with the case of its letters. */
  readonly question: Uint8Array;
  /** Of the name, ASCII letters in lower case. A dot within a label is `\.`, so that it is no end of one. */
  readonly labels: readonly string[];
  readonly type: number;
  readonly class: number;
  readonly edns: Edns | undefined;
}

/** Why bytes get no answer: who sent them could not use one, or is another server, and both would go on for ever. */
export type Silence = "short" | "long" | "response";

export type ReadQuery =
  | { readonly type: "query"; readonly query: Query }
  | { readonly type: "fault"; readonly id: number; readonly repeatedFlags: number; readonly rcode: Rcode }
  | { readonly type: "silence"; readonly reason: Silence };

export function readQuery(bytes: Uint8Array): ReadQuery {
  if (bytes.length < headerBytes) return { type: "silence", reason: "short" };
  const view = viewOf(bytes);
  const head = view.getUint16(2);
  if ((head & flags.isResponse) !== 0) return { type: "silence", reason: "response" };
  if (bytes.length > queryBytesMax) return { type: "silence", reason: "long" };
  const id = view.getUint16(0);
  const opcode = head & flags.opcode;
  const repeatedFlags = opcode | (head & (flags.wantsRecursion | flags.checksNothing));
  const fault = (rcode: Rcode): ReadQuery => ({ type: "fault", id, repeatedFlags, rcode });
  if (opcode !== 0) return fault("NOTIMP");
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => view.getUint16(at)) as Counts;
  const records = answers + authorities + additionals;
  if (questions !== 1 || records > recordsMax) return fault("FORMERR");
  const question = readQuestion(bytes, view);
  if (question === undefined) return fault("FORMERR");
  const edns = readRecords(bytes, question.end, { first: answers + authorities, count: records });
  if (edns === "malformed") return fault("FORMERR");
  const { labels, end } = question;
  const asked = {
    question: bytes.slice(headerBytes, end),
    type: view.getUint16(end - 4),
    class: view.getUint16(end - 2),
  };
  return { type: "query", query: { id, repeatedFlags, labels, ...asked, edns } };
}

type Counts = [questions: number, answers: number, authorities: number, additionals: number];

function readQuestion(bytes: Uint8Array, view: DataView): { labels: string[]; end: number } | undefined {
  const labels: string[] = [];
  let at = headerBytes;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || (length & noLabelBits) !== 0) return undefined;
    at++;
    if (length === 0) break;
    if (at + length > bytes.length || at + length - headerBytes >= nameBytesMax) return undefined;
    labels.push(labelText(bytes.subarray(at, at + length)));
    at += length;
  }
  return at + 4 > view.byteLength ? undefined : { labels, end: at + 4 };
}

function labelText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const isUpper = byte >= 0x41 && byte <= 0x5a;
    text += byte === 0x2e ? "\\." : String.fromCharCode(isUpper ? byte + 0x20 : byte);
  }
  return text;
}

/** Goes through what stands behind the question, to its very end. Undefined when EDNS is not among it. */
function readRecords(
  bytes: Uint8Array,
  start: number,
  { first, count }: { readonly first: number; readonly count: number },
): Edns | undefined | "malformed" {
  const view = viewOf(bytes);
  let edns: Edns | undefined;
  let at = start;
  for (let index = 0; index < count; index++) {
    const owner = at;
    const fixed = skipName(bytes, owner);
    if (fixed === undefined || fixed + 10 > bytes.length) return "malformed";
    at = fixed + 10 + view.getUint16(fixed + 8);
    if (at > bytes.length) return "malformed";
    if (view.getUint16(fixed) !== types.OPT) continue;
    // It stands in the last section, belongs to no name, and there is one.
    if (index < first || fixed !== owner + 1 || edns !== undefined) return "malformed";
    const wantsDnssec = (view.getUint16(fixed + 6) & 0x8000) !== 0;
    edns = { udpBytes: view.getUint16(fixed + 2), version: bytes[fixed + 5] as number, wantsDnssec };
  }
  return at === bytes.length ? edns : "malformed";
}

/** Where a name ends that nobody reads: a reference to elsewhere ends it, and is not followed. */
function skipName(bytes: Uint8Array, start: number): number | undefined {
  for (let at = start; at - start < nameBytesMax; ) {
    const length = bytes[at];
    if (length === undefined) return undefined;
    if (length === 0) return at + 1;
    if ((length & noLabelBits) === noLabelBits) return at + 2;
    if ((length & noLabelBits) !== 0) return undefined;
    at += length + 1;
  }
  return undefined;
}
