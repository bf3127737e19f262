/**
 * Writing a closed segment anew without some of its records, and putting it in the old one's place. Every batch keeps
 * its headers, so that offsets, feeds and hashes stay as they are; readers of the old file read on there.
 */
import {
  assert,
  type Checksum,
  type Codecs,
  compactedFrame,
  type FrameHeader,
  headersBytes,
  placeFrame,
  sameChain,
  scanFrame,
  withoutRecords,
} from "../base/mod.ts";
import { compactStepBytes, unpacked } from "./compact_scan.ts";
import type { LogFile } from "./directory.ts";
import { type FeedEnd, placedFrame } from "./feed.ts";
import { load } from "./reader.ts";
import { writeIndex } from "./recovery.ts";
import { compactedName, type Segment } from "./segment.ts";
import { SegmentIndex } from "./segment_index.ts";
import type { TopicState } from "./topic_state.ts";

export interface RewriteOptions {
  readonly isRemoved: (offset: number) => boolean;
  readonly codecs: Codecs | undefined;
  readonly spent: (bytes: number) => Promise<void>;
}

/** A segment that is written, synced, and not yet in its place. */
export interface Draft {
  readonly name: string;
  readonly index: SegmentIndex;
}

/**
 * Writes what stays of a segment to a file beside it, durably. Undefined when the segment would not get smaller. When it
 * fails, the file is removed, if that can be done.
 */
export async function writeDraft(
  state: TopicState,
  segment: Segment,
  options: RewriteOptions,
): Promise<Draft | undefined> {
  const { directory } = state;
  const name = compactedName(segment.baseOffset);
  try {
    const file = await directory.open(name);
    try {
      await file.truncate(0);
      const index = await copyFrames(state, segment, { ...options, file });
      assertSameFeeds(segment.index, index);
      if (index.bytes < segment.bytes) {
        await file.sync();
        return { name, index };
      }
    } finally {
      await file.close();
    }
    await removeDraft(state, segment);
    return undefined;
  } catch (error) {
    await removeDraft(state, segment);
    throw error;
  }
}

/** What a failed attempt left: the next open would remove it as well. */
export async function removeDraft(state: TopicState, segment: Segment): Promise<void> {
  await state.directory.remove(compactedName(segment.baseOffset)).catch(() => undefined);
}

/**
 * Puts the draft in the segment's place. Until the directory is synced, a crash leaves the one or the other: both hold
 * the same feeds. Who reads the old file now reads on there, because it is held open until all are done.
 */
export async function swapIn(state: TopicState, segment: Segment, draft: Draft): Promise<void> {
  const fresh = await segment.file.use(async () => {
    await state.directory.rename(draft.name, segment.file.name);
    return state.replaceSegment(segment, draft.index);
  });
  await segment.file.retire();
  await writeIndex(state, fresh).catch(() => {
    // The next open makes it again from the segment.
  });
  await state.directory.sync();
}

async function copyFrames(
  state: TopicState,
  segment: Segment,
  { isRemoved, codecs, spent, file }: RewriteOptions & { readonly file: LogFile },
): Promise<SegmentIndex> {
  const { checksum, indexEveryBytes } = state.shared.options;
  const index = new SegmentIndex(segment.baseOffset, indexEveryBytes);
  for (let position = 0; position < segment.bytes; ) {
    const loaded = await load(state, segment, position, compactStepBytes);
    const start = index.bytes;
    const parts: Uint8Array[] = [];
    for (const { header, at } of loaded.frames) {
      const before = loaded.bytes.subarray(at, at + header.frameBytes);
      const frame = header.kind === "gap" ? before : await compacted(before, { isRemoved, codecs, checksum });
      // Nothing of this file counts before all of it is durable.
      placeFrame(frame, { baseOffset: header.baseOffset, durableBefore: index.bytes });
      const scan = scanFrame(frame, 0);
      assert(scan.type === "frame", "a compacted frame is a frame");
      index.add(placedFrame(scan.header, index.bytes, header.baseOffset));
      parts.push(frame);
    }
    file.write(start, parts);
    await spent(loaded.end - position);
    position = loaded.end;
  }
  return index;
}

/** The frame without what is removed; the frame itself when nothing of it is, or when it would not get shorter. */
async function compacted(
  frame: Uint8Array,
  {
    isRemoved,
    codecs,
    checksum,
  }: Pick<RewriteOptions, "isRemoved" | "codecs"> & {
    readonly checksum: Checksum;
  },
): Promise<Uint8Array> {
  const scan = scanFrame(frame, 0);
  assert(scan.type === "frame", "what was loaded is whole frames");
  const { header } = scan;
  if (!isAnyRemoved(header, isRemoved)) return frame;
  const packed = await unpacked(header, frame.subarray(headersBytes), codecs);
  if (packed === undefined) return frame;
  const left = withoutRecords(packed, (index) => isRemoved(header.baseOffset + index));
  if (left === undefined) return frame;
  const plain = compactedFrame(frame, left, { compression: "none", checksum });
  if (header.compression === "none" || codecs === undefined) return plain;
  const payload = await codecs.compress(header.compression, left);
  const packedAgain = compactedFrame(frame, payload, { compression: header.compression, checksum });
  const shortest = packedAgain.length < plain.length ? packedAgain : plain;
  return shortest.length < frame.length ? shortest : frame;
}

function isAnyRemoved({ baseOffset, count }: FrameHeader, isRemoved: (offset: number) => boolean): boolean {
  for (let index = 0; index < count; index++) if (isRemoved(baseOffset + index)) return true;
  return false;
}

/** The old segment must be told by the new one in everything but its records. */
function assertSameFeeds(before: SegmentIndex, after: SegmentIndex): void {
  assert(after.nextOffset === before.nextOffset, "compaction keeps offsets");
  assert(after.lamport === before.lamport, "compaction keeps Lamport numbers");
  assert(after.bytes <= before.bytes, "compaction makes no segment larger");
  assert(after.feeds.size === before.feeds.size, "compaction keeps feeds");
  for (const [writer, feed] of before.feeds) {
    const kept = after.feeds.get(writer);
    assert(kept !== undefined && kept.first === feed.first && kept.last === feed.last, "compaction keeps sequences");
    assert(kept.lowest === feed.lowest, "compaction keeps what is held of a feed");
    assert(hasSameChain(kept, feed), "compaction keeps hashes");
  }
}

function hasSameChain(left: Pick<FeedEnd, "chain">, right: Pick<FeedEnd, "chain">): boolean {
  if (left.chain === undefined || right.chain === undefined) return left.chain === right.chain;
  return sameChain(left.chain, right.chain);
}
