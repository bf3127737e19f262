/**
 * Reproducible randomness: one seed gives the same numbers on every runtime. Only 32-bit integer arithmetic.
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand); seeds are spread by an FNV-1a hash with a final mix.
 */
export declare class Random {
    #private;
    /** `seed` may be any text or number; production passes entropy, tests pass a number. */
    constructor(seed: string | number);
    /** A generator of its own, independent of how much is drawn from this one afterwards. */
    fork(name: string): Random;
    /** A whole number from 0 to 2^32 − 1. */
    uint32(): number;
    /** A whole number from 0 to `bound` − 1. `bound` is at least 1 and below 2^32. */
    below(bound: number): number;
    /** A whole number from `low` to `high`, both included. */
    between(low: number, high: number): number;
    /** True with this probability, 0 to 1. */
    chance(probability: number): boolean;
    /** One of the items; undefined when there are none. */
    pick<Item>(items: readonly Item[]): Item | undefined;
    /** Shuffles in place (Fisher-Yates) and returns the same array. */
    shuffle<Item>(items: Item[]): Item[];
    /** Random bytes. */
    bytes(length: number): Uint8Array;
}
