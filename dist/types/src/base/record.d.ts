import { VarintReader } from "./varint.d.ts";
import type { WriterId } from "./vector.d.ts";
/** One name and value beside a record. Names may repeat; their order is kept. */
export interface RecordHeader {
    readonly name: string;
    readonly value: Uint8Array | string;
}
/** A record as a producer gives it. Texts are stored as UTF-8. */
export interface RecordInput {
    readonly value: Uint8Array | string;
    /** Groups records that belong together; compaction keeps the latest of each key. */
    readonly key?: Uint8Array | string | undefined;
    readonly headers?: readonly RecordHeader[] | undefined;
    /** Milliseconds since 1970-01-01 UTC. @default when it is packed */
    readonly timestampMs?: number | undefined;
}
/** A record as a consumer gets it. Immutable; the byte arrays may be views of a larger one: copy what you keep long. */
export declare class LogRecord {
    /** Position in the answering node's local log. Differs between nodes. */
    readonly offset: number;
    readonly writer: WriterId;
    /** Position in the writer's feed, from 1. The same on every node. */
    readonly sequence: number;
    /** Milliseconds since 1970-01-01 UTC, as the producer said. */
    readonly timestampMs: number;
    readonly key: Uint8Array | undefined;
    readonly headers: readonly {
        readonly name: string;
        readonly value: Uint8Array;
    }[];
    readonly value: Uint8Array;
    constructor(fields: Pick<LogRecord, "offset" | "writer" | "sequence" | "timestampMs" | "key" | "headers" | "value">);
    /** The value as UTF-8 text. */
    text(): string;
    /** The value parsed as JSON; throws `SyntaxError` when it is none. */
    json(): unknown;
}
/** A packed record without its place in a log. */
export interface PackedRecord {
    readonly timestampDeltaMs: number;
    readonly key: Uint8Array | undefined;
    readonly headers: readonly {
        readonly name: string;
        readonly value: Uint8Array;
    }[];
    readonly value: Uint8Array;
}
/**
 * The most bytes that `packRecord` writes for this record.
 * A packed record is: varint length of the rest · flags (bit 0 key, bit 1 headers) · zigzag varint of the milliseconds
 * since the batch's base timestamp · [varint length, key] · [varint count, (varint length, name, varint length, value)…]
 * · value. Where compaction took records out stands a hole instead: varint 0 · varint count of them.
 */
export declare function packedBytesMax(record: RecordInput): number;
/** Writes a record at `at`; the caller made sure that `packedBytesMax` bytes are there. Returns the position after it. */
export declare function packRecord(into: Uint8Array, at: number, record: RecordInput, timestampDeltaMs: number): number;
/**
 * Calls `visit` for each packed record from `at` to `end`, with its place in the batch: where compaction took records
 * out, the places of the others stay. Returns what is wrong, or undefined when all is well.
 */
export declare function readPackedRecords(bytes: Uint8Array, at: number, end: number, visit: (record: PackedRecord, index: number) => void): string | undefined;
/** How many records are gone where a length of 0 stands; 0 when that makes no sense. */
export declare function readHole(reader: VarintReader): number;
/** Writes that so many records, at least one, are gone. Returns the position after it; 1 + `varintBytesMax` bytes do. */
export declare function writeHole(into: Uint8Array, at: number, removed: number): number;
/** The first of these well-formed packed records that has no key; undefined when each has one. */
export declare function keylessRecord(packed: Uint8Array): number | undefined;
/**
 * Judges packed records as they are produced, without building any: framing, count and limits. One cheap pass where a
 * node takes records in (rule R1). Returns what is wrong, or undefined.
 */
export declare function packedRecordsFault(bytes: Uint8Array, at: number, end: number, count: number): string | undefined;
