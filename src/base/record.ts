import { textInto, toText } from "./bytes.ts";
import { frameRecordsMax, recordBytesMax, recordHeadersMax } from "./limits.ts";
import { unzigzag, VarintReader, varintBytesMax, varintBytesOf, writeVarint, zigzag } from "./varint.ts";
import type { WriterId } from "./vector.ts";

/** One name and value beside a record. Names may repeat; their order is kept. */
export interface RecordHeader {
  readonly name: string;
  readonly value: Uint8Array | string;
}

/** A record as a producer gives it. Texts are stored as UTF-8. */
export interface RecordInput {
  readonly value: Uint8Array | string;
  /** Groups records that belong together; compaction keeps the latest of each key. */
  readonly key?: Uint8Array | string | undefined;
  readonly headers?: readonly RecordHeader[] | undefined;
  /** Milliseconds since 1970-01-01 UTC. @default when it is packed */
  readonly timestampMs?: number | undefined;
}

/** A record as a consumer gets it. Immutable; the byte arrays may be views of a larger one: copy what you keep long. */
export class LogRecord {
  /** Position in the answering node's local log. Differs between nodes. */
  readonly offset: number;
  readonly writer: WriterId;
  /** Position in the writer's feed, from 1. The same on every node. */
  readonly sequence: number;
  /** Milliseconds since 1970-01-01 UTC, as the producer said. */
  readonly timestampMs: number;
  readonly key: Uint8Array | undefined;
  readonly headers: readonly { readonly name: string; readonly value: Uint8Array }[];
  readonly value: Uint8Array;

  constructor(fields: Pick<LogRecord, "offset" | "writer" | "sequence" | "timestampMs" | "key" | "headers" | "value">) {
    this.offset = fields.offset;
    this.writer = fields.writer;
    this.sequence = fields.sequence;
    this.timestampMs = fields.timestampMs;
    this.key = fields.key;
    this.headers = fields.headers;
    this.value = fields.value;
  }

  /** The value as UTF-8 text. */
  text(): string {
    return toText(this.value);
  }

  /** The value parsed as JSON; throws `SyntaxError` when it is none. */
  json(): unknown {
    return JSON.parse(this.text());
  }
}

/** A packed record without its place in a log. */
export interface PackedRecord {
  readonly timestampDeltaMs: number;
  readonly key: Uint8Array | undefined;
  readonly headers: readonly { readonly name: string; readonly value: Uint8Array }[];
  readonly value: Uint8Array;
}

const hasKey = 1;
const hasHeaders = 2;
const noHeaders: readonly { readonly name: string; readonly value: Uint8Array }[] = [];

/**
 * The most bytes that `packRecord` writes for this record.
 * A packed record is: varint length of the rest · flags (bit 0 key, bit 1 headers) · zigzag varint of the milliseconds
 * since the batch's base timestamp · [varint length, key] · [varint count, (varint length, name, varint length, value)…]
 * · value. Where compaction took records out stands a hole instead: varint 0 · varint count of them.
 */
export function packedBytesMax(record: RecordInput): number {
  let bytes = 2 * varintBytesMax + 1 + bytesMaxOf(record.value);
  if (record.key !== undefined) bytes += varintBytesMax + bytesMaxOf(record.key);
  if (record.headers !== undefined) {
    bytes += varintBytesMax;
    for (const header of record.headers) {
      bytes += 2 * varintBytesMax + bytesMaxOf(header.name) + bytesMaxOf(header.value);
    }
  }
  return bytes;
}

function bytesMaxOf(value: Uint8Array | string): number {
  return typeof value === "string" ? 3 * value.length : value.length;
}

/** Writes a record at `at`; the caller made sure that `packedBytesMax` bytes are there. Returns the position after it. */
export function packRecord(into: Uint8Array, at: number, record: RecordInput, timestampDeltaMs: number): number {
  const { value, key } = record;
  const headers = record.headers ?? noHeaders;
  const timestamp = zigzag(timestampDeltaMs);
  if (key === undefined && headers.length === 0 && typeof value !== "string") {
    return packValue(into, at, value, timestamp);
  }
  const bodyAt = at + varintBytesMax;
  let position = bodyAt;
  into[position++] = (key === undefined ? 0 : hasKey) | (headers.length === 0 ? 0 : hasHeaders);
  position = writeVarint(into, position, timestamp);
  if (key !== undefined) position = writeSized(into, position, key);
  if (headers.length > 0) {
    position = writeVarint(into, position, headers.length);
    for (const header of headers) {
      position = writeSized(into, position, header.name);
      position = writeSized(into, position, header.value);
    }
  }
  position = writePlain(into, position, value);
  // The length goes before the body, whose length is known only now: the body moves down over the spare bytes.
  const bodyBytes = position - bodyAt;
  const lengthEnd = writeVarint(into, at, bodyBytes);
  into.copyWithin(lengthEnd, bodyAt, position);
  return lengthEnd + bodyBytes;
}

/** The same for the plainest of records, whose length is known before: nothing has to move. */
function packValue(into: Uint8Array, at: number, value: Uint8Array, timestamp: number): number {
  let position = writeVarint(into, at, 1 + varintBytesOf(timestamp) + value.length);
  into[position++] = 0;
  position = writeVarint(into, position, timestamp);
  into.set(value, position);
  return position + value.length;
}

/** The bytes of a value. Returns the position after them. */
function writePlain(into: Uint8Array, at: number, value: Uint8Array | string): number {
  if (typeof value === "string") return at + textInto(value, into, at);
  into.set(value, at);
  return at + value.length;
}

