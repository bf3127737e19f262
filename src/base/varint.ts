/** Bytes that the longest varint takes: whole numbers below 2^53, seven bits a byte. */
export const varintBytesMax = 8;

/** Writes a whole number from 0 to 2^53 − 1, seven bits a byte, lowest first. Returns the position after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let position = at;
  while (rest >= 128) {
    bytes[position++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  bytes[position++] = rest;
  return position;
}

/** How many bytes `writeVarint` takes. */
export function varintBytesOf(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Reads varints one after another and never beyond `end`. A bad or cut varint sets `failed` and yields 0. */
export class VarintReader {
  at: number;
  failed = false;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  next(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < varintBytesMax; count++) {
      if (this.at >= this.#end) break;
      const byte = this.#bytes[this.at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    this.failed = true;
    return 0;
  }
}

/** Maps signed to unsigned so that small magnitudes stay short: 0, −1, 1, −2 become 0, 1, 2, 3. */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** The inverse of `zigzag`. */
export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
