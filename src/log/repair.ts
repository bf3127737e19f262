/** Putting back what damage took, with the frames of a peer that has them. */
import {
  type ChainHash,
  chainStart,
  type FrameHeader,
  placeFrame,
  sameChain,
  scanFrame,
  type WriterId,
} from "../base/mod.ts";
import { chainAt } from "./chain_at.ts";
import { LogCorruptError, RepairMisfitError } from "./errors.ts";
import { type FeedEnd, fitOf } from "./feed.ts";
import { load } from "./reader.ts";
import { indexBytes } from "./recovery.ts";
import { repairSegment } from "./repair_segment.ts";
import { indexName, type Segment } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";
import type { CorruptRange } from "./types.ts";

interface Piece {
  readonly bytes: Uint8Array;
  readonly header: FrameHeader;
}

/**
 * Puts these batches in the place of the range, durably, when they are exactly what it lost: all of the feeds' missing
 * sequences, of the same history. Where compaction made them shorter, here or there, the segment is written anew. The order of several feeds is that of their Lamport numbers, which is causal.
 */
export async function repair(state: TopicState, range: CorruptRange, frames: Uint8Array): Promise<void> {
  const segment = state.segments.find(({ baseOffset }) => baseOffset === range.baseOffset);
  if (segment === undefined) throw new RepairMisfitError(range, "the segment is gone");
  const pieces = wanted(state, range, frames);
  const fork = await forkedWriter(state, range, pieces);
  if (fork !== undefined) throw new RepairMisfitError(range, `of writer ${fork}, they are another history`);
  const firstOffset = await offsetBefore(state, segment, range.at);
  let offset = firstOffset;
  let given = 0;
  for (const { bytes, header } of pieces) {
    placeFrame(bytes, { baseOffset: offset, durableBefore: range.at });
    offset += header.count;
    given += bytes.length;
  }
  const next = await offsetAfter(state, segment, range.at + range.bytes);
  if (next !== offset) throw new RepairMisfitError(range, `they end before offset ${offset}, not ${next}`);
  const isSameLength = given === range.bytes;
  const fault = isSameLength ? undefined : misfitOf(state, segment, pieces);
  if (fault !== undefined) throw new RepairMisfitError(range, fault);
  const what = { range, frames: pieces.map((piece) => piece.bytes) };
  await state.producers.readAgain(firstOffset, next);
  // Who reads meanwhile must not go on by an offset from before, nor by one from the midst of it.
  state.reorders++;
  try {
    await (isSameLength ? putInPlace : repairSegment)(state, segment, what);
  } finally {
    // Also when it failed: they may be in the file.
    while (state.tail.firstOffset < offset) state.tail.dropOldest();
    state.reorders++;
  }
  state.repaired(range);
}

/** Perhaps in another order than before: nobody is to look for frames any more where they began. */
async function putInPlace(
  state: TopicState,
  segment: Segment,
  { range, frames }: { readonly range: CorruptRange; readonly frames: readonly Uint8Array[] },
): Promise<void> {
  await segment.file.use(async (file) => {
    segment.index.blur(range.at, range.at + range.bytes);
    // Before, and durably: an index that tells where those frames began would fit the file as well.
    await state.directory.replaceFile(indexName(segment.baseOffset), indexBytes(state, segment));
    try {
      file.write(range.at, frames);
      await file.sync();
    } finally {
      segment.forgetReaders();
    }
  });
}

/** Takes a range for lost. Not kept over a restart: damage that is found again may be repaired by those who are there then. */
export async function lose(state: TopicState, range: CorruptRange): Promise<void> {
  const segment = state.segments.find(({ baseOffset }) => baseOffset === range.baseOffset);
  if (segment === undefined) throw new RepairMisfitError(range, "the segment is gone");
  const lostFromOffset = await offsetBefore(state, segment, range.at);
  let end = lostFromOffset;
  for (const { first, last } of range.feeds.values()) end += last + 1 - first;
  const next = await offsetAfter(state, segment, range.at + range.bytes);
  if (next !== end) throw new RepairMisfitError(range, `what it lost ends before offset ${end}, not ${next}`);
  // Another look may have found it to be another one meanwhile.
  if (!state.corruptRanges.includes(range)) return;
  state.corruptRanges = state.corruptRanges.map((one) => (one === range ? { ...one, lostFromOffset } : one));
  const { file, at, bytes, reason } = range;
  state.shared.emit({ type: "lost", topic: state.name, file, at, bytes, reason });
}

