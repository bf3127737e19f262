/**
 * A Lamport clock as Serf counts: from 1, and always beyond what was seen.
 */
export declare class LamportClock {
    #private;
    /** The number that the next message carries. */
    get time(): number;
    /** Makes the clock pass a number. */
    increment(): void;
    /** Takes notice of a number seen elsewhere. */
    witness(time: number): void;
}
