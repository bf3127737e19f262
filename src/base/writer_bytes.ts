import type { WriterId } from "./vector.ts";

/** A writer as text and as the two big-endian numbers that stand for it in a frame. */
interface WriterHalves {
  readonly text: WriterId;
  readonly high: number;
  readonly low: number;
}

/** The writer that was read or written last: it is mostly the next one, too. */
let lastWriter: WriterHalves = halvesOf(0, 0);

/** The writer whose eight bytes stand at a position. */
export function readWriter(view: DataView, at: number): WriterId {
  const high = view.getUint32(at, false);
  const low = view.getUint32(at + 4, false);
  if (high !== lastWriter.high || low !== lastWriter.low) lastWriter = halvesOf(high, low);
  return lastWriter.text;
}

/** The inverse. */
export function writeWriter(view: DataView, at: number, writer: WriterId): void {
  if (lastWriter.text !== writer) {
    lastWriter = halvesOf(Number.parseInt(writer.slice(0, 8), 16), Number.parseInt(writer.slice(8), 16));
  }
  view.setUint32(at, lastWriter.high, false);
  view.setUint32(at + 4, lastWriter.low, false);
}

function halvesOf(high: number, low: number): WriterHalves {
  // Each half has eight digits: the sum has nine, the first of which is a 1.
  const digits = (half: number): string => (0x1_0000_0000 + half).toString(16).slice(1);
  return { high, low, text: digits(high) + digits(low) };
}
