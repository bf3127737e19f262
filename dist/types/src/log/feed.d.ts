import { type ChainHash, type FrameHeader, type ProducerStamp, type WriterId } from "../base/mod.d.ts";
/** A frame at its place in a segment: what indexes, feeds and caches need to know of it. */
export interface PlacedFrame {
    /** Where it begins in its segment file. */
    readonly position: number;
    readonly frameBytes: number;
    readonly offset: number;
    readonly count: number;
    readonly writer: WriterId;
    readonly baseSequence: number;
    readonly lamport: number;
    /** The feed's hash after it; undefined after a gap, whose records nobody here has seen. */
    readonly chain: ChainHash | undefined;
    readonly timestampMaxMs: number;
    readonly gap: boolean;
    /** What its producer knows it by. */
    readonly stamp: ProducerStamp | undefined;
}
/** How far a feed goes, and its hash there: undefined after a gap, whose records nobody here has seen. */
export interface FeedEnd {
    readonly have: number;
    readonly chain: ChainHash | undefined;
}
/** A place in a feed at which a batch ends, and the hash there. */
export interface FeedPoint {
    readonly sequence: number;
    readonly chain: ChainHash;
}
export declare const feedStart: FeedEnd;
/** One writer's feed in one topic, as far as it is held. */
export interface Feed {
    have: number;
    chain: ChainHash | undefined;
    /** Fsynced for sure. */
    durable: number;
    /** Lowest sequence held; 0 while nothing but gaps is. */
    lowest: number;
    /** Everything from this sequence on is in the tail cache. */
    cachedFrom: number;
}
/** How a frame stands to its feed (rule R4). */
export type Fit = 
/** It is the next one. */
"next"
/** All of it is held already. */
 | "held"
/** Something between is missing. */
 | "ahead"
/** A part of it is held: it was cut differently than what is here. */
 | "overlap"
/** Its hash says that it continues another history. */
 | "fork";
/** Judges a frame whose headers were read from the beginning of `bytes`. */
export declare function fitOf(end: FeedEnd, header: FrameHeader, bytes: Uint8Array): Fit;
/** The frame's place, from its headers, which were read from the beginning of `bytes`. */
export declare function placedFrame(header: FrameHeader, bytes: Uint8Array, { position, offset }: Pick<PlacedFrame, "position" | "offset">): PlacedFrame;
