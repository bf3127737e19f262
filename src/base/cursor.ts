/**
 * Cursors and tokens: what callers carry from one node to another without looking inside. Both name their topic, so that
 * one of another topic is refused, and both end with a vector.
 */
import { concat, toBytes, toText, viewOf } from "./bytes.ts";
import { crc32, crc32Between } from "./crc32.ts";
import { topicNameCharactersMax } from "./limits.ts";
import { VarintReader, varintBytesMax, varintBytesOf, writeVarint } from "./varint.ts";
import { decodeVector, encodeVector, type Vector, vectorWritersMax, type WriterId } from "./vector.ts";

/** Where a consumer stands, or what a producer wrote, in one generation of one topic. */
export interface Place {
  readonly topic: string;
  readonly generation: number;
  /** Per writer the highest sequence read or written. It may stand inside a batch. */
  readonly vector: Vector;
}

/** The first byte tells version and purpose, so that a token is not taken for a cursor. */
const cursorVersion = 1;
const tokenVersion = 0x41;
/** Version byte and checksum. */
const prefixBytes = 5;

/** What a consumer has read, valid on every node. */
export function encodeCursor(place: Place): Uint8Array {
  return encodePlace(cursorVersion, place);
}

/** The inverse of `encodeCursor`; undefined when the bytes are no cursor. */
export function decodeCursor(bytes: Uint8Array): Place | undefined {
  return decodePlace(cursorVersion, bytes);
}

/** What a produce wrote: consuming after it waits until the node holds that. */
export function encodeToken(place: Place): Uint8Array {
  return encodePlace(tokenVersion, place);
}

/** The inverse of `encodeToken`; undefined when the bytes are no token. */
export function decodeToken(bytes: Uint8Array): Place | undefined {
  return decodePlace(tokenVersion, bytes);
}

/** What is wrong with bytes that are no cursor, or no token: for who gave them. */
export function placeFault(kind: "cursor" | "token", bytes: Uint8Array): string {
  const [known, other] = kind === "cursor" ? [cursorVersion, tokenVersion] : [tokenVersion, cursorVersion];
  const [version] = bytes;
  if (version === undefined) return "it is empty";
  if (version === other) return kind === "cursor" ? "it is a token" : "it is a cursor";
  if (version !== known) return `it begins with byte ${version}, known is ${known}`;
  if (bytes.length < prefixBytes) return `it has ${bytes.length} bytes, which are no whole ${kind}`;
  if (viewOf(bytes).getUint32(1, true) !== crc32(bytes.subarray(prefixBytes), version)) {
    return "its checksum does not match: it was cut off or changed";
  }
  return `it is not as nodes write it: allowed are ${vectorWritersMax} writers, each once, and numbers below 2^53`;
}

/** Writes tokens of one writer in one topic, which differ in nothing but the sequence. */
export class TokenWriter {
  readonly #start: Uint8Array;

  constructor(topic: string, generation: number, writer: WriterId) {
    // Sequence 0 takes one byte, the last.
    this.#start = encodeToken({ topic, generation, vector: new Map([[writer, 0]]) }).subarray(0, -1);
  }

  /** How many bytes `write` takes for this sequence. */
  bytesOf(sequence: number): number {
    return this.#start.length + varintBytesOf(sequence);
  }

  /** Writes what `encodeToken` gives for this sequence. Returns the position after it. */
  write(into: Uint8Array, at: number, sequence: number): number {
    into.set(this.#start, at);
    const end = writeVarint(into, at + this.#start.length, sequence);
    const checksum = crc32Between(into, at + prefixBytes, end, tokenVersion);
    for (let byte = 0; byte < 4; byte++) into[at + 1 + byte] = checksum >>> (8 * byte);
    return end;
  }
}

/** Version · CRC-32 of what follows, seeded with the version · varint length, topic · varint generation · vector. */
function encodePlace(version: number, place: Place): Uint8Array {
  const topic = toBytes(place.topic);
  const head = new Uint8Array(prefixBytes + 2 * varintBytesMax + topic.length);
  let at = writeVarint(head, prefixBytes, topic.length);
  head.set(topic, at);
  at = writeVarint(head, at + topic.length, place.generation);
  const bytes = concat([head.subarray(0, at), encodeVector(place.vector)]);
  bytes[0] = version;
  viewOf(bytes).setUint32(1, crc32(bytes.subarray(prefixBytes), version), true);
  return bytes;
}

function decodePlace(version: number, bytes: Uint8Array): Place | undefined {
  if (bytes.length < prefixBytes || bytes[0] !== version) return undefined;
  if (viewOf(bytes).getUint32(1, true) !== crc32(bytes.subarray(prefixBytes), version)) return undefined;
  const reader = new VarintReader(bytes, prefixBytes, bytes.length);
  const topicBytes = reader.next();
  if (reader.failed || topicBytes > topicNameCharactersMax || reader.at + topicBytes > bytes.length) return undefined;
  const topic = toText(bytes.subarray(reader.at, reader.at + topicBytes));
  reader.at += topicBytes;
  const generation = reader.next();
  const vector = reader.failed ? undefined : decodeVector(bytes.subarray(reader.at));
  return vector && { topic, generation, vector };
}
