/** Messages out of a stream of bytes: one byte of flags, four of length, then the message. Alike in Connect and gRPC. */
import { pooledBytes, pooledBytesMax } from "../base/mod.ts";

export const envelopeBytes = 5;

/** A message's memory is reserved once this part of it came: whoever announces much and sends little gets little. */
const partBeforeReserving = 1 / 32;

/** Takes chunks as they come and gives whole messages, each in memory of its own. */
export class EnvelopeReader {
  /** The flags of the message that `next` gave last. */
  flags = 0;
  /** The announced length of a message that is too long; undefined while all are good. */
  tooLong: number | undefined;
  readonly #messageBytesMax: number;
  /** What came and was not taken into a message yet. */
  readonly #chunks: Uint8Array[] = [];
  /** Chunks before this index were used up. */
  #head = 0;
  /** Bytes of the first chunk that were used up. */
  #at = 0;
  #bytes = 0;
  /** Length of the message whose envelope was read. */
  #length: number | undefined;
  /** The message itself, and how much of it came. It is gathered as it comes, while that is in the processor's cache. */
  #message: Uint8Array | undefined;
  #filled = 0;

  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax;
  }

  /** True when the bytes so far end in the middle of a message or of its envelope. */
  get cutOff(): boolean {
    return this.#bytes > 0 || this.#length !== undefined;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** The next whole message; undefined when it has not come yet, or is too long. */
  next(): Uint8Array | undefined {
    if (this.#length === undefined) {
      if (this.#bytes < envelopeBytes) return undefined;
      this.flags = this.#byte();
      this.#length = this.#byte() * 0x100_0000 + this.#byte() * 0x1_0000 + this.#byte() * 0x100 + this.#byte();
    }
    if (this.#length > this.#messageBytesMax) this.tooLong = this.#length;
    if (this.tooLong !== undefined) return undefined;
    if (this.#message === undefined) {
      if (this.#bytes < this.#length * partBeforeReserving) return undefined;
      this.#message = newBytes(this.#length);
      this.#filled = 0;
    }
    const message = this.#message;
    this.#gather(message);
    if (this.#filled < message.length) return undefined;
    this.#length = undefined;
    this.#message = undefined;
    return message;
  }

  #byte(): number {
    const chunk = this.#chunks[this.#head] as Uint8Array;
    const byte = chunk[this.#at] as number;
    this.#advance(1);
    return byte;
  }

  /** Copies, so that a small message that is kept does not keep the network's buffer alive. */
  #gather(message: Uint8Array): void {
    while (this.#filled < message.length && this.#bytes > 0) {
      const chunk = this.#chunks[this.#head] as Uint8Array;
      const part = Math.min(message.length - this.#filled, chunk.length - this.#at);
      message.set(part === chunk.length ? chunk : chunk.subarray(this.#at, this.#at + part), this.#filled);
      this.#filled += part;
      this.#advance(part);
    }
  }

  #advance(bytes: number): void {
    this.#bytes -= bytes;
    this.#at += bytes;
    if (this.#at < (this.#chunks[this.#head] as Uint8Array).length) return;
    this.#at = 0;
    this.#head++;
    if (this.#head < this.#chunks.length) return;
    this.#chunks.length = 0;
    this.#head = 0;
  }
}

/** Memory that whoever asks will fill. Not as a Buffer, of which every part that is cut off would cost several times more. */
export function newBytes(length: number): Uint8Array {
  if (length <= pooledBytesMax) return pooledBytes(length);
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(buffer, byteOffset, length);
}

/** The envelope of a message of this length. */
export function envelopeOf(flags: number, length: number): Uint8Array {
  const envelope = Buffer.allocUnsafe(envelopeBytes);
  envelope[0] = flags;
  envelope.writeUInt32BE(length, 1);
  return envelope;
}
