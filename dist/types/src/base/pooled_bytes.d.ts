/** Longer arrays have memory of their own. */
export declare const pooledBytesMax = 2048;
/**
 * A new array, all zero, whose memory is a part of a larger piece where it is small. A small array with memory of its own
 * is cheaper to make, and much dearer than that as soon as a part of it, or a view of its numbers, is wanted.
 */
export declare function pooledBytes(length: number): Uint8Array;
/** A new array with the first bytes of another. */
export declare function pooledCopy(bytes: Uint8Array, length: number): Uint8Array;
