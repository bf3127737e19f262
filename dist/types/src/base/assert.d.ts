/** A broken promise of our own code. Thrown, never caught, on in production. */
export declare class AssertionError extends Error {
    readonly name = "AssertionError";
}
/** Throws `AssertionError` when a promise that our own code gives is broken. Never for data from outside. */
export declare function assert(condition: boolean, promise: string): asserts condition;
