import type { Checksum } from "./crc32.d.ts";
import { type Compression, type FrameHeader } from "./frame.d.ts";
import { LogRecord } from "./record.d.ts";
/**
 * Calls `visit` for each record of a frame whose headers were read. Compressed payloads must be given decompressed.
 * Returns what is wrong, or undefined.
 */
export declare function readRecords(payload: Uint8Array, header: FrameHeader, visit: (record: LogRecord) => void): string | undefined;
/**
 * Packed records without those whose places `isRemoved` names; holes stand for them. Undefined when nothing is removed.
 * The caller has read the records: they are well-formed.
 */
export declare function withoutRecords(packed: Uint8Array, isRemoved: (index: number) => boolean): Uint8Array | undefined;
/** The same batch with another payload, from which compaction took records. What the chain hash covers stays. */
export declare function compactedFrame(frame: Uint8Array, payload: Uint8Array, { compression, checksum }: {
    readonly compression: Compression;
    readonly checksum: Checksum;
}): Uint8Array;
