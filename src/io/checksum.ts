import { crc32 as nativeCrc32 } from "node:zlib";
import { type Checksum, crc32 } from "../base/mod.ts";

/** Bytes from which on a call into native code costs less than the loop in JavaScript. */
const nativeFromBytes = 256;

/** CRC-32 by whichever way is the faster one for this length. */
export const fastCrc32: Checksum = (bytes, seed = 0) =>
  bytes.length < nativeFromBytes ? crc32(bytes, seed) : nativeCrc32(bytes, seed);
