/** Reading a topic, by offset, by what a puller lacks (rule R3) and by time. Only what may be served is ever read. */
import { assert, concat, type FrameHeader, headersBytes, readRecords, scanFrame, type Vector } from "../base/mod.ts";
import { LogCorruptError, OffsetOutOfRangeError } from "./errors.ts";
import { FileRetiredError } from "./file_pool.ts";
import { belowSegment, segmentBefore } from "./heads.ts";
import { lostAt } from "./lost.ts";
import { topicPath } from "./paths.ts";
import type { ReadBuffers } from "./read_buffers.ts";
import type { Segment } from "./segment.ts";
import type { ReadChunk } from "./shared_reads.ts";
import type { TopicState } from "./topic_state.ts";
import type { Chunk, Missing } from "./types.ts";

/** The most bytes that one read returns, one large frame apart. */
const readBytesMax = 8 * 1_048_576;
/** Bytes that a search through a segment reads at once. */
const searchBytesMin = 65_536;
const searchBytesMax = 1_048_576;

/** Looks for a place whose file is replaced again and again. */
const attemptsMax = 16;

const nothing = new Uint8Array(0);

/** Whole frames of a segment in memory. */
interface Loaded {
  readonly bytes: Uint8Array;
  readonly frames: readonly { readonly header: FrameHeader; readonly at: number }[];
  /** Position in the segment after the last of them. */
  readonly end: number;
  /** True when damage begins there: the next read meets it. */
  readonly isBeforeDamage: boolean;
  /** Gaps that stand for damage: their bytes are not those of the segment. */
  readonly isLost?: boolean;
  /** Gives their memory back where it was borrowed. */
  readonly giveBack: (() => void) | undefined;
}

/** Frames from the one that holds `offset` on, in memory of the caller's own. */
export async function readFrom(state: TopicState, offset: number, bytesMax: number): Promise<Chunk> {
  const { frames, nextOffset } = await readInto(state, offset, bytesMax, undefined);
  return { frames, nextOffset };
}

/** The same in memory that others look at as well: nobody may change it, and what was borrowed is to be given back. */
export function readLent(state: TopicState, offset: number, bytesMax: number): Promise<ReadChunk> {
  return readInto(state, offset, bytesMax, state.shared.sharedReads.buffers);
}

async function readInto(
  state: TopicState,
  offset: number,
  bytesMax: number,
  buffers: ReadBuffers | undefined,
): Promise<ReadChunk> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const chunk = await readThere(state, offset, bytesMax, buffers).catch((error) => unlessRetired(state, error));
    if (chunk !== undefined) return chunk;
    // Between the look and the read retention took it, or compaction replaced it.
  }
  throw new OffsetOutOfRangeError(offset, state.firstOffset, state.nextOffset);
}

async function readThere(
  state: TopicState,
  offset: number,
  bytesMax: number,
  buffers: ReadBuffers | undefined,
): Promise<ReadChunk> {
  if (!(offset >= state.firstOffset && offset <= state.nextOffset && Number.isInteger(offset))) {
    throw new OffsetOutOfRangeError(offset, state.firstOffset, state.nextOffset);
  }
  if (offset === state.nextOffset) return { frames: nothing, nextOffset: offset, giveBack: undefined };
  const credit = Math.min(bytesMax, readBytesMax);
  const cached = state.tail.read(offset, credit);
  if (cached !== undefined) {
    const frames = buffers === undefined ? copied(cached.parts) : joined(cached.parts);
    return { frames, nextOffset: cached.nextOffset, giveBack: undefined };
  }
  const segment = state.segments[segmentIndexOf(state, offset)] as Segment;
  const remembered = segment.rememberedPositionOf(offset);
  let position = remembered ?? segment.index.positionOf(offset);
  // Where the frame is only known to be somewhere behind the position, what lies between is read as well.
  const wanted = credit + (remembered === undefined ? state.shared.options.indexEveryBytes : 0);
  for (;;) {
    const loaded = await loadToServe(state, segment, position, wanted, buffers);
    const first = loaded.frames.findIndex(({ header }) => offset < header.baseOffset + header.count);
    if (first >= 0) return cut(segment, position, loaded, first, credit);
    position = loaded.end;
    loaded.giveBack?.();
  }
}

/** The frames from the `first` on, as many as the credit allows, at least that one. */
function cut(segment: Segment, position: number, loaded: Loaded, first: number, credit: number): ReadChunk {
  const start = loaded.frames[first]?.at ?? 0;
  let end = start;
  let nextOffset = 0;
  for (const { header, at } of loaded.frames.slice(first)) {
    if (end > start && at + header.frameBytes - start > credit) break;
    end = at + header.frameBytes;
    nextOffset = header.baseOffset + header.count;
  }
  const { isLost = false, giveBack } = loaded;
  if (!isLost) segment.remember(nextOffset, position + end);
  return { frames: loaded.bytes.subarray(start, end), nextOffset, giveBack, isLost };
}

