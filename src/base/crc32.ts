/** CRC-32 of `bytes`, continuing from `seed` (the checksum of what came before, 0 at the start). */
export type Checksum = (bytes: Uint8Array, seed?: number) => number;

const tables = makeTables();

/**
 * CRC-32 as in IEEE 802.3, zlib and memberlist (polynomial edb88320), eight bytes a round ("slicing by 8", Intel 2006).
 * The same function as `node:zlib`'s, for rooms that know no runtime and for short inputs.
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return crc32Between(bytes, 0, bytes.length, seed);
}

/** CRC-32 of `bytes` from `start` up to, not including, `end`: headers are checked without a view of their own each. */
export function crc32Between(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  let crc = ~seed;
  let at = start;
  for (const last = end - 7; at < last; at += 8) {
    const low =
      crc ^
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24));
    crc =
      (t7[low & 255] as number) ^
      (t6[(low >>> 8) & 255] as number) ^
      (t5[(low >>> 16) & 255] as number) ^
      (t4[low >>> 24] as number) ^
      (t3[bytes[at + 4] as number] as number) ^
      (t2[bytes[at + 5] as number] as number) ^
      (t1[bytes[at + 6] as number] as number) ^
      (t0[bytes[at + 7] as number] as number);
  }
  for (; at < end; at++) crc = (t0[(crc ^ (bytes[at] as number)) & 255] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

type Tables = [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

function makeTables(): Tables {
  const made = Array.from({ length: 8 }, () => new Int32Array(256)) as Tables;
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    made[0][byte] = crc;
  }
  for (let slice = 1; slice < 8; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = (made[slice - 1] as Int32Array)[byte] as number;
      (made[slice] as Int32Array)[byte] = (made[0][before & 255] as number) ^ (before >>> 8);
    }
  }
  return made;
}
