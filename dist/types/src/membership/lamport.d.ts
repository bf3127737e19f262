/** What a node that joins takes over at most: from here on there is room to count for centuries. */
export declare const lamportMax: number;
/** A Lamport clock as Serf counts: from 1, and always beyond what was seen. */
export declare class LamportClock {
    #private;
    /** The number that the next message carries. */
    get time(): number;
    /** Makes the clock pass a number. */
    increment(): void;
    /** Whether somebody may have counted so far. Infinite is what does not fit a number. */
    believes(time: number): boolean;
    /** Takes notice of a number seen elsewhere. Those beyond belief are left to the caller. */
    witness(time: number): void;
}