/** The frames that `have` lacks, in local-log order. */
export async function readMissing(state: TopicState, have: Vector, bytesMax: number): Promise<Missing> {
  const { lowWater } = state;
  let records = 0;
  let cached = true;
  for (const [writer, feed] of state.feeds) {
    const held = have.get(writer) ?? 0;
    if (held >= feed.have) continue;
    records += feed.have - held;
    if (held + 1 < feed.cachedFrom) cached = false;
  }
  if (records === 0) return { frames: nothing, complete: true, lowWater };
  const credit = Math.min(bytesMax, readBytesMax);
  if (cached) {
    const { parts, complete } = state.tail.readMissing(have, records, credit);
    return { frames: copied(parts), complete, lowWater };
  }
  const found = await searchMissing(state, have, credit);
  // Each time retention took a segment, or a repair put one in order, so that this ends.
  return found === undefined ? readMissing(state, have, bytesMax) : { ...found, lowWater };
}

/** Where a search through the segments stands. Segments are numbered from those on that retention took since the log was opened. */
interface Place {
  readonly segment: number;
  /** Of this file: in one that compaction put in its place the position means nothing. */
  readonly of: Segment | undefined;
  readonly position: number;
}

/**
 * Ends when retention takes a segment: what it took is in no low-water mark that was told, and nobody would know that it
 * is passed over. Ends, too, when a repair changes the order of batches. Undefined when nothing was found before.
 */
async function searchMissing(
  state: TopicState,
  have: Vector,
  credit: number,
): Promise<{ frames: Uint8Array; complete: boolean } | undefined> {
  const held = new Map(have);
  const parts: Uint8Array[] = [];
  const { dropped, reorders } = state;
  let bytes = 0;
  let place: Place = { segment: dropped, of: undefined, position: 0 };
  for (;;) {
    const isAsBefore = state.dropped === dropped && state.reorders === reorders;
    if (!isAsBefore) return parts.length > 0 ? { frames: concat(parts), complete: false } : undefined;
    const next = firstMissing(state, held, place);
    if (next === undefined) return { frames: concat(parts), complete: true };
    const segment = state.segments[next.segment - dropped] as Segment;
    const wanted = Math.min(searchBytesMax, Math.max(searchBytesMin, credit - bytes));
    let loaded: Loaded | undefined;
    try {
      loaded = await loadToServe(state, segment, next.position, wanted);
    } catch (error) {
      // What was found before the damage is sound; who asks for more hears of it.
      if (error instanceof LogCorruptError && parts.length > 0) return { frames: concat(parts), complete: false };
      unlessRetired(state, error);
    }
    // What was read while the order changed may lack what went before it.
    if (loaded === undefined || state.reorders !== reorders) continue;
    for (const { header, at } of loaded.frames) {
      const last = header.baseSequence + header.count - 1;
      if (last <= (held.get(header.writer) ?? 0)) continue;
      if (parts.length > 0 && bytes + header.frameBytes > credit) return { frames: concat(parts), complete: false };
      parts.push(loaded.bytes.subarray(at, at + header.frameBytes));
      bytes += header.frameBytes;
      held.set(header.writer, last);
    }
    assert(loaded.end > next.position, "a search goes forward");
    place = { segment: next.segment, of: segment, position: loaded.end };
  }
}

/** A place at or before the first frame that is missing, not before `from`; undefined when nothing is missing. */
function firstMissing(state: TopicState, held: Vector, place: Place): Omit<Place, "of"> | undefined {
  const { dropped } = state;
  const isThere = place.of !== undefined && state.segments[place.segment - dropped] === place.of;
  const from = { segment: place.segment, position: isThere ? place.position : 0 };
  const begin = state.segments[from.segment - dropped];
  let first: Omit<Place, "of"> | undefined;
  let nth = -1;
  for (const [writer, feed] of state.feeds) {
    nth++;
    const missing = (held.get(writer) ?? 0) + 1;
    if (missing > feed.have || begin === undefined) continue;
    // What stands below, retention took or the search has passed.
    const sequence = Math.max(missing, belowSegment(begin, nth) + 1);
    // All that is missing stood below: retention took the feed up to its end.
    if (sequence > feed.have) continue;
    const segment = dropped + segmentBefore(state.segments, { nth, sequence });
    if (first !== undefined && segment > first.segment) continue;
    const position = state.segments[segment - dropped]?.index.positionOfSequence(writer, sequence);
    assert(position !== undefined, "a segment holds what its head and the next one's say");
    if (first === undefined || segment < first.segment || position < first.position) first = { segment, position };
  }
  if (first === undefined || first.segment > from.segment) return first;
  return { segment: first.segment, position: Math.max(first.position, from.position) };
}

