/** What is cut off at a time where a topic's tail holds as much. */
const pieceBytesMax = 8_192;
const nothing = new Uint8Array(0);

/**
 * Memory for the frames of one tail cache. A frame that came in may be a small part of a message, or of a piece that it shares
 * with messages of others: kept as it is it would keep all of that, many times what is counted. Here its neighbours are
 * the frames before and after it, which are dropped when it is.
 */
export class TailMemory {
  #piece = nothing;
  #used = 0;

  /** The same bytes: themselves, where they are most of what they keep alive. `held` is how many bytes the cache holds. */
  own(bytes: Uint8Array, held: number): Uint8Array {
    if (2 * bytes.length >= bytes.buffer.byteLength) return bytes;
    if (2 * bytes.length > pieceBytesMax) return bytes.slice();
    if (this.#used + bytes.length > this.#piece.length) {
      // A topic that holds little takes little: there may be thousands.
      this.#piece = new Uint8Array(Math.max(bytes.length, Math.min(pieceBytesMax, held)));
      this.#used = 0;
    }
    const owned = this.#piece.subarray(this.#used, this.#used + bytes.length);
    owned.set(bytes);
    this.#used += bytes.length;
    return owned;
  }

  /** Once no frame is held: the rest of the piece goes as well. */
  release(): void {
    this.#piece = nothing;
    this.#used = 0;
  }
}
