/** What is cut off at a time, and so what an array that is kept keeps alive at most. */
const pieceBytes = 8_192;
/** Longer arrays have memory of their own. */
export const pooledBytesMax = 2_048;

let piece = new ArrayBuffer(pieceBytes);
let used = 0;

/**
 * A new array, all zero, whose memory is a part of a larger piece where it is small. A small array with memory of its own
 * is cheaper to make, and much dearer than that as soon as a part of it, or a view of its numbers, is wanted.
 */
export function pooledBytes(length: number): Uint8Array {
  if (length > pooledBytesMax) return new Uint8Array(length);
  if (used + length > pieceBytes) {
    piece = new ArrayBuffer(pieceBytes);
    used = 0;
  }
  const bytes = new Uint8Array(piece, used, length);
  used += length;
  return bytes;
}

/** A new array with the first bytes of another. */
export function pooledCopy(bytes: Uint8Array, length: number): Uint8Array {
  // Nothing is set to zero first where the copy is a large one.
  if (length > pooledBytesMax) return bytes.slice(0, length);
  const copy = pooledBytes(length);
  copy.set(bytes.subarray(0, length));
  return copy;
}
