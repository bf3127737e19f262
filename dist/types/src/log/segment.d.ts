import type { Directory } from "./directory.d.ts";
import type { PlacedFrame } from "./feed.d.ts";
import { type FilePool, PooledFile } from "./file_pool.d.ts";
import type { Head } from "./heads.d.ts";
import { SegmentIndex } from "./segment_index.d.ts";
export declare function segmentName(baseOffset: number): string;
export declare function indexName(baseOffset: number): string;
/** What was known of the topic's producers when the segment was the last one. */
export declare function producersName(baseOffset: number): string;
/** The base offset that such a file's name tells; undefined when it is no such name. */
export declare function segmentOfProducers(name: string): number | undefined;
/** What compaction writes of a segment until it takes its place. */
export declare function compactedName(baseOffset: number): string;
/** What a repair writes of a segment until it takes its place: a compaction of the same one may be on its way. */
export declare function repairedName(baseOffset: number): string;
/** True for what compaction or a repair had begun and not put in its place. */
export declare function isDraftName(name: string): boolean;
/** The base offset that a segment's file name tells; undefined when it is no such name. */
export declare function segmentBaseOffset(name: string): number | undefined;
export interface SegmentPlace {
    readonly baseOffset: number;
    /** What stands below it. */
    readonly head: Head;
}
/** One file of frames and where they are in it. */
export declare class Segment {
    #private;
    readonly baseOffset: number;
    readonly head: Head;
    readonly file: PooledFile;
    index: SegmentIndex;
    /** What the journal knows by that it will have this segment settled. */
    journalFilling: object | undefined;
    constructor(pool: FilePool, directory: Directory, { baseOffset, head }: SegmentPlace, indexEveryBytes: number);
    /** Bytes of the frames that count; the file may have more while a group is being written. */
    get bytes(): number;
    /** Bytes of the frames that count and are in the file; the rest is in the journal and in memory. */
    get settledBytes(): number;
    /** The offset after its last record. */
    get nextOffset(): number;
    add(frame: PlacedFrame): void;
    /** Takes in a frame that the journal made durable. */
    addUnsettled(frame: PlacedFrame, bytes: Uint8Array): void;
    /** Writes what is in the journal only to the file, durably. When it fails, nothing is forgotten: call it again. */
    settle(): Promise<void>;
    /**
     * Forgets what is in the journal only, and lets nobody use the file any more, which is to be removed. Resolves when those
     * who use it are done. Both in one step: whoever came in between would find the file shorter than it should be.
     */
    discard(): Promise<void>;
    /** Up to `length` bytes from `position`, from the file, then perhaps into `into`, or from what is not in it yet. */
    read(position: number, length: number, into?: Uint8Array): Promise<Uint8Array>;
    /** Remembers where a reader that goes on at `offset` will find its frame. */
    remember(offset: number, position: number): void;
    /** Frames stand in another order: where readers stopped, none may begin. */
    forgetReaders(): void;
    /** The position at which a reader stopped who goes on at `offset`; undefined when none did. */
    rememberedPositionOf(offset: number): number | undefined;
}
