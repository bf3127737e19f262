/** Inputs for decoders: bytes that are almost right, and nothing at all. One seed gives one sequence on every runtime. */
import { concat, type Random } from "../../src/base/mod.ts";

/** A decoder, what it is fed, and how much it may make of one input. */
export interface Target {
  readonly name: string;
  /** Right inputs, of which the others are made. */
  readonly samples: readonly Uint8Array[];
  /** Decodes; returns how much came of it: values, messages or bytes. */
  readonly decode: (bytes: Uint8Array, random: Random) => number;
  readonly amountMax: number;
  /** How many of the inputs it gets, beside the others. @default 1 */
  readonly share?: number;
}

/** Bytes of an input at most: what one datagram holds. */
const inputBytesMax = 65_535;

/** Lengths and numbers that lie: of bytes, arrays and maps, and integers at the edges of their types. */
const lies: readonly (readonly number[])[] = [
  ...[0xc6, 0xdb, 0xdd, 0xdf].map((lead) => [lead, 0xff, 0xff, 0xff, 0xff]),
  ...[0xc5, 0xda, 0xdc, 0xde].map((lead) => [lead, 0xff, 0xff]),
  ...[0xc4, 0xd9, 0xcc].map((lead) => [lead, 0xff]),
  ...[0xcf, 0xd3].map((lead) => [lead, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
  [0xcb, 0xff, 0xf0, 0, 0, 0, 0, 0, 0],
  [0xce, 0xff, 0xff, 0xff, 0xff],
  [0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x9f],
  [0x8f],
  [0xbf],
  [0xc0],
  [0xff, 0xff, 0xff, 0xff],
  [0, 0, 0, 0],
];

/** One input for a decoder of such samples. */
export function mutated(random: Random, samples: readonly Uint8Array[]): Uint8Array {
  if (random.below(12) === 0) return random.bytes(random.below(200));
  let bytes: Uint8Array = (random.pick(samples) as Uint8Array).slice();
  for (let changes = random.below(4); changes > 0; changes--) bytes = changed(random, bytes, samples);
  return bytes.subarray(0, inputBytesMax);
}

function changed(random: Random, bytes: Uint8Array, samples: readonly Uint8Array[]): Uint8Array {
  const at = random.below(bytes.length + 1);
  switch (random.below(8)) {
    case 0:
      return bytes.subarray(0, at);
    case 1: {
      // The beginning of one and the end of another.
      const other = random.pick(samples) as Uint8Array;
      return concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))]);
    }
    case 2: {
      const lie = Uint8Array.from(random.pick(lies) as readonly number[]);
      const replaced = random.below(2) === 0 ? lie.length : 1;
      return concat([bytes.subarray(0, at), lie, bytes.subarray(Math.min(bytes.length, at + replaced))]);
    }
    case 3: {
      // A part over and over: what grows with the input, grows with it here.
      const part = bytes.subarray(at, at + 1 + random.below(16));
      const times = part.length === 0 ? 0 : 1 + random.below(random.below(40) === 0 ? 2_000 : 20);
      return concat([bytes.subarray(0, at), ...new Array<Uint8Array>(times).fill(part), bytes.subarray(at)]);
    }
    case 4:
      return concat([bytes.subarray(0, at), random.bytes(random.below(12)), bytes.subarray(at)]);
    default: {
      if (bytes.length === 0) return bytes;
      const where = random.below(bytes.length);
      const byte = random.below(2) === 0 ? random.below(256) : (bytes[where] as number) ^ (1 << random.below(8));
      const flipped = bytes.slice();
      flipped[where] = byte;
      return flipped;
    }
  }
}
