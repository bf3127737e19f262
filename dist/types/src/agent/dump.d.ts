import { type DumpedItem } from "../log/mod.d.ts";
export type { DumpedItem } from "../log/mod.d.ts";
/** What is in the bytes of a file of a data directory; undefined when it is none. */
export declare function dumpFile(bytes: Uint8Array): Iterable<DumpedItem> | undefined;
