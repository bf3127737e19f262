/**
 * What of each feed stands below the first record of a segment: a number a feed, in the order in which the feeds came to
 * the topic, because every segment has one and a topic may have thousands of feeds. No feed ever leaves a topic.
 */
import type { Vector, WriterId } from "../base/mod.d.ts";
import type { Feed } from "./feed.d.ts";
import type { Segment } from "./segment.d.ts";
export type Head = Float64Array;
/** The head of a segment that begins now. */
export declare function headOf(feeds: ReadonlyMap<WriterId, Feed>): Head;
export declare function vectorOfHead(feeds: ReadonlyMap<WriterId, Feed>, head: Head): Map<WriterId, number>;
/** What stands below a segment of the topic's nth feed: 0 where that came later. */
export declare function belowSegment(segment: Segment, nth: number): number;
/** The last of these segments below which the topic's nth feed does not reach the sequence: it holds that, if any does. */
export declare function segmentBefore(segments: readonly Segment[], { nth, sequence }: {
    readonly nth: number;
    readonly sequence: number;
}): number;
/** What the index file of a segment says of its head is what stands below it. */
export declare function isHead(said: Vector, feeds: ReadonlyMap<WriterId, Feed>, head: Head): boolean;
