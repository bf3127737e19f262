/**
 * LZW as Go's `compress/lzw` writes it with the least significant bit first and 8-bit literals. Neither GIF's nor
 * TIFF's variant: the widths grow at other moments.
 */

const clearCode = 256;
const endCode = 257;
const widthMin = 9;
const widthMax = 12;
const codeMax = 4095;

/** Compresses any bytes, byte for byte as Go does. */
export function compressLzw(plain: Uint8Array): Uint8Array {
  const out = new BitWriter(plain.length + 16);
  let width = widthMin;
  let limit = 1 << widthMin;
  let highest = endCode;
  let table = new Map<number, number>();
  out.write(clearCode, width);
  // Counts a data code just emitted; true when the table was full and has begun anew.
  const advance = (): boolean => {
    highest++;
    if (highest === limit) {
      width++;
      limit *= 2;
    }
    if (highest !== codeMax) return false;
    out.write(clearCode, width);
    width = widthMin;
    limit = 1 << widthMin;
    highest = endCode;
    table = new Map();
    return true;
  };
  if (plain.length === 0) {
    out.write(endCode, width);
    return out.finish();
  }
  let prefix = plain[0] as number;
  for (let at = 1; at < plain.length; at++) {
    const literal = plain[at] as number;
    const pair = prefix * 256 + literal;
    const known = table.get(pair);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    out.write(prefix, width);
    prefix = literal;
    if (!advance()) table.set(pair, highest);
  }
  out.write(prefix, width);
  advance();
  out.write(endCode, width);
  return out.finish();
}

/** The inverse. Undefined when the bytes are no such stream or hold more than `plainBytesMax`. */
export function decompressLzw(compressed: Uint8Array, plainBytesMax: number): Uint8Array | undefined {
  const reader = new BitReader(compressed);
  const plain = new GrowingBytes(Math.min(plainBytesMax, 4 * compressed.length + 64));
  // Each table entry is a place in the output: the string of a code stands where it was first written.
  const startOf = new Int32Array(codeMax + 1);
  const lengthOf = new Int32Array(codeMax + 1);
  let width = widthMin;
  let highest = endCode;
  let previousStart = -1;
  let previousLength = 0;
  for (;;) {
    const code = reader.read(width);
    if (code < 0) return undefined;
    if (code === endCode) return plain.finish();
    if (code === clearCode) {
      width = widthMin;
      highest = endCode;
      previousStart = -1;
      continue;
    }
    const start = plain.length;
    let length = 1;
    if (code < clearCode) {
      if (start + 1 > plainBytesMax) return undefined;
      plain.push(code);
    } else if (code <= highest) {
      // The string of the newest code is the previous one and its own first byte, which stands right behind it. Without
      // a previous one the table is full, and the code one like all others.
      const isNewest = code === highest && previousStart >= 0;
      const from = isNewest ? previousStart : (startOf[code] as number);
      length = isNewest ? previousLength + 1 : (lengthOf[code] as number);
      if (start + length > plainBytesMax) return undefined;
      plain.copy(from, length);
    } else {
      return undefined;
    }
    if (previousStart >= 0 && highest <= codeMax) {
      startOf[highest] = previousStart;
      lengthOf[highest] = previousLength + 1;
    }
    previousStart = start;
    previousLength = length;
    highest++;
    if (highest >= 1 << width) {
      if (width === widthMax) {
        highest--;
        previousStart = -1;
      } else {
        width++;
      }
    }
  }
}

/** Appends codes, least significant bit first. */
class BitWriter {
  #bytes: Uint8Array;
  #length = 0;
  #bits = 0;
  #bitCount = 0;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
  }

  write(code: number, width: number): void {
    this.#bits |= code << this.#bitCount;
    this.#bitCount += width;
    while (this.#bitCount >= 8) {
      this.#append(this.#bits & 255);
      this.#bits >>>= 8;
      this.#bitCount -= 8;
    }
  }

  finish(): Uint8Array {
    if (this.#bitCount > 0) this.#append(this.#bits & 255);
    return this.#bytes.slice(0, this.#length);
  }

  #append(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#bytes.length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#length++] = byte;
  }
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #bits = 0;
  #bitCount = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next code; −1 when the bytes end. */
  read(width: number): number {
    while (this.#bitCount < width) {
      if (this.#at >= this.#bytes.length) return -1;
      this.#bits |= (this.#bytes[this.#at++] as number) << this.#bitCount;
      this.#bitCount += 8;
    }
    const code = this.#bits & ((1 << width) - 1);
    this.#bits >>>= width;
    this.#bitCount -= width;
    return code;
  }
}

class GrowingBytes {
  length = 0;
  #bytes: Uint8Array;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(Math.max(64, bytes));
  }

  push(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = byte;
  }

  /** Appends what stands at `from`; the range may reach into what is being appended. */
  copy(from: number, length: number): void {
    this.#reserve(length);
    for (let index = 0; index < length; index++) this.#bytes[this.length++] = this.#bytes[from + index] as number;
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.length + more));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }
}
