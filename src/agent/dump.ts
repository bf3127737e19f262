import { fastCrc32 } from "../io/checksum.ts";
import { type DumpedItem, dumpFile as dumpBytes } from "../log/mod.ts";

export type { DumpedItem } from "../log/mod.ts";

/** What is in the bytes of a file of a data directory; undefined when it is none. */
export function dumpFile(bytes: Uint8Array): Iterable<DumpedItem> | undefined {
  return dumpBytes(bytes, fastCrc32);
}