/** Nothing, when retention or compaction took the file: the search goes on in what is there now. */
export function unlessRetired(state: TopicState, error: unknown): undefined {
  if (!(error instanceof FileRetiredError)) throw error;
  if (state.deleted !== undefined) throw state.deleted;
}

/** The first offset whose record, or one before it, is at or after the time. */
export async function offsetAt(state: TopicState, timestampMs: number): Promise<number> {
  const segment = state.segments.find(({ index }) => index.timestampMaxMs >= timestampMs && index.bytes > 0);
  if (segment === undefined) return state.nextOffset;
  let position = segment.index.positionOfTime(timestampMs);
  while (position < segment.bytes) {
    const loaded = await loadToServe(state, segment, position, searchBytesMin).catch((error) =>
      unlessRetired(state, error),
    );
    if (loaded === undefined) return offsetAt(state, timestampMs);
    for (const { header, at } of loaded.frames) {
      if (header.kind === "gap" || header.baseTimestampMs + header.timestampDeltaMaxMs < timestampMs) continue;
      return offsetWithin(header, loaded.bytes.subarray(at, at + header.frameBytes), timestampMs);
    }
    position = loaded.end;
  }
  return state.nextOffset;
}

/** The first record of a batch at or after the time; the first of all when the batch is compressed. */
function offsetWithin(header: FrameHeader, frame: Uint8Array, timestampMs: number): number {
  let found: number | undefined;
  if (header.compression === "none") {
    readRecords(frame.subarray(headersBytes), header, (record) => {
      if (found === undefined && record.timestampMs >= timestampMs) found = record.offset;
    });
  }
  return found ?? header.baseOffset;
}

export function segmentIndexOf(state: TopicState, offset: number): number {
  let low = 0;
  let high = state.segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((state.segments[middle] as Segment).baseOffset <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * As `load`, for those who will serve it: damage that they meet is told at once, so that peers are asked for what it took;
 * where that is lost, they get gaps.
 */
export async function loadToServe(
  state: TopicState,
  segment: Segment,
  position: number,
  bytesMax: number,
  buffers?: ReadBuffers,
): Promise<Loaded> {
  const lost = lostAt(state, segment, position);
  if (lost !== undefined) return { ...lost, isBeforeDamage: false, isLost: true, giveBack: undefined };
  try {
    const loaded = await load(state, segment, position, bytesMax, buffers);
    if (loaded.isBeforeDamage) state.shared.damageMet(state, segment, loaded.end);
    return loaded;
  } catch (error) {
    if (error instanceof LogCorruptError) state.shared.damageMet(state, segment, error.at);
    throw error;
  }
}

/**
 * Reads and checks whole frames from a position at which one begins: at least one, as many as lie in so many bytes and
 * before any damage. Throws `LogCorruptError` where the first is damaged.
 */
export async function load(
  state: TopicState,
  segment: Segment,
  position: number,
  bytesMax: number,
  buffers?: ReadBuffers,
): Promise<Loaded> {
  const end = segment.bytes;
  assert(position < end, "a read begins before the end of its segment");
  let wanted = Math.min(Math.max(bytesMax, headersBytes), end - position);
  for (;;) {
    const buffer = buffers?.take(wanted);
    const bytes = await segment.read(position, wanted, buffer);
    const giveBack = buffer && (() => buffers?.give(buffer));
    const frames: { header: FrameHeader; at: number }[] = [];
    let at = 0;
    for (;;) {
      const scan = scanFrame(bytes, at, state.shared.options.checksum);
      if (scan.type === "frame") {
        frames.push({ header: scan.header, at });
        at += scan.header.frameBytes;
        continue;
      }
      if (at > 0) return { bytes, frames, end: position + at, isBeforeDamage: scan.type === "bad", giveBack };
      giveBack?.();
      if (scan.type === "bad") throw corrupt(state, segment, position, scan.reason);
      wanted = neededBytes(state, segment, position, scan.bytesNeeded, wanted);
      break;
    }
  }
}

/** Bytes to read for a first frame that is larger than what was read; throws when the segment cannot hold it. */
function neededBytes(
  state: TopicState,
  segment: Segment,
  position: number,
  bytesNeeded: number,
  bytesAsked: number,
): number {
  // Asking again for what was asked for already would go on for ever where a file lost its end.
  if (bytesNeeded > bytesAsked && position + bytesNeeded <= segment.bytes) return bytesNeeded;
  throw corrupt(state, segment, position, "the file ends within a frame");
}

function corrupt(state: TopicState, segment: Segment, at: number, reason: string): LogCorruptError {
  return new LogCorruptError(topicPath(state.folder, segment.file.name), at, reason);
}

/** One array of all parts that shares no memory with them: cached frames must not change under other readers. */
function copied(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array).slice() : concat(parts);
}

/** One array of all parts, which is the part itself where there is but one. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array) : concat(parts);
}
