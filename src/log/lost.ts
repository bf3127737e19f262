/**
 * What damage took and no peer gave back in time: readers are told of gaps in its place and go on behind it. On disk
 * nothing changes, so that a peer that comes later can still repair it.
 */
import { concat, type FrameHeader, gapFrame, placeFrame, scanFrame } from "../base/mod.ts";
import type { Segment } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";
import type { CorruptRange } from "./types.ts";

/** Records that one gap frame may cover: its count is a 32-bit number. */
const gapRecordsMax = 0xffff_ffff;

/** Gaps in the place of a lost range. */
export interface LostFrames {
  readonly bytes: Uint8Array;
  readonly frames: readonly { readonly header: FrameHeader; readonly at: number }[];
  /** Position behind the range. */
  readonly end: number;
}

/** The gaps that stand for the lost range at a position; undefined where there is none. */
export function lostAt(state: TopicState, segment: Segment, position: number): LostFrames | undefined {
  const range = state.corruptRanges.find(({ baseOffset, at, bytes, lostFromOffset }) => {
    const isThere = baseOffset === segment.baseOffset && position >= at && position < at + bytes;
    return isThere && lostFromOffset !== undefined;
  });
  return range && gapsOf(range, state.generation);
}

/** Which of several feeds had which offset is lost as well: they come one after another. */
function gapsOf(range: CorruptRange, generation: number): LostFrames {
  const parts: Uint8Array[] = [];
  const frames: LostFrames["frames"][number][] = [];
  let baseOffset = range.lostFromOffset ?? 0;
  let at = 0;
  for (const [writer, { first, last }] of range.feeds) {
    for (let next = first; next <= last; next += gapRecordsMax) {
      const count = Math.min(gapRecordsMax, last + 1 - next);
      const bytes = gapFrame({ writer, baseSequence: next, count, generation });
      placeFrame(bytes, { baseOffset, durableBefore: range.at });
      const scan = scanFrame(bytes, 0);
      if (scan.type === "frame") frames.push({ header: scan.header, at });
      parts.push(bytes);
      at += bytes.length;
      baseOffset += count;
    }
  }
  return { bytes: concat(parts), frames, end: range.at + range.bytes };
}

/** What a new look found, with what is known to be lost among it. A range that is no longer the same is found anew. */
export function carryLost(
  state: TopicState,
  segment: Segment,
  found: readonly CorruptRange[],
): readonly CorruptRange[] {
  const isOther = ({ baseOffset }: CorruptRange): boolean => baseOffset !== segment.baseOffset;
  const isSame = (left: CorruptRange, right: CorruptRange): boolean =>
    left.at === right.at && left.bytes === right.bytes;
  const known = state.corruptRanges.filter((one) => !isOther(one) && found.some((range) => isSame(one, range)));
  state.corruptRanges = [...state.corruptRanges.filter(isOther), ...known];
  return found.map((range) => {
    const lostFromOffset = known.find((one) => isSame(one, range))?.lostFromOffset;
    return lostFromOffset === undefined ? range : { ...range, lostFromOffset };
  });
}
