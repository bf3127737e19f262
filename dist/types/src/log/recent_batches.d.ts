import type { WriterId } from "../base/mod.d.ts";
/** Where a batch stands: in which feed, and at which offset of this node's log. */
export interface BatchPlace {
    readonly writer: WriterId;
    readonly baseSequence: number;
    readonly offset: number;
    readonly count: number;
}
/** What a batch is known by within its producer. Of the same one, all three are the same. */
export interface BatchIdentity {
    readonly epoch: number;
    readonly sequence: number;
    readonly count: number;
}
/** The newest batches of a producer and where they stand: a ring that grows up to a bound and then forgets the oldest. */
export declare class RecentBatches {
    #private;
    get length(): number;
    /** Adds the newest one, and forgets the oldest so that no more than `max` stay. */
    push({ epoch, sequence, count }: BatchIdentity, { writer, baseSequence, offset }: BatchPlace, max: number): void;
    /** Where the batch stands; undefined when it is not among them. */
    find({ epoch, sequence, count }: BatchIdentity): BatchPlace | undefined;
    /** From the oldest on. */
    [Symbol.iterator](): Generator<readonly [BatchIdentity, BatchPlace]>;
}
