/**
 * What of each feed stands below the first record of a segment: a number a feed, in the order in which the feeds came to
 * the topic, because every segment has one and a topic may have thousands of feeds. No feed ever leaves a topic.
 */
import type { Vector, WriterId } from "../base/mod.ts";
import type { Feed } from "./feed.ts";
import type { Segment } from "./segment.ts";

export type Head = Float64Array;

/** The head of a segment that begins now. */
export function headOf(feeds: ReadonlyMap<WriterId, Feed>): Head {
  const head = new Float64Array(feeds.size);
  let place = 0;
  for (const { have } of feeds.values()) head[place++] = have;
  return head;
}

export function vectorOfHead(feeds: ReadonlyMap<WriterId, Feed>, head: Head): Map<WriterId, number> {
  const vector = new Map<WriterId, number>();
  let place = 0;
  for (const writer of feeds.keys()) {
    if (place === head.length) break;
    vector.set(writer, head[place++] as number);
  }
  return vector;
}

/** What stands below a segment of the topic's nth feed: 0 where that came later. */
export function belowSegment(segment: Segment, nth: number): number {
  return segment.head[nth] ?? 0;
}

/** The last of these segments below which the topic's nth feed does not reach the sequence: it holds that, if any does. */
export function segmentBefore(
  segments: readonly Segment[],
  { nth, sequence }: { readonly nth: number; readonly sequence: number },
): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (belowSegment(segments[middle] as Segment, nth) < sequence) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What the index file of a segment says of its head is what stands below it. */
export function isHead(said: Vector, feeds: ReadonlyMap<WriterId, Feed>, head: Head): boolean {
  if (said.size !== head.length) return false;
  for (const [writer, have] of vectorOfHead(feeds, head)) if (said.get(writer) !== have) return false;
  return true;
}