/** The same after their length. */
function writeSized(into: Uint8Array, at: number, value: Uint8Array | string): number {
  if (typeof value !== "string") return writePlain(into, writeVarint(into, at, value.length), value);
  // Most texts have as many bytes as characters. Otherwise they move, to where their length ends.
  const guessed = at + varintBytesOf(value.length);
  const bytes = textInto(value, into, guessed);
  const start = at + varintBytesOf(bytes);
  if (start !== guessed) into.copyWithin(start, guessed, guessed + bytes);
  writeVarint(into, at, bytes);
  return start + bytes;
}

/**
 * Calls `visit` for each packed record from `at` to `end`, with its place in the batch: where compaction took records
 * out, the places of the others stay. Returns what is wrong, or undefined when all is well.
 */
export function readPackedRecords(
  bytes: Uint8Array,
  at: number,
  end: number,
  visit: (record: PackedRecord, index: number) => void,
): string | undefined {
  const reader = new VarintReader(bytes, at, end);
  for (let index = 0; reader.at < end; index++) {
    const bodyBytes = reader.next();
    const bodyEnd = reader.at + bodyBytes;
    if (reader.failed || bodyBytes < 2 || bodyEnd > end) {
      const removed = bodyBytes === 0 ? readHole(reader) : 0;
      if (removed === 0) return `record ${index} does not fit its batch`;
      index += removed - 1;
      continue;
    }
    const record = bytes[reader.at] === 0 ? readValue(bytes, reader, bodyEnd) : readBody(bytes, reader.at, bodyEnd);
    if (record === undefined) return `record ${index} is not well-formed`;
    visit(record, index);
    reader.at = bodyEnd;
  }
  return undefined;
}

/** How many records are gone where a length of 0 stands; 0 when that makes no sense. */
export function readHole(reader: VarintReader): number {
  const removed = reader.next();
  return reader.failed || removed > frameRecordsMax ? 0 : removed;
}

/** Writes that so many records, at least one, are gone. Returns the position after it; 1 + `varintBytesMax` bytes do. */
export function writeHole(into: Uint8Array, at: number, removed: number): number {
  into[at] = 0;
  return writeVarint(into, at + 1, removed);
}

/** The body of a record that has neither key nor headers. */
function readValue(bytes: Uint8Array, reader: VarintReader, end: number): PackedRecord | undefined {
  reader.at++;
  const timestampDeltaMs = unzigzag(reader.next());
  if (reader.failed || reader.at > end) return undefined;
  return { timestampDeltaMs, key: undefined, headers: noHeaders, value: bytes.subarray(reader.at, end) };
}

function readBody(bytes: Uint8Array, at: number, end: number): PackedRecord | undefined {
  const flags = bytes[at] as number;
  const reader = new VarintReader(bytes, at + 1, end);
  const timestampDeltaMs = unzigzag(reader.next());
  const key = flags & hasKey ? readBytes(bytes, reader, end) : undefined;
  let headers = noHeaders;
  if (flags & hasHeaders) {
    const count = reader.next();
    if (count > recordHeadersMax) return undefined;
    const read = [];
    for (let index = 0; index < count && !reader.failed; index++) {
      const name = readBytes(bytes, reader, end);
      const value = readBytes(bytes, reader, end);
      read.push({ name: toText(name), value });
    }
    headers = read;
  }
  if (reader.failed || flags > (hasKey | hasHeaders)) return undefined;
  return { timestampDeltaMs, key, headers, value: bytes.subarray(reader.at, end) };
}

function readBytes(bytes: Uint8Array, reader: VarintReader, end: number): Uint8Array {
  const length = reader.next();
  if (reader.failed || reader.at + length > end) {
    reader.failed = true;
    return bytes.subarray(0, 0);
  }
  const part = bytes.subarray(reader.at, reader.at + length);
  reader.at += length;
  return part;
}

/** The first of these well-formed packed records that has no key; undefined when each has one. */
export function keylessRecord(packed: Uint8Array): number | undefined {
  const reader = new VarintReader(packed, 0, packed.length);
  for (let index = 0; reader.at < packed.length; index++) {
    const bodyBytes = reader.next();
    if (((packed[reader.at] as number) & hasKey) === 0) return index;
    reader.at += bodyBytes;
  }
  return undefined;
}

/**
 * Judges packed records as they are produced, without building any: framing, count and limits. One cheap pass where a
 * node takes records in (rule R1). Returns what is wrong, or undefined.
 */
export function packedRecordsFault(bytes: Uint8Array, at: number, end: number, count: number): string | undefined {
  const reader = new VarintReader(bytes, at, end);
  let seen = 0;
  while (reader.at < end) {
    const bodyBytes = reader.next();
    const bodyEnd = reader.at + bodyBytes;
    if (reader.failed || bodyBytes < 2 || bodyEnd > end) return `record ${seen} does not fit its batch`;
    if (bodyBytes > recordBytesMax) return `record ${seen} has ${bodyBytes} bytes, allowed are ${recordBytesMax}`;
    // Only records with a key or headers have an inside that could be cut wrongly.
    if (bytes[reader.at] !== 0 && readBody(bytes, reader.at, bodyEnd) === undefined) {
      return `record ${seen} is not well-formed`;
    }
    reader.at = bodyEnd;
    seen++;
  }
  if (seen !== count) return `the header counts ${count} records, the batch holds ${seen}`;
  if (count < 1 || count > frameRecordsMax) return `a batch holds 1 to ${frameRecordsMax} records, this one ${count}`;
  return undefined;
}
