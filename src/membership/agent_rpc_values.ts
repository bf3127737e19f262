/** Where one MessagePack value ends and the next begins, in bytes that arrive piece by piece. */
import { viewOf } from "../base/mod.ts";

/** What the bytes at hand amount to. */
export type ValueSplit =
  | { readonly type: "value"; readonly bytes: Uint8Array }
  | { readonly type: "more" }
  | { readonly type: "malformed"; readonly reason: string };

/** Bytes that follow the first of a number of fixed width, by that first byte. */
const fixedWidths: ReadonlyMap<number, number> = new Map([
  ...([0xc0, 0xc2, 0xc3].map((lead) => [lead, 0]) as [number, number][]),
  ...([0xcc, 0xd0].map((lead) => [lead, 1]) as [number, number][]),
  ...([0xcd, 0xd1].map((lead) => [lead, 2]) as [number, number][]),
  ...([0xca, 0xce, 0xd2].map((lead) => [lead, 4]) as [number, number][]),
  ...([0xcb, 0xcf, 0xd3].map((lead) => [lead, 8]) as [number, number][]),
]);

/** Bytes of the length that follows the first, and what it counts: bytes, values, or pairs of values. */
const lengths: ReadonlyMap<number, { readonly width: 1 | 2 | 4; readonly counts: "bytes" | 1 | 2 }> = new Map([
  [0xc4, { width: 1, counts: "bytes" }],
  [0xc5, { width: 2, counts: "bytes" }],
  [0xc6, { width: 4, counts: "bytes" }],
  [0xd9, { width: 1, counts: "bytes" }],
  [0xda, { width: 2, counts: "bytes" }],
  [0xdb, { width: 4, counts: "bytes" }],
  [0xdc, { width: 2, counts: 1 }],
  [0xdd, { width: 4, counts: 1 }],
  [0xde, { width: 2, counts: 2 }],
  [0xdf, { width: 4, counts: 2 }],
]);

/**
 * Splits a stream into values without reading them. Each byte is looked at once, however small the pieces are, and no
 * claimed length makes it wait for more than `valueBytesMax`.
 */
export class ValueSplitter {
  readonly #valueBytesMax: number;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Where the current value begins, and how far it was looked at. May be past the end, when bytes are to be skipped. */
  #start = 0;
  #at = 0;
  /** Values without which the current one is not whole. */
  #pending = 0;
  /** Whether the current one was begun: its last bytes may still be missing when no value is. */
  #isBegun = false;

  constructor(valueBytesMax: number) {
    this.#valueBytesMax = valueBytesMax;
  }

  /** Bytes that wait for the rest of their value, or to be asked for. */
  get waitingBytes(): number {
    return this.#bytes.length - this.#start;
  }

  push(bytes: Uint8Array): void {
    const kept = this.#bytes.subarray(this.#start);
    const whole = new Uint8Array(kept.length + bytes.length);
    whole.set(kept);
    whole.set(bytes, kept.length);
    this.#bytes = whole;
    this.#at -= this.#start;
    this.#start = 0;
  }

  /** The next whole value. After `malformed` the stream is lost. */
  next(): ValueSplit {
    if (!this.#isBegun) this.#pending = 1;
    this.#isBegun = true;
    while (this.#pending > 0 && this.#at < this.#bytes.length) {
      const reason = this.#skipOne();
      if (reason === "cut") return { type: "more" };
      if (reason !== undefined) return { type: "malformed", reason };
      // Each value that is still missing takes a byte at least.
      if (this.#at - this.#start + this.#pending > this.#valueBytesMax) {
        return { type: "malformed", reason: `a value takes more than ${this.#valueBytesMax} bytes` };
      }
    }
    if (this.#pending > 0 || this.#at > this.#bytes.length) return { type: "more" };
    const bytes = this.#bytes.subarray(this.#start, this.#at);
    this.#start = this.#at;
    this.#isBegun = false;
    return { type: "value", bytes };
  }

  /** Passes over one value, the parts of a container not included. */
  #skipOne(): "cut" | string | undefined {
    const lead = this.#bytes[this.#at] as number;
    if (lead <= 0x7f || lead >= 0xe0) return this.#pass(1, 0);
    if (lead <= 0x8f) return this.#pass(1, 2 * (lead & 15));
    if (lead <= 0x9f) return this.#pass(1, lead & 15);
    if (lead <= 0xbf) return this.#pass(1 + (lead & 31), 0);
    const width = fixedWidths.get(lead);
    if (width !== undefined) return this.#pass(1 + width, 0);
    const form = lengths.get(lead);
    if (form === undefined) return `no value begins with byte ${lead}`;
    if (this.#at + 1 + form.width > this.#bytes.length) return "cut";
    const length = this.#lengthAt(this.#at + 1, form.width);
    if (form.counts === "bytes") return this.#pass(1 + form.width + length, 0);
    return this.#pass(1 + form.width, length * form.counts);
  }

  #pass(bytes: number, values: number): undefined {
    this.#at += bytes;
    this.#pending += values - 1;
  }

  #lengthAt(at: number, width: 1 | 2 | 4): number {
    const view = viewOf(this.#bytes);
    if (width === 1) return view.getUint8(at);
    return width === 2 ? view.getUint16(at) : view.getUint32(at);
  }
}
