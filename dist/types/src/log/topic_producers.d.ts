/**
 * What a topic knows of its producers, read from the disk when somebody first needs it, and kept up from then on. A topic
 * without stamped batches never reads anything.
 */
import { type FrameHeader, type ProducerStamp, type WriterId } from "../base/mod.d.ts";
import { Producers, type Verdict } from "./producers.d.ts";
import type { BatchPlace } from "./recent_batches.d.ts";
import type { TopicState } from "./topic_state.d.ts";
/** What readers of a topic need to know of its producers. */
export interface KnownProducers {
    /** How many are known; 0 while nobody needed to know. */
    readonly count: number;
    /** What to wait for before the rest is right; undefined when it is. Never rejects: then nothing is known. */
    loading(): Promise<void> | undefined;
    /** Batches that are known to stand in the topic more than once, counting each place. */
    readonly twins: number;
    /** Where else the batch stands that begins at this sequence; undefined when it is not known to stand elsewhere. */
    twinsOf(writer: WriterId, baseSequence: number): readonly BatchPlace[] | undefined;
    /**
     * True when all records are still there that were produced with the batch, and whoever has read so far in its feed has
     * read them: of a feed that may have another history elsewhere nobody can say that.
     */
    holdsWhole(place: Pick<BatchPlace, "writer" | "baseSequence">): Promise<boolean>;
}
export declare class TopicProducers implements KnownProducers {
    #private;
    constructor(state: TopicState);
    /** Called once the topic was opened, with the names in its directory. */
    opened(names: readonly string[]): void;
    /** Undefined until it was loaded. */
    get ready(): Producers | undefined;
    get count(): number;
    get twins(): number;
    twinsOf(writer: WriterId, baseSequence: number): readonly BatchPlace[] | undefined;
    loading(): Promise<void> | undefined;
    /** Reads what the disk tells. Rejects with what that says; the next call tries again. */
    load(): Promise<Producers>;
    /**
     * Calls `action`, which keeps so many bytes, once everything is known, those who came first before; at once when the topic is
     * over. Rejects with `LogOverloadedError` when too many bytes wait.
     */
    whenKnown<Result>(bytes: number, action: () => Promise<Result>): Promise<Result>;
    /** Nobody needs to know anything any more. Resolves when nothing is read or written. */
    rest(): Promise<void>;
    /** True when a blank frame was produced before, or must not be: once everything is known. */
    knows(frame: Uint8Array, { count }: FrameHeader): boolean;
    /** Takes in a stamped batch that the log took in. */
    admit(place: BatchPlace, stamp: ProducerStamp): void;
    /** Somebody was answered with this. */
    told(verdict: Verdict["type"]): void;
    /** From the first stamped batch of a run on all are known, so that what is written at the end of a segment is whole. */
    loadSoon(): void;
    /** Writes down what is known, beside the segment that takes new frames. */
    write(): Promise<void>;
    /** Called before so many of the oldest segments go: what is known of their batches stays, also when the power fails. */
    keepBeyond(count: number, sync: () => Promise<void>): Promise<void>;
    /**
     * Batches between these offsets are to change their order: what is written down of those that stood below an offset among
     * them would be taken for all that stand there, and a retry of another one be stored again. They are read the next time.
     */
    readAgain(from: number, to: number): Promise<void>;
    /** The files of these segments are gone. */
    dropped(below: number): void;
    holdsWhole({ writer, baseSequence }: Pick<BatchPlace, "writer" | "baseSequence">): Promise<boolean>;
}
