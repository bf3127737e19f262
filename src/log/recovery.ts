/**
 * Opening a topic: what its files hold, and whether damage in them is a torn tail or corruption (`docs/format.md`).
 * The last segment is read from end to end; the others are known by their indexes, or read when these are missing.
 */
import type { TopicGeneration } from "../base/mod.ts";
import type { Directory, LogFile } from "./directory.ts";
import { LogCorruptError } from "./errors.ts";
import { fitOf, placedFrame } from "./feed.ts";
import { decodeFloor, floorFileName } from "./floor.ts";
import { isHead, vectorOfHead } from "./heads.ts";
import { topicPath } from "./paths.ts";
import { rewrite } from "./rewrite.ts";
import { cutRoom } from "./room.ts";
import { type Damage, durableMarkAfter, endOfContent, scanSegment } from "./scan.ts";
import { indexName, isDraftName, producersName, type Segment, segmentBaseOffset, segmentName } from "./segment.ts";
import { SegmentIndex } from "./segment_index.ts";
import { type LogShared, TopicState } from "./topic_state.ts";

export { topicPath };

/** What a clean-stop marker says of a topic: this much of its last segment was durable. */
export interface TopicEnd {
  readonly baseOffset: number;
  readonly bytes: number;
}

/** Opens what the directory holds of a topic. Rejects with `LogCorruptError`; then nothing was changed. */
export async function openTopicState(
  generation: TopicGeneration,
  directory: Directory,
  shared: LogShared,
  cleanEnd: TopicEnd | undefined,
): Promise<TopicState> {
  const state = new TopicState(generation, directory, shared);
  const { folder } = state;
  const floorBytes = await directory.readFile(floorFileName);
  const path = topicPath(folder, floorFileName);
  if (floorBytes !== undefined) state.startAt(decodeFloor(floorBytes, path, shared.options.checksum));
  const names = await directory.list();
  await removeDrafts(directory, names);
  const all = offsetsOf(names);
  const offsets = all.filter((offset) => offset >= state.floor.offset);
  judgeSegmentNames(folder, state.floor.offset, offsets, cleanEnd);
  for (const [position, baseOffset] of offsets.entries()) {
    if (baseOffset !== state.nextOffset) {
      const reason = `the segment begins at offset ${baseOffset}, the one before it ends at ${state.nextOffset}`;
      throw new LogCorruptError(topicPath(folder, segmentName(baseOffset)), 0, reason);
    }
    const isLast = position === offsets.length - 1;
    const segment = state.addSegment(baseOffset);
    const end = cleanEnd?.baseOffset === baseOffset ? cleanEnd : undefined;
    await segment.file.use((file) =>
      isLast ? openLastSegment(state, segment, file, end) : openClosedSegment(state, segment, file),
    );
  }
  if (offsets.length === 0) await createSegment(state, state.floor.offset);
  await removeBelowFloor(directory, all.slice(0, all.length - offsets.length));
  if (cleanEnd === undefined) {
    const { file, bytes } = state.active;
    await file.use(async (opened) => {
      // The last run may have died of a sync that failed: what it read back then is not on disk by a sync alone.
      await rewrite(opened, state.durableBytes, bytes);
      await opened.sync();
    });
    await directory.sync();
  }
  state.beginSync()();
  state.startTail();
  state.producers.opened(names);
  return state;
}

/** Creates the next segment's file, durably. */
export async function createSegment(state: TopicState, baseOffset: number): Promise<void> {
  const file = await state.directory.open(segmentName(baseOffset));
  try {
    // A file of that name can only be what an earlier attempt left: nothing in it was ever acknowledged.
    if (file.size > 0) await file.truncate(0);
    await file.sync();
  } finally {
    await file.close();
  }
  await state.directory.sync();
  state.addSegment(baseOffset);
}

/** Writes a segment's index beside it. Not synced: it can be made again. */
export async function writeIndex(state: TopicState, segment: Segment): Promise<void> {
  const bytes = indexBytes(state, segment);
  const file = await state.directory.open(indexName(segment.baseOffset));
  try {
    await file.truncate(bytes.length);
    file.write(0, [bytes]);
  } finally {
    await file.close();
  }
}

/** Writes beside the last segment what can be made again from the log. */
export async function writeDerived(state: TopicState): Promise<void> {
  await writeIndex(state, state.active);
  await state.producers.write();
}

/** What the file of its index holds. */
export function indexBytes(state: TopicState, { index, head }: Segment): Uint8Array {
  return index.encode(vectorOfHead(state.feeds, head), state.shared.options.checksum);
}

/** Base offsets of a topic's segments, in order. */
export async function segmentOffsets(directory: Directory): Promise<number[]> {
  return offsetsOf(await directory.list());
}

function offsetsOf(names: readonly string[]): number[] {
  return names.flatMap((name) => segmentBaseOffset(name) ?? []).sort((left, right) => left - right);
}

/** What compaction or a repair had begun when the last run ended. */
async function removeDrafts(directory: Directory, names: readonly string[]): Promise<void> {
  const drafts = names.filter(isDraftName);
  for (const name of drafts) await directory.remove(name);
  if (drafts.length > 0) await directory.sync();
}

