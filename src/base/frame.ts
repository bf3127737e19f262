/**
 * The bytes of the log: one representation from the producer's buffer to disk, to replicas and to consumers.
 * A frame is a frame header (24 bytes, of one node only), a batch header (96 bytes, the same on every node) and the
 * batch's payload (packed records, opaque to nodes). All numbers are little-endian. `docs/format.md` draws them.
 */
import { assert } from "./assert.ts";
import { fromHex, readUint53, viewOf, writeUint53 } from "./bytes.ts";
import { type Checksum, crc32, crc32Between } from "./crc32.ts";
import { frameBytesMax, frameRecordsMax, timestampFault } from "./limits.ts";
import { pooledCopy } from "./pooled_bytes.ts";
import { packedBytesMax, packRecord, type RecordInput } from "./record.ts";
import type { WriterId } from "./vector.ts";
import { readWriter, writeWriter } from "./writer_bytes.ts";

/** First four bytes of every frame: "GVF1". */
export const frameMagic = 0x31465647;
export const frameHeaderBytes = 24;
export const batchHeaderBytes = 96;
/** Bytes before the payload. */
export const headersBytes: number = frameHeaderBytes + batchHeaderBytes;
export const batchVersion = 1;

/** Positions within a frame. The batch header begins at 24. */
export const at = {
  magic: 0,
  frameChecksum: 4,
  baseOffset: 8,
  durableBefore: 16,
  batchBytes: 24,
  headerChecksum: 28,
  version: 32,
  kind: 33,
  attributes: 34,
  count: 36,
  writer: 40,
  baseSequence: 48,
  lamport: 56,
  chain: 64,
  baseTimestamp: 72,
  timestampDeltaMax: 80,
  payloadChecksum: 84,
  producedChecksum: 88,
  generation: 92,
  producer: 96,
  producerSequence: 104,
  producerEpoch: 112,
  reserved: 116,
} as const;

/** `records` carries records; `gap` says that a range of a feed is gone (rule R4). */
export type FrameKind = "records" | "gap";

/** How the payload is compressed: bits 0 to 2 of the attributes. */
export type Compression = "none" | "gzip" | "zstd" | "brotli";
export const compressions: readonly Compression[] = ["none", "gzip", "zstd", "brotli"];
/** Bit 3 of the attributes: compaction took records out. The chain hash does not cover the attributes. */
export const compactedBit = 8;

/** The rolling hash of a feed up to and including a batch: 64 bits in two halves. Both 0 before the first batch. */
export interface ChainHash {
  readonly high: number;
  readonly low: number;
}

export const chainStart: ChainHash = { high: 0, low: 0 };

/** Everything the two headers say. */
export interface FrameHeader {
  /** Bytes of the whole frame. */
  readonly frameBytes: number;
  /** Offset of the first record in this node's local log. */
  readonly baseOffset: number;
  /** How far into its segment file everything was known durable when the frame was written. */
  readonly durableBefore: number;
  readonly kind: FrameKind;
  readonly compression: Compression;
  /** Compaction took records out: the others keep their places, and `count` is as it was produced. */
  readonly compacted: boolean;
  readonly count: number;
  readonly writer: WriterId;
  /** Sequence of the first record in its feed, from 1. */
  readonly baseSequence: number;
  /** 1 + the greatest Lamport number that the writer had seen in the topic (rule R7). */
  readonly lamport: number;
  readonly chain: ChainHash;
  /** Timestamp of the first record, milliseconds since 1970-01-01 UTC. */
  readonly baseTimestampMs: number;
  /** Greatest timestamp of the batch minus `baseTimestampMs`, at least 0. */
  readonly timestampDeltaMaxMs: number;
  /** CRC-32 of the payload as it is. */
  readonly payloadChecksum: number;
  /** CRC-32 of the payload as it was produced: differs from `payloadChecksum` only where the batch is `compacted`. */
  readonly producedChecksum: number;
  readonly generation: number;
}

/** What lies at a position of a byte range that should hold frames. */
export type FrameScan =
  | { readonly type: "frame"; readonly header: FrameHeader }
  /** The frame goes on beyond the end of the bytes; `bytesNeeded` from its start would decide. */
  | { readonly type: "cut"; readonly bytesNeeded: number }
  | { readonly type: "bad"; readonly reason: string };

