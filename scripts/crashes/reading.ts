/** Reading a topic to its end, and what must be true of anything that is read there. */
import {
  type ChainHash,
  chainStart,
  crc32,
  type FrameHeader,
  headersBytes,
  nextChain,
  readRecords,
  sameChain,
  scanFrame,
  toText,
  type WriterId,
} from "../../src/base/mod.ts";
import type { TopicLog } from "../../src/log/mod.ts";

export interface ServedRecord {
  readonly sequence: number;
  readonly key: string | undefined;
  readonly text: string;
}

/** A frame that was served. */
export interface Served {
  readonly header: FrameHeader;
  readonly bytes: Uint8Array;
  /** Nothing in a gap; where compaction was, those that it left. */
  readonly records: readonly ServedRecord[];
  /** The same records' texts. */
  readonly texts: readonly string[];
}

const readBytesMax = 65_536;
const readAttemptsMax = 10;

/** Splits whole frames; throws when there is anything else. */
export function framesIn(bytes: Uint8Array): Served[] {
  const frames: Served[] = [];
  for (let at = 0; at < bytes.length; ) {
    const scan = scanFrame(bytes, at, crc32);
    if (scan.type !== "frame") throw new Error(`what was served is no frame at byte ${at}: ${scan.type}`);
    const { header } = scan;
    const frame = bytes.slice(at, at + header.frameBytes);
    const records: ServedRecord[] = [];
    if (header.kind === "records") {
      readRecords(frame.subarray(headersBytes), header, (one) => {
        records.push({ sequence: one.sequence, key: one.key && toText(one.key), text: one.text() });
      });
    }
    frames.push({ header, bytes: frame, records, texts: records.map(({ text }) => text) });
    at += header.frameBytes;
  }
  return frames;
}

/** Everything that a topic serves. When retention takes something meanwhile, it is read anew. */
export async function readAll(topic: TopicLog): Promise<Served[]> {
  for (let attempt = 1; ; attempt++) {
    const { firstOffset } = topic;
    try {
      const frames = await readFrom(topic, firstOffset);
      if (topic.firstOffset === firstOffset) return frames;
    } catch (error) {
      if (topic.firstOffset === firstOffset || attempt === readAttemptsMax) throw error;
    }
  }
}

async function readFrom(topic: TopicLog, firstOffset: number): Promise<Served[]> {
  const frames: Served[] = [];
  for (let offset = firstOffset; offset < topic.nextOffset; ) {
    const chunk = await topic.read(offset, readBytesMax);
    frames.push(...framesIn(chunk.frames));
    offset = chunk.nextOffset;
  }
  return frames;
}

/** Faults of what a topic serves: holes, repetitions, broken hashes, vectors that say something else. */
export function faultsOf(topic: TopicLog, frames: readonly Served[]): string[] {
  const faults: string[] = [];
  let offset = topic.firstOffset;
  const have = new Map<WriterId, number>();
  const chains = new Map<WriterId, ChainHash | undefined>();
  for (const { header, bytes, records } of frames) {
    const { writer, baseSequence, count } = header;
    if (header.kind === "records" && !header.compacted && records.length !== count) {
      faults.push(`the batch at offset ${header.baseOffset} has ${records.length} records, not ${count}`);
    }
    const isFirst = !have.has(writer);
    // Below the floor of the log nothing can be looked at: there a feed goes on somewhere.
    const expected = isFirst && topic.firstOffset > 0 ? baseSequence : (have.get(writer) ?? 0) + 1;
    if (header.baseOffset !== offset) faults.push(`offset ${header.baseOffset} stands where ${offset} should`);
    if (baseSequence !== expected) faults.push(`writer ${writer} goes on at ${baseSequence}, not at ${expected}`);
    const previous = isFirst && expected === 1 ? chainStart : chains.get(writer);
    const isRecords = header.kind === "records";
    if (isRecords && previous !== undefined && !sameChain(nextChain(previous, bytes), header.chain)) {
      faults.push(`the hash of writer ${writer} at sequence ${baseSequence} does not go on`);
    }
    chains.set(writer, isRecords ? header.chain : undefined);
    have.set(writer, baseSequence + count - 1);
    offset += count;
    if (header.lamport > topic.lamport) faults.push(`Lamport number ${header.lamport} is above ${topic.lamport}`);
  }
  if (topic.nextOffset !== offset)
    faults.push(`the topic ends before ${topic.nextOffset}, its frames before ${offset}`);
  for (const [writer, sequence] of topic.have) {
    const found = have.get(writer);
    const isBelowFloor = found === undefined && topic.firstOffset > 0;
    if (found !== sequence && !isBelowFloor)
      faults.push(`writer ${writer} goes to ${found}, the vector says ${sequence}`);
  }
  for (const writer of have.keys()) if (!topic.have.has(writer)) faults.push(`the vector lacks writer ${writer}`);
  return faults;
}
