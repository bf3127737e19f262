/** Ranges without a hole between that one producer's set remembers. Beyond, the lowest are forgotten. */
export declare const sequenceRangesMax = 256;
/**
 * Which of a producer's sequences are held: exactly, as ranges, because they need not come in order nor be whole. What
 * it says is held was added; of what was added it may have forgotten the lowest.
 */
export declare class SequenceSet {
    #private;
    /** First and last of each range in turn, ascending. */
    get bounds(): readonly number[];
    /** How much of a range is held, and the first of the ranges that it meets. */
    meets(first: number, last: number): {
        readonly held: "part" | "all";
        readonly range: SequenceRange;
    } | undefined;
    add(first: number, last: number): void;
}
export interface SequenceRange {
    readonly first: number;
    readonly last: number;
}
