/** A broken promise of our own code. Thrown, never caught, on in production. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws `AssertionError` when a promise that our own code gives is broken. Never for data from outside. */
export function assert(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new AssertionError(`Broken promise: ${promise}`);
}