/** Why batches of another length cannot be put in; undefined when they can. */
function misfitOf(state: TopicState, segment: Segment, pieces: readonly Piece[]): string | undefined {
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
  // What a peer only knows to be gone may have been here.
  if (pieces.some(({ header }) => header.kind === "gap")) return `they have ${bytes} bytes, and gaps among them`;
  const ranges = state.corruptRanges.filter(({ baseOffset }) => baseOffset === segment.baseOffset);
  if (segment === state.active) return `they have ${bytes} bytes, and the segment is still written`;
  return ranges.length > 1 ? `they have ${bytes} bytes, and the segment is damaged elsewhere, too` : undefined;
}

/** The batches that the range lost, each a copy, in their order. */
function wanted(state: TopicState, range: CorruptRange, frames: Uint8Array): readonly Piece[] {
  const pieces: Piece[] = [];
  const next = new Map([...range.feeds].map(([writer, { first }]) => [writer, first]));
  for (let at = 0; at < frames.length; ) {
    const scan = scanFrame(frames, at, state.shared.options.checksum);
    if (scan.type !== "frame") throw new RepairMisfitError(range, "the bytes given are no whole frames");
    const { writer, baseSequence, count, frameBytes } = scan.header;
    const feed = range.feeds.get(writer);
    if (feed !== undefined && baseSequence === next.get(writer) && baseSequence + count - 1 <= feed.last) {
      pieces.push({ bytes: frames.slice(at, at + frameBytes), header: scan.header });
      next.set(writer, baseSequence + count);
    }
    at += frameBytes;
  }
  for (const [writer, { last }] of range.feeds) {
    if (next.get(writer) === last + 1) continue;
    throw new RepairMisfitError(range, `of writer ${writer}, sequence ${next.get(writer)} is missing`);
  }
  return inOrder(pieces);
}

/** By Lamport numbers, and each feed by its sequences: what was produced again keeps the lower number that it had before. */
function inOrder(pieces: readonly Piece[]): readonly Piece[] {
  const reached = new Map<WriterId, number>();
  const ranked = pieces.map((piece) => {
    const { writer, lamport } = piece.header;
    const rank = Math.max(lamport, reached.get(writer) ?? 0);
    reached.set(writer, rank);
    return { piece, rank };
  });
  ranked.sort((left, right) => left.rank - right.rank || order(left.piece.header, right.piece.header));
  return ranked.map(({ piece }) => piece);
}

function order(left: FrameHeader, right: FrameHeader): number {
  if (left.writer !== right.writer) return left.writer < right.writer ? -1 : 1;
  return left.baseSequence - right.baseSequence;
}

/** A writer of whom these batches are not what stood here, as far as the hashes before and behind can still be read. */
async function forkedWriter(
  state: TopicState,
  range: CorruptRange,
  pieces: readonly Piece[],
): Promise<WriterId | undefined> {
  for (const [writer, { first, last }] of range.feeds) {
    let end: FeedEnd = { have: first - 1, chain: await knownChain(state, writer, first - 1) };
    for (const { bytes, header } of pieces) {
      if (header.writer !== writer) continue;
      if (fitOf(end, header, bytes) !== "next") return writer;
      const chain = header.kind === "gap" ? undefined : header.chain;
      end = { have: header.baseSequence + header.count - 1, chain };
    }
    const behind = await knownChain(state, writer, last);
    if (behind !== undefined && end.chain !== undefined && !sameChain(behind, end.chain)) return writer;
  }
  return undefined;
}

/** Undefined also where damage hides it. */
async function knownChain(state: TopicState, writer: WriterId, sequence: number): Promise<ChainHash | undefined> {
  if (sequence === 0) return chainStart;
  try {
    const chain = await chainAt(state, writer, sequence);
    return typeof chain === "object" ? chain : undefined;
  } catch (error) {
    if (error instanceof LogCorruptError) return undefined;
    throw error;
  }
}

/** The offset of the frame at a position, from itself. */
async function offsetAfter(state: TopicState, segment: Segment, position: number): Promise<number> {
  if (position === segment.bytes) return segment.nextOffset;
  return (await load(state, segment, position, 1)).frames[0]?.header.baseOffset ?? -1;
}

/** The offset after what stands before a position. */
async function offsetBefore(state: TopicState, segment: Segment, position: number): Promise<number> {
  const entry = segment.index.entryBefore(position);
  let offset = entry.offset;
  for (let at = entry.position; at < position; ) {
    const loaded = await load(state, segment, at, position - at);
    const last = loaded.frames.at(-1)?.header;
    if (last !== undefined) offset = last.baseOffset + last.count;
    at = loaded.end;
  }
  return offset;
}
