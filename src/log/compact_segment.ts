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
      const into = new DraftFile(file, segment.baseOffset, state.shared.options.indexEveryBytes);
      const { checksum } = state.shared.options;
      const change = (frame: Uint8Array) => compacted(frame, { ...options, checksum });
      await copyFrames(state, segment, { from: 0, to: segment.bytes, into, change, spent: options.spent });
      const { index } = into;
      const fault = draftFault(segment.index, index);
      assert(fault === undefined, `a compacted segment holds what it held: ${fault}`);
      assert(index.bytes <= segment.bytes, "compaction makes no segment larger");
      if (index.bytes < segment.bytes) {
        await file.sync();
        return { name, index };
      }
    } finally {
      await file.close();
    }
    await removeDraft(state, name);
    return undefined;
  } catch (error) {
    await removeDraft(state, name);
    throw error;
  }
}

/** What a failed attempt left: the next open would remove it as well. */
export async function removeDraft(state: TopicState, name: string): Promise<void> {
  await state.directory.remove(name).catch(() => undefined);
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
  await state.directory.sync();
  // Only now: where damage was repaired, the old file needs the old index as long as it may come back.
  await writeIndex(state, fresh).catch(() => {
    // The next open makes it again from the segment.
  });
}

/** Appends what a range of a segment holds to a draft. */
export async function copyFrames(
  state: TopicState,
  segment: Segment,
  { from, to, into, change, spent }: CopyOptions,
): Promise<void> {
  for (let position = from; position < to; ) {
    const loaded = await load(state, segment, position, Math.min(compactStepBytes, to - position));
    const frames: Uint8Array[] = [];
    for (const { header, at } of loaded.frames) {
      const frame = loaded.bytes.subarray(at, at + header.frameBytes);
      frames.push(change === undefined || header.kind === "gap" ? frame : await change(frame));
    }
    into.append(frames);
    await spent?.(loaded.end - position);
    position = loaded.end;
  }
}

interface CopyOptions {
  readonly from: number;
  readonly to: number;
  readonly into: DraftFile;
  readonly change?: (frame: Uint8Array) => Promise<Uint8Array>;
  readonly spent?: (bytes: number) => Promise<void>;
}

/** A file that is to take the place of a segment, and its index. */
export class DraftFile {
  readonly index: SegmentIndex;
  readonly #file: LogFile;

  constructor(file: LogFile, baseOffset: number, indexEveryBytes: number) {
    this.#file = file;
    this.index = new SegmentIndex(baseOffset, indexEveryBytes);
  }

  /** Frames that follow, in the order of the log. */
  append(frames: readonly Uint8Array[]): void {
    const start = this.index.bytes;
    for (const frame of frames) {
      const baseOffset = this.index.nextOffset;
      // Nothing of this file counts before all of it is durable.
      placeFrame(frame, { baseOffset, durableBefore: this.index.bytes });
      const scan = scanFrame(frame, 0);
      assert(scan.type === "frame", "a draft is made of frames");
      this.index.add(placedFrame(scan.header, frame, { position: this.index.bytes, offset: baseOffset }));
    }
    this.#file.write(start, frames);
  }
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

/** What a draft tells otherwise than its segment, apart from records that are gone; undefined when nothing. */
export function draftFault(before: SegmentIndex, after: SegmentIndex): string | undefined {
  if (after.nextOffset !== before.nextOffset)
    return `it ends before offset ${after.nextOffset}, not ${before.nextOffset}`;
  if (after.lamport !== before.lamport) return `its Lamport number is ${after.lamport}, not ${before.lamport}`;
  if (after.feeds.size !== before.feeds.size) return `it has ${after.feeds.size} feeds, not ${before.feeds.size}`;
  for (const [writer, feed] of before.feeds) {
    const kept = after.feeds.get(writer);
    const isSame = kept?.first === feed.first && kept.last === feed.last && kept.lowest === feed.lowest;
    if (!isSame || !hasSameChain(kept, feed)) return `feed ${writer} is another one`;
  }
  return undefined;
}

function hasSameChain(left: Pick<FeedEnd, "chain">, right: Pick<FeedEnd, "chain">): boolean {
  if (left.chain === undefined || right.chain === undefined) return left.chain === right.chain;
  return sameChain(left.chain, right.chain);
}