/** What a node adds to a frame that it writes to its own disk. */
export interface FramePlace {
  readonly baseOffset: number;
  readonly durableBefore: number;
}

/** What the origin adds to a batch, once and for all nodes. */
export interface BatchStamp {
  readonly writer: WriterId;
  readonly baseSequence: number;
  readonly lamport: number;
  readonly generation: number;
  /** The feed's chain hash before this batch. */
  readonly previousChain: ChainHash;
}

/**
 * Reads the headers at `start`, checking magic, checksums of both headers, version, kind, lengths and limits; with
 * `checksum` also the payload's. Total over any bytes.
 */
export function scanFrame(bytes: Uint8Array, start: number, checksum?: Checksum): FrameScan {
  if (bytes.length - start < headersBytes) return { type: "cut", bytesNeeded: headersBytes };
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, headersBytes);
  if (view.getUint32(at.magic, true) !== frameMagic) return bad("no frame begins here");
  const frameChecksum = crc32Between(bytes, start + at.baseOffset, start + frameHeaderBytes);
  if (view.getUint32(at.frameChecksum, true) !== frameChecksum) {
    return bad("the frame header's checksum does not match");
  }
  if (view.getUint32(at.headerChecksum, true) !== crc32Between(bytes, start + at.version, start + headersBytes)) {
    return bad("the batch header's checksum does not match");
  }
  return scanFields(bytes, start, view, checksum);
}

function scanFields(bytes: Uint8Array, start: number, view: DataView, checksum: Checksum | undefined): FrameScan {
  const version = view.getUint8(at.version);
  if (version !== batchVersion) return bad(`batch version ${version} is not ${batchVersion}`);
  const kind = view.getUint8(at.kind);
  if (kind > 1) return bad(`batch kind ${kind} is unknown`);
  const attributes = view.getUint16(at.attributes, true);
  const compression = compressions[attributes & 7];
  if (compression === undefined) return bad(`compression ${attributes & 7} is unknown`);
  const frameBytes = frameHeaderBytes + view.getUint32(at.batchBytes, true);
  if (frameBytes < headersBytes || frameBytes > frameBytesMax) {
    return bad(`a frame of ${frameBytes} bytes, allowed are ${headersBytes} to ${frameBytesMax}`);
  }
  const baseOffset = readUint53(view, at.baseOffset);
  const durableBefore = readUint53(view, at.durableBefore);
  const baseSequence = readUint53(view, at.baseSequence);
  const lamport = readUint53(view, at.lamport);
  const baseTimestampMs = readUint53(view, at.baseTimestamp);
  if (
    baseOffset === undefined ||
    durableBefore === undefined ||
    baseSequence === undefined ||
    lamport === undefined ||
    baseTimestampMs === undefined
  ) {
    return bad("a number is above 2^53");
  }
  if (bytes.length - start < frameBytes) return { type: "cut", bytesNeeded: frameBytes };
  const payloadChecksum = view.getUint32(at.payloadChecksum, true);
  if (checksum && checksumOf(bytes, start + headersBytes, start + frameBytes, checksum) !== payloadChecksum) {
    return bad("the payload's checksum does not match");
  }
  const header: FrameHeader = {
    frameBytes,
    baseOffset,
    durableBefore,
    kind: kind === 0 ? "records" : "gap",
    compression,
    compacted: (attributes & compactedBit) !== 0,
    count: view.getUint32(at.count, true),
    writer: readWriter(view, at.writer),
    baseSequence,
    lamport,
    chain: { high: view.getUint32(at.chain + 4, true), low: view.getUint32(at.chain, true) },
    baseTimestampMs,
    timestampDeltaMaxMs: view.getUint32(at.timestampDeltaMax, true),
    payloadChecksum,
    producedChecksum: view.getUint32(at.producedChecksum, true),
    generation: view.getUint32(at.generation, true),
  };
  return { type: "frame", header };
}

/** Payloads this short are checked without a view of their own, which would cost as much again. */
const shortBytesMax = 256;

