import type { WriterId } from "./vector.ts";

/** A 64-bit id as 16 hexadecimal digits and as the two big-endian numbers that stand for it in a frame. */
interface IdHalves {
  readonly text: string;
  readonly high: number;
  readonly low: number;
}

/** Reads and writes ids of one kind: the one that was read or written last is mostly the next one, too. */
class IdBytes {
  #last: IdHalves = halvesOf(0, 0);

  read(view: DataView, at: number): string {
    const high = view.getUint32(at, false);
    const low = view.getUint32(at + 4, false);
    if (high !== this.#last.high || low !== this.#last.low) this.#last = halvesOf(high, low);
    return this.#last.text;
  }

  write(view: DataView, at: number, id: string): void {
    if (this.#last.text !== id) {
      this.#last = halvesOf(Number.parseInt(id.slice(0, 8), 16), Number.parseInt(id.slice(8), 16));
    }
    view.setUint32(at, this.#last.high, false);
    view.setUint32(at + 4, this.#last.low, false);
  }
}

const writers = new IdBytes();
const producers = new IdBytes();

/** The writer whose eight bytes stand at a position. */
export function readWriter(view: DataView, at: number): WriterId {
  return writers.read(view, at);
}

/** The inverse. */
export function writeWriter(view: DataView, at: number, writer: WriterId): void {
  writers.write(view, at, writer);
}

/** The producer whose eight bytes stand at a position. */
export function readProducerId(view: DataView, at: number): string {
  return producers.read(view, at);
}

/** The inverse. */
export function writeProducerId(view: DataView, at: number, producer: string): void {
  producers.write(view, at, producer);
}

function halvesOf(high: number, low: number): IdHalves {
  // Each half has eight digits: the sum has nine, the first of which is a 1.
  const digits = (half: number): string => (0x1_0000_0000 + half).toString(16).slice(1);
  return { high, low, text: digits(high) + digits(low) };
}
