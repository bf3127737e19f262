import { type ChainHash, type Checksum, type Vector, type WriterId } from "../base/mod.d.ts";
import type { PlacedFrame } from "./feed.d.ts";
import { Numbers } from "./numbers.d.ts";
/** One feed within one segment. */
export interface FeedRange {
    /** First and last sequence that the segment holds or declares gone. */
    readonly first: number;
    last: number;
    /** Lowest sequence whose record is here; 0 while there are only gaps. */
    lowest: number;
    chain: ChainHash | undefined;
    /** Of its first frame behind each checkpoint: the sequence at which that begins, and where it is in the file. */
    readonly sequences: Numbers;
    readonly positions: Numbers;
}
/**
 * Where frames are in a segment: an entry every so many bytes, by offset and time. Some of these are checkpoints, behind
 * each of which every feed has an entry for its first frame: so what stands below a checkpoint is known of all feeds, and
 * what a feed has between two checkpoints lies behind its entry. It can always be made again from the segment, so its file
 * is never synced and never trusted beyond its checksum.
 */
export declare class SegmentIndex {
    #private;
    readonly baseOffset: number;
    /** Bytes of the segment that the index covers. */
    bytes: number;
    nextOffset: number;
    lamport: number;
    /** Greatest timestamp of any record in the segment. */
    timestampMaxMs: number;
    /** Batches that say who produced them. */
    stamped: number;
    readonly feeds: Map<WriterId, FeedRange>;
    constructor(baseOffset: number, everyBytes: number);
    /** Takes note of the frame that follows what is covered. */
    add(frame: PlacedFrame): void;
    /** A position at or before the frame that holds `offset`. */
    positionOf(offset: number): number;
    /** The last entry at or before this position: where a frame begins, and its offset. */
    entryBefore(position: number): {
        readonly position: number;
        readonly offset: number;
    };
    /** The position of the first entry after this position; the end of what is covered when there is none. */
    entryAfter(position: number): number;
    /** A position at or before the frame that holds this sequence; undefined when the segment has nothing from it on. */
    positionOfSequence(writer: WriterId, sequence: number): number | undefined;
    /**
     * The position of the last checkpoint at or before the frame that holds `offset`. Moves a vector of what stands below the
     * segment on to it.
     */
    checkpointBefore(offset: number, vector: Map<WriterId, number>): number;
    /** A position at or before the first frame with a record at or after the time. */
    positionOfTime(timestampMs: number): number;
    /**
     * Frames between two places where frames begin, or the segment ends, are to stand in another order: from now on all of them
     * are known to be somewhere behind the first place, which is so before and after.
     */
    blur(from: number, to: number): void;
    /** The bytes of the index file (`docs/format.md`). `below` is what stands below the segment. */
    encode(below: Vector, checksum: Checksum): Uint8Array;
    /** Reads an index file; a text says why it cannot be one of this segment. */
    static decode(bytes: Uint8Array, segment: IndexedSegment, checksum: Checksum): IndexFile | string;
}
/** What an index file holds. */
export interface IndexFile {
    readonly index: SegmentIndex;
    /** What stands below the segment. */
    readonly below: Vector;
}
/** What an index must belong to. */
export interface IndexedSegment {
    readonly baseOffset: number;
    readonly bytes: number;
    readonly everyBytes: number;
}