function checksumOf(bytes: Uint8Array, start: number, end: number, checksum: Checksum): number {
  if (end - start <= shortBytesMax) return crc32Between(bytes, start, end);
  return checksum(bytes.subarray(start, end));
}

function bad(reason: string): FrameScan {
  return { type: "bad", reason };
}

/**
 * Stamps a frame in place: writer, sequence, Lamport number, generation and chain hash, then the header's checksum. Only
 * the origin does that (rule R1). Call `placeFrame` before it is written.
 */
export function stampBatch(frame: Uint8Array, stamp: BatchStamp): ChainHash {
  return stampIn(frame, viewOf(frame), stamp);
}

/** As `stampBatch` and `placeFrame`, with one view for both: making a view costs as much as a stamp. */
export function stampAndPlace(frame: Uint8Array, stamp: BatchStamp, place: FramePlace): ChainHash {
  const view = viewOf(frame);
  const chain = stampIn(frame, view, stamp);
  placeIn(frame, view, place);
  return chain;
}

function stampIn(frame: Uint8Array, view: DataView, stamp: BatchStamp): ChainHash {
  writeWriter(view, at.writer, stamp.writer);
  writeUint53(view, at.baseSequence, stamp.baseSequence);
  writeUint53(view, at.lamport, stamp.lamport);
  view.setUint32(at.generation, stamp.generation, true);
  const chain = chainAfter(stamp.previousChain, view);
  view.setUint32(at.chain, chain.low, true);
  view.setUint32(at.chain + 4, chain.high, true);
  sealHeader(frame, view);
  return chain;
}

export function sealHeader(frame: Uint8Array, view: DataView): void {
  view.setUint32(at.headerChecksum, crc32Between(frame, at.version, headersBytes), true);
}

/** Writes the part of a frame that is this node's own: its offset and the durable mark. */
export function placeFrame(frame: Uint8Array, place: FramePlace): void {
  placeIn(frame, viewOf(frame), place);
}

function placeIn(frame: Uint8Array, view: DataView, place: FramePlace): void {
  view.setUint32(at.magic, frameMagic, true);
  writeUint53(view, at.baseOffset, place.baseOffset);
  writeUint53(view, at.durableBefore, place.durableBefore);
  view.setUint32(at.frameChecksum, crc32Between(frame, at.baseOffset, frameHeaderBytes), true);
}

/**
 * Reads what `placeFrame` wrote at `start`; undefined when no intact frame header is there. It says nothing of the batch
 * behind it: recovery believes a durable mark also when the batch is damaged.
 */
export function readPlace(bytes: Uint8Array, start: number): FramePlace | undefined {
  if (bytes.length - start < frameHeaderBytes) return undefined;
  const header = bytes.subarray(start, start + frameHeaderBytes);
  const view = viewOf(header);
  if (view.getUint32(at.magic, true) !== frameMagic) return undefined;
  if (view.getUint32(at.frameChecksum, true) !== crc32(header.subarray(at.baseOffset))) return undefined;
  const baseOffset = readUint53(view, at.baseOffset);
  const durableBefore = readUint53(view, at.durableBefore);
  return baseOffset === undefined || durableBefore === undefined ? undefined : { baseOffset, durableBefore };
}

/**
 * The feed's chain hash after the batch that begins this frame: two lanes of MurmurHash3's 32-bit mix (Appleby, 2011)
 * over the previous hash and every header field that compaction leaves alone, the checksum of the payload as produced
 * among them. It tells forks apart; it is no proof against an attacker.
 */
export function nextChain(previous: ChainHash, frame: Uint8Array): ChainHash {
  return chainAfter(previous, viewOf(frame));
}

/** Where the 32-bit words are that the hash covers, behind the batch's kind. As a call, so that who stamps nothing can drop it. */
const chainWordsAt = /* @__PURE__ */ (() => [
  at.count,
  at.writer,
  at.writer + 4,
  at.baseSequence,
  at.baseSequence + 4,
  at.lamport,
  at.lamport + 4,
  at.baseTimestamp,
  at.baseTimestamp + 4,
  at.producedChecksum,
  at.generation,
  at.producer,
  at.producer + 4,
  at.producerSequence,
  at.producerSequence + 4,
  at.producerEpoch,
])();

