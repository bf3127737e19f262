/**
 * One group of a group commit while it is put together: frames that will be written with one write. What it decides
 * counts only once the write (and the sync, by policy) succeeded; otherwise it is dropped and nothing happened.
 */
import { type FrameHeader, type WriterId } from "../base/mod.d.ts";
import { type PlacedFrame } from "./feed.d.ts";
import { type ProduceRefusal } from "./group_producers.d.ts";
import type { TopicState } from "./topic_state.d.ts";
import type { Ack, Applied } from "./types.d.ts";
export declare class Group {
    #private;
    /** Frames in the order of the log, and their bytes. */
    readonly frames: PlacedFrame[];
    readonly parts: Uint8Array[];
    /** Bytes of the segment before the group. */
    readonly start: number;
    constructor(state: TopicState);
    /** Bytes of the segment after the group. */
    get end(): number;
    /** True when some of its frames say who produced them. */
    get isStamped(): boolean;
    /** Adds a frame to this node's own feed (rule R1), unless its producer's stamp says that it was, or must not be. */
    produce(frame: Uint8Array, header: FrameHeader): Ack | ProduceRefusal;
    /**
     * Adds a frame of a feed that was given up to the one that took its place (rule R6), and marks it. It keeps its Lamport
     * number: what was written since, knowing it, is still the later one (rule R7).
     */
    reproduce(frame: Uint8Array, header: FrameHeader): void;
    /** Adds what is new of a peer's frames (rule R4). */
    apply(bytes: Uint8Array): Applied;
    /** Adds gap frames for what is not held of a feed up to and including `through`. */
    applyGap(writer: WriterId, through: number): void;
}