/** What retention had begun to remove when the last run ended. */
async function removeBelowFloor(directory: Directory, offsets: readonly number[]): Promise<void> {
  for (const offset of offsets) {
    await directory.remove(indexName(offset));
    await directory.remove(producersName(offset));
    await directory.remove(segmentName(offset));
  }
  if (offsets.length > 0) await directory.sync();
}

function judgeSegmentNames(
  folder: string,
  floor: number,
  offsets: readonly number[],
  cleanEnd: TopicEnd | undefined,
): void {
  // The segment that takes new frames is never removed: with a floor there is one.
  if (offsets.length === 0 ? floor > 0 : offsets[0] !== floor) {
    throw new LogCorruptError(topicPath(folder, segmentName(floor)), 0, "the file is missing");
  }
  // One behind it is what an attempt to begin it left, which failed: it is empty.
  if (cleanEnd !== undefined && !offsets.includes(cleanEnd.baseOffset)) {
    throw new LogCorruptError(topicPath(folder, segmentName(cleanEnd.baseOffset)), 0, "the file is missing");
  }
}

async function openClosedSegment(state: TopicState, segment: Segment, file: LogFile): Promise<void> {
  const index = await readIndex(state, segment, file.size);
  if (typeof index !== "string") {
    segment.index = index;
    if (state.admitIndexed() === undefined) return;
  }
  // A closed segment was fsynced before its successor was begun: whatever is damaged in it is corruption.
  const damage = await scanInto(state, segment, file);
  if (damage !== undefined) throw corrupt(state, segment, damage);
  await rebuildIndex(state, segment, typeof index === "string" ? index : "it does not continue the feeds");
}

async function openLastSegment(
  state: TopicState,
  segment: Segment,
  file: LogFile,
  cleanEnd: TopicEnd | undefined,
): Promise<void> {
  const damage = await scanInto(state, segment, file);
  if (cleanEnd !== undefined && segment.bytes < cleanEnd.bytes) {
    throw corrupt(state, segment, damage ?? { at: segment.bytes, reason: "the file is too short", resumeAt: 0 });
  }
  if (damage !== undefined) {
    if ((await durableMarkAfter(file, damage)) > damage.at) throw corrupt(state, segment, damage);
    const end = await endOfContent(file, damage.at);
    await cutRoom(file, damage.at);
    if (end > damage.at) tellTornTail(state, segment, damage, end);
  }
  if (cleanEnd === undefined) return;
  const index = await readIndex(state, segment, segment.bytes);
  if (typeof index === "string") await rebuildIndex(state, segment, index);
}

function tellTornTail(state: TopicState, segment: Segment, { at, reason }: Damage, end: number): void {
  const file = topicPath(state.folder, segment.file.name);
  state.shared.emit({ type: "torn-tail", topic: state.name, file, at, bytes: end - at, reason });
}

async function readIndex(state: TopicState, segment: Segment, bytes: number): Promise<SegmentIndex | string> {
  const file = await state.directory.readFile(indexName(segment.baseOffset));
  if (file === undefined) return "it is missing";
  const { options } = state.shared;
  const owner = { baseOffset: segment.baseOffset, bytes, everyBytes: options.indexEveryBytes };
  const decoded = SegmentIndex.decode(file, owner, options.checksum);
  if (typeof decoded === "string") return decoded;
  return isHead(decoded.below, state.feeds, segment.head) ? decoded.index : "what stands below is not what it says";
}

async function rebuildIndex(state: TopicState, segment: Segment, reason: string): Promise<void> {
  const file = topicPath(state.folder, indexName(segment.baseOffset));
  state.shared.emit({ type: "index-rebuilt", topic: state.name, file, reason });
  try {
    await writeIndex(state, segment);
  } catch {
    // It is in memory, which is what counts; the next open rebuilds it again.
  }
}

/** Admits every frame of the segment. Frames must continue what was admitted before; the first that does not is damage. */
function scanInto(state: TopicState, segment: Segment, file: LogFile): Promise<Damage | undefined> {
  segment.index = new SegmentIndex(segment.baseOffset, state.shared.options.indexEveryBytes);
  return scanSegment(file, state.shared.options.checksum, (header, position, bytes) => {
    if (header.baseOffset !== state.nextOffset) {
      return `the frame says offset ${header.baseOffset}, expected is ${state.nextOffset}`;
    }
    const fit = fitOf(state.endOf(header.writer), header, bytes);
    if (fit !== "next") {
      return `the batch at sequence ${header.baseSequence} of writer ${header.writer} does not continue its feed (${fit})`;
    }
    state.admit(placedFrame(header, bytes, { position, offset: header.baseOffset }));
    state.durableBytes = Math.max(state.durableBytes, header.durableBefore);
    return undefined;
  });
}

function corrupt(state: TopicState, segment: Segment, damage: Damage): LogCorruptError {
  return new LogCorruptError(topicPath(state.folder, segment.file.name), damage.at, damage.reason);
}
