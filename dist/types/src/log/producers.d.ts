/**
 * Who produced what into a topic: for each producer the highest epoch and the exact set of its sequences, and where its
 * newest batches stand. A fold of the batches of the local log, own and replicated alike, in any order: what it says is
 * held is held.
 */
import type { ProducerId, ProducerStamp } from "../base/mod.d.ts";
import { type BatchPlace, RecentBatches } from "./recent_batches.d.ts";
import { type SequenceRange, SequenceSet } from "./sequence_set.d.ts";
import { Twins } from "./twins.d.ts";
/** Producers that one topic remembers. The one that was quiet longest is forgotten first. */
export declare const producersMax = 10000;
/** Batches of one producer whose places are remembered at most, and in any case. */
export declare const producerBatchesMax = 8192;
/** How a batch stands to what is held. */
export type Verdict = {
    readonly type: "new";
}
/** The same is held, here. */
 | {
    readonly type: "duplicate";
    readonly place: BatchPlace;
}
/** Each of its sequences is held, but in which batches is not known any more, or they were cut otherwise. */
 | {
    readonly type: "held";
}
/** Some of its sequences are held: these among others. */
 | {
    readonly type: "overlap";
    readonly range: SequenceRange;
}
/** Its producer is known to have gone on to a higher epoch. */
 | {
    readonly type: "fenced";
    readonly epoch: number;
};
interface Producer {
    epoch: number;
    /** Of that epoch. */
    held: SequenceSet;
    /** Of any epoch. */
    readonly batches: RecentBatches;
}
export declare class Producers {
    #private;
    readonly twins: Twins;
    /** Producers that are known. */
    get size(): number;
    judge({ producer, epoch, sequence }: ProducerStamp, count: number): Verdict;
    /** Takes in a batch of the local log. Returns true when it is one that stands there already. */
    admit(place: BatchPlace, { producer, epoch, sequence }: ProducerStamp): boolean;
    /** What a producer is known by, the longest quiet one first. */
    [Symbol.iterator](): Generator<readonly [ProducerId, {
        readonly [key in keyof Producer]: Producer[key];
    }]>;
    /** Takes a producer over as it was written down. */
    restore(id: ProducerId, producer: Producer): void;
}
export {};
