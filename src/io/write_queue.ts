import type { Writable } from "node:stream";

/** Bytes that wait in a stream while more is written: so much is in flight between two wake-ups. */
export const bytesAheadMax = 524_288;
/** Parts up to this size in all are copied together, which costs less than a write each. */
const joinedBytesMax = 16_384;

interface Part {
  readonly bytes: Uint8Array;
  /** Called when it was written. */
  readonly giveBack: (() => void) | undefined;
}

/**
 * Gives a stream of HTTP/2 one array at a time. Given several, Bun's streams copy them into one first: for the frames of
 * a log that costs as much as all the rest.
 */
export class WriteQueue {
  readonly #stream: Writable;
  readonly #onRoom: () => void;
  #parts: Part[] = [];
  #bytes = 0;
  #isWriting = false;
  #isFull = false;
  #end: (() => void) | undefined;

  /** `onRoom` is called when more may be written after `write` said no more. */
  constructor(stream: Writable, onRoom: () => void) {
    this.#stream = stream;
    this.#onRoom = onRoom;
  }

  /** False: no more before `onRoom` was called. */
  write(parts: readonly Uint8Array[], giveBack: (() => void) | undefined): boolean {
    const last = parts.length - 1;
    for (let index = 0; index <= last; index++) {
      const bytes = parts[index] as Uint8Array;
      this.#parts.push({ bytes, giveBack: index === last ? giveBack : undefined });
      this.#bytes += bytes.length;
    }
    this.#writeNext();
    this.#isFull = this.#bytes >= bytesAheadMax;
    return !this.#isFull;
  }

  /** Calls back when everything was written. */
  end(callback: () => void): void {
    this.#end = callback;
    this.#writeNext();
  }

  #writeNext(): void {
    if (this.#isWriting) return;
    const { count, bytes } = this.#nextParts();
    if (count === 0) {
      this.#end?.();
      this.#end = undefined;
      return;
    }
    const parts = this.#parts.splice(0, count);
    const whole = count === 1 ? (parts[0] as Part).bytes : Buffer.concat(parts.map((part) => part.bytes));
    this.#isWriting = true;
    this.#stream.write(whole, (error) => {
      // Where the stream broke off, what is lent is left to the collector: the runtime may still look at it. Of a stream
      // that the caller reset, Node and Bun say that without an error.
      if (error || this.#stream.destroyed) return;
      this.#isWriting = false;
      this.#bytes -= bytes;
      for (const { giveBack } of parts) giveBack?.();
      this.#writeNext();
      if (!this.#isFull || this.#bytes >= bytesAheadMax) return;
      this.#isFull = false;
      this.#onRoom();
    });
  }

  /** How many parts are written at once: small ones that follow each other, or one. */
  #nextParts(): { readonly count: number; readonly bytes: number } {
    let bytes = this.#parts[0]?.bytes.length ?? 0;
    let count = Math.min(1, this.#parts.length);
    for (; count < this.#parts.length; count++) {
      const more = (this.#parts[count] as Part).bytes.length;
      if (bytes + more > joinedBytesMax) break;
      bytes += more;
    }
    return { count, bytes };
  }
}
