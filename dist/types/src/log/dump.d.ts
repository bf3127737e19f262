/** What is in the bytes of any file of a data directory, one item after another, for people who look into one. */
import { type Checksum } from "../base/mod.d.ts";
/** One thing in a file. */
export interface DumpedItem {
    readonly kind: "frame" | "room" | "index" | "index-below" | "index-feed" | "journal" | "entry" | "writer" | "former-writer" | "clean-stop" | "floor" | "feed" | "producers" | "producer" | "twins" | "reproduced" | "damage";
    /** Position in the file. */
    readonly at: number;
    readonly fields: Readonly<Record<string, string | number>>;
}
/** Every item of the file; undefined when it is of no known kind. Damage is an item, and ends what can be told. */
export declare function dumpFile(bytes: Uint8Array, checksum: Checksum): Iterable<DumpedItem> | undefined;
