/** Small messages of one turn on their way into one write: each with its envelope, one after another, copied once. */
import { envelopeBytes } from "./envelope_reader.ts";

/** Memory is taken in pieces of this size: what is written keeps its piece alive until it was sent. */
const pieceBytes = 65_536;

/** A message larger than this is not worth a copy: it is to be written as it is. */
export const gatheredBytesMax = 16_384;

export class GatheredMessages {
  #piece: Uint8Array = new Uint8Array(0);
  /** Where what was not taken yet begins and ends in the piece. */
  #start = 0;
  #end = 0;

  get bytes(): number {
    return this.#end - this.#start;
  }

  /** Adds a message of so many bytes, no larger than `gatheredBytesMax`. */
  add(flags: number, parts: readonly Uint8Array[], length: number): void {
    this.#reserve(envelopeBytes + length);
    const piece = this.#piece;
    let at = this.#end;
    piece[at++] = flags;
    piece[at++] = length >>> 24;
    piece[at++] = length >>> 16;
    piece[at++] = length >>> 8;
    piece[at++] = length;
    for (const part of parts) {
      piece.set(part, at);
      at += part.length;
    }
    this.#end = at;
  }

  /** What was added since the last time. Given away: it is never written to again. */
  take(): Uint8Array {
    const taken = this.#piece.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return taken;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#piece.length) return;
    const held = this.#piece.subarray(this.#start, this.#end);
    // As a Buffer, of whose memory nothing is set to zero first.
    this.#piece = Buffer.allocUnsafeSlow(Math.max(pieceBytes, 2 * (held.length + bytes)));
    this.#piece.set(held);
    this.#start = 0;
    this.#end = held.length;
  }
}
