/** CRC-32 of `bytes`, continuing from `seed` (the checksum of what came before, 0 at the start). */
export type Checksum = (bytes: Uint8Array, seed?: number) => number;
/**
 * CRC-32 as in IEEE 802.3, zlib and memberlist (polynomial edb88320), eight bytes a round ("slicing by 8", Intel 2006).
 * The same function as `node:zlib`'s, for rooms that know no runtime and for short inputs.
 */
export declare function crc32(bytes: Uint8Array, seed?: number): number;
/** CRC-32 of `bytes` from `start` up to, not including, `end`: headers are checked without a view of their own each. */
export declare function crc32Between(bytes: Uint8Array, start: number, end: number, seed?: number): number;