function chainAfter(previous: ChainHash, view: DataView): ChainHash {
  const kind = view.getUint8(at.kind);
  let low = mix(previous.low ^ 0x2545f491, kind);
  let high = mix(previous.high ^ low, kind);
  for (let index = 0; index < chainWordsAt.length; index++) {
    const word = view.getUint32(chainWordsAt[index] as number, true);
    low = mix(low ^ 0x2545f491, word);
    high = mix(high ^ low, word);
  }
  return { high: finish(high), low: finish(low) };
}

function mix(state: number, word: number): number {
  let scrambled = Math.imul(word, 0xcc9e2d51);
  scrambled = (scrambled << 15) | (scrambled >>> 17);
  const mixed = state ^ Math.imul(scrambled, 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Packs records into one frame with blank stamps. */
export class FrameBuilder {
  /** It begins small: there may be a thousand producers, with a record each. */
  #bytes = new Uint8Array(1_024);
  #at = headersBytes;
  #count = 0;
  #baseTimestampMs = 0;
  #timestampDeltaMaxMs = 0;

  /** Records packed so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the frame so far, headers included. */
  get bytes(): number {
    return this.#at;
  }

  /**
   * Adds a record, or says false and changes nothing when the frame could outgrow `frameBytesMax`. The caller judged the
   * record's timestamp (`timestampFault`).
   */
  add(record: RecordInput, nowMs: number): boolean {
    const room = packedBytesMax(record);
    if (this.#count > 0 && (this.#at + room > frameBytesMax || this.#count >= frameRecordsMax)) return false;
    this.#reserve(room);
    const timestampMs = record.timestampMs ?? nowMs;
    assert(timestampFault(timestampMs) === undefined, "a packed record's timestamp was judged");
    if (this.#count === 0) this.#baseTimestampMs = timestampMs;
    const delta = timestampMs - this.#baseTimestampMs;
    this.#timestampDeltaMaxMs = Math.min(0xffff_ffff, Math.max(this.#timestampDeltaMaxMs, delta));
    this.#at = packRecord(this.#bytes, this.#at, record, delta);
    this.#count++;
    return true;
  }

  /** The frame. The builder is empty afterwards and may be used again. */
  finish(checksum: Checksum = crc32): Uint8Array {
    const frame = pooledCopy(this.#bytes, this.#at);
    const view = viewOf(frame);
    view.setUint32(at.batchBytes, frame.length - frameHeaderBytes, true);
    view.setUint8(at.version, batchVersion);
    view.setUint32(at.count, this.#count, true);
    writeUint53(view, at.baseTimestamp, this.#baseTimestampMs);
    view.setUint32(at.timestampDeltaMax, this.#timestampDeltaMaxMs, true);
    const payloadChecksum = checksumOf(frame, headersBytes, frame.length, checksum);
    view.setUint32(at.payloadChecksum, payloadChecksum, true);
    view.setUint32(at.producedChecksum, payloadChecksum, true);
    sealHeader(frame, view);
    placeIn(frame, view, { baseOffset: 0, durableBefore: 0 });
    this.#at = headersBytes;
    this.#count = 0;
    this.#timestampDeltaMaxMs = 0;
    return frame;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + bytes));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}

/** A frame that says: of this feed, `count` records from `baseSequence` on are gone. Stamped like any other batch. */
export function gapFrame(gap: {
  writer: WriterId;
  baseSequence: number;
  count: number;
  generation: number;
}): Uint8Array {
  const frame = new Uint8Array(headersBytes);
  const view = viewOf(frame);
  view.setUint32(at.batchBytes, batchHeaderBytes, true);
  view.setUint8(at.version, batchVersion);
  view.setUint8(at.kind, 1);
  view.setUint32(at.count, gap.count, true);
  frame.set(fromHex(gap.writer) as Uint8Array, at.writer);
  writeUint53(view, at.baseSequence, gap.baseSequence);
  view.setUint32(at.generation, gap.generation, true);
  sealHeader(frame, view);
  placeFrame(frame, { baseOffset: 0, durableBefore: 0 });
  return frame;
}
