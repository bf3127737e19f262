/** Keeping no more of a topic than was asked for, by whole segments from the oldest on. */
import type { WriterId } from "../base/mod.ts";
import type { FeedEnd } from "./feed.ts";
import { encodeFloor, type Floor, floorFileName } from "./floor.ts";
import { indexName, producersName, type Segment } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";
import type { Retention } from "./types.ts";

/** Up to where so many nodes hold a feed durably, as far as it is known. */
export type HeldThrough = (writer: WriterId, copies: number) => number;

/** How many of the oldest segments go, and how many of them although too few nodes hold them. */
export interface SegmentsToDrop {
  readonly segments: number;
  readonly uncopied: number;
}

/**
 * Which of the oldest segments are no longer wanted. The last one takes new frames and always stays. `heldThrough` says up
 * to where so many nodes hold a feed durably.
 */
export function segmentsToDrop(
  state: TopicState,
  retention: Retention,
  { nowMs, heldThrough }: { readonly nowMs: number; readonly heldThrough: HeldThrough },
): SegmentsToDrop {
  const { segments } = state;
  const { bytesMin, ageMaxMs, segmentsMax, keepUntilReplicas: copies = 1, bytesMax } = retention;
  let bytes = state.bytes;
  let count = 0;
  let uncopied = 0;
  for (const { index } of segments.slice(0, -1)) {
    const isBeyondCap = bytesMax !== undefined && bytes > bytesMax;
    bytes -= index.bytes;
    const isTooMuch = bytesMin !== undefined && bytes >= bytesMin;
    const isTooOld = ageMaxMs !== undefined && index.timestampMaxMs < nowMs - ageMaxMs;
    const isTooMany = segmentsMax !== undefined && segments.length - count > segmentsMax;
    if (!isBeyondCap && !isTooMuch && !isTooOld && !isTooMany) break;
    const isCopied =
      copies === 1 || [...index.feeds].every(([writer, { last }]) => heldThrough(writer, copies) >= last);
    if (!isCopied && !isBeyondCap) break;
    if (!isCopied) uncopied++;
    count++;
  }
  return { segments: count, uncopied };
}

/** Removes so many of the oldest segments. The floor is durable before: after a crash the next open removes the rest. */
export async function dropSegments(state: TopicState, count: number): Promise<void> {
  const dropped = state.segments.slice(0, count);
  const floor = floorAbove(state, dropped);
  await state.directory.replaceFile(floorFileName, encodeFloor(floor, state.shared.options.checksum));
  state.raiseFloor(floor, count);
  for (const { file, baseOffset } of dropped) {
    // Whoever reads there now reads on; nobody comes anew.
    await file.retire();
    // The index first: what a crash leaves is found by its segment.
    await state.directory.remove(indexName(baseOffset));
    await state.directory.remove(producersName(baseOffset));
    await state.directory.remove(file.name);
  }
  await state.directory.sync();
}

function floorAbove(state: TopicState, dropped: readonly Segment[]): Floor {
  const feeds = new Map<string, FeedEnd>(state.floor.feeds);
  let { lamport, offset } = state.floor;
  for (const { index } of dropped) {
    for (const [writer, { last, chain }] of index.feeds) feeds.set(writer, { have: last, chain });
    lamport = Math.max(lamport, index.lamport);
    offset = index.nextOffset;
  }
  return { offset, lamport, feeds };
}
