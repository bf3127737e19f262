/** Bytes of one buffer: what one response to a consumer carries, and as much as a search for its start may read before. */
const bufferBytes = 327_680;
/** Buffers that are kept for the next read: 8 MiB. */
const keptMax = 25;

/**
 * Memory for what is read from files and passed on. Fresh memory costs more than the read itself: the system clears each
 * page of it, and takes it back soon after. So whoever knows that nobody looks at a buffer any more gives it back.
 */
export class ReadBuffers {
  readonly #kept: Uint8Array[] = [];

  /** A buffer for so many bytes, with what was in it before; undefined when reads of that size get memory of their own. */
  take(bytes: number): Uint8Array | undefined {
    return bytes > bufferBytes ? undefined : (this.#kept.pop() ?? new Uint8Array(bufferBytes));
  }

  give(buffer: Uint8Array): void {
    if (this.#kept.length < keptMax) this.#kept.push(buffer);
  }
}
