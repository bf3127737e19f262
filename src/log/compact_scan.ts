/** Finding out which records compaction may take: those that a later one of the same key is held for. */
import {
  type Codecs,
  type FrameHeader,
  headersBytes,
  type LogRecord,
  readRecords,
  unpackPayload,
  type Vector,
} from "../base/mod.ts";
import { allKeys, type KeyRange, LatestByKey, OffsetSet } from "./compact_keys.ts";
import { FileRetiredError } from "./file_pool.ts";
import { load } from "./reader.ts";
import type { Segment } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";

/** Bytes that are read at once. */
export const compactStepBytes = 262_144;
/** Memory for keys: where they need more, the topic is read once for each part of them. */
export const keyBytesMax: number = 64 * 1_048_576;
/** Memory for what is to go: records beyond stay until the next compaction. */
const removedBytesMax = 32 * 1_048_576;

export interface ScanOptions {
  /** What can be decompressed here; batches of other codecs stay as they are. */
  readonly codecs: Codecs | undefined;
  /** What counts before rule R7; undefined for records that are to stay, and make no other one go. @default 0 for each */
  readonly rankOf?: ((record: LogRecord) => number | undefined) | undefined;
  /** Tombstones at or below it have served their time. */
  readonly ripe: Vector;
  /** @default keyBytesMax */
  readonly keyBytesMax?: number | undefined;
  /** Called after so many bytes were read; it may take its time. Throws to stop. */
  readonly spent: (bytes: number) => Promise<void>;
}

/** What is to be done. */
export interface Findings {
  readonly removed: OffsetSet;
  /** How many of them are tombstones. */
  readonly tombstonesRemoved: number;
  /** Tombstones that stay for now. */
  readonly tombstonesLeft: number;
}

/**
 * Reads the topic. Only records of closed segments, which are durable, make others go: what a crash could still take
 * must not be all that is left of a key. A tombstone goes when nothing else of its key is anywhere in the topic: what
 * it hides went, durably, in an earlier compaction.
 */
export async function findRemovable(
  state: TopicState,
  closed: readonly Segment[],
  options: ScanOptions,
): Promise<Findings> {
  const removed = new OffsetSet(removedBytesMax);
  let tombstonesRemoved = 0;
  let tombstonesLeft = 0;
  const ranges: KeyRange[] = [allKeys];
  for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
    const latest = new LatestByKey(range, options.keyBytesMax ?? keyBytesMax);
    const isAllReadable = await readRange(state, closed, { ...options, latest, removed });
    for (const { place, isAlone } of latest) {
      if (!place.isTombstone) continue;
      const isRipe = place.sequence <= (options.ripe.get(place.writer) ?? 0);
      if (isRipe && isAlone && isAllReadable) {
        removed.add(place.offset);
        tombstonesRemoved++;
      } else {
        tombstonesLeft++;
      }
    }
    ranges.push(...latest.left);
  }
  return { removed, tombstonesRemoved, tombstonesLeft };
}

interface RangeScan extends ScanOptions {
  readonly latest: LatestByKey;
  readonly removed: OffsetSet;
}

/** Returns false when there are batches that cannot be read here, so that nobody knows which keys are in them. */
async function readRange(state: TopicState, closed: readonly Segment[], scan: RangeScan): Promise<boolean> {
  const { latest, removed } = scan;
  let isAllReadable = true;
  for (const segment of closed) {
    const isReadable = await readUnlessGone(state, segment, scan, (record, { lamport }) => {
      const { key, writer, sequence, offset } = record;
      const rank = scan.rankOf === undefined ? 0 : scan.rankOf(record);
      if (key === undefined || rank === undefined) return;
      const isTombstone = record.value.length === 0;
      const lost = latest.meet(key, { rank, lamport, writer, sequence, offset, isTombstone });
      if (lost !== undefined) removed.add(lost);
    });
    isAllReadable &&= isReadable;
  }
  // Looked up now, and to its end: segments that were closed since the beginning count as well.
  for (const segment of state.segments.filter((one) => one.baseOffset >= (closed.at(-1)?.nextOffset ?? 0))) {
    const isReadable = await readUnlessGone(state, segment, scan, ({ key }) => {
      if (key !== undefined) latest.pass(key);
    });
    isAllReadable &&= isReadable;
  }
  return isAllReadable;
}

/** What retention takes meanwhile would have made the same records go a moment ago. */
async function readUnlessGone(...given: Parameters<typeof readSegment>): Promise<boolean> {
  try {
    return await readSegment(...given);
  } catch (error) {
    if (!(error instanceof FileRetiredError)) throw error;
    return false;
  }
}

async function readSegment(
  state: TopicState,
  segment: Segment,
  { codecs, spent }: RangeScan,
  visit: (record: LogRecord, header: FrameHeader) => void,
): Promise<boolean> {
  let isAllReadable = true;
  for (let position = 0; position < segment.bytes; ) {
    const loaded = await load(state, segment, position, compactStepBytes);
    for (const { header, at } of loaded.frames) {
      if (header.kind !== "records") continue;
      const packed = await unpacked(header, loaded.bytes.subarray(at + headersBytes, at + header.frameBytes), codecs);
      const records: LogRecord[] = [];
      const fault = packed && readRecords(packed, header, (record) => records.push(record));
      // A batch with more records than it counts would have them at the offsets of the next batch.
      const isWithin = (records.at(-1)?.offset ?? 0) < header.baseOffset + header.count;
      // What nobody can read must not make anything else go.
      if (packed === undefined || fault !== undefined || !isWithin) isAllReadable = false;
      else for (const record of records) visit(record, header);
    }
    await spent(loaded.end - position);
    position = loaded.end;
  }
  return isAllReadable;
}

/** The packed records; undefined where this runtime cannot read them, or nobody can. */
export async function unpacked(
  header: FrameHeader,
  payload: Uint8Array,
  codecs: Codecs | undefined,
): Promise<Uint8Array | undefined> {
  const { compression } = header;
  if (compression === "none") return payload;
  if (codecs === undefined || !codecs.names.includes(compression)) return undefined;
  const packed = await unpackPayload(codecs, header, payload);
  return typeof packed === "string" ? undefined : packed;
}
