import { type Checksum } from "./crc32.d.ts";
import { type RecordInput } from "./record.d.ts";
import type { WriterId } from "./vector.d.ts";
/** First four bytes of every frame: "GVF1". */
export declare const frameMagic = 826693191;
export declare const frameHeaderBytes = 24;
export declare const batchHeaderBytes = 96;
/** Bytes before the payload. */
export declare const headersBytes: number;
export declare const batchVersion = 1;
/** Positions within a frame. The batch header begins at 24. */
export declare const at: {
    readonly magic: 0;
    readonly frameChecksum: 4;
    readonly baseOffset: 8;
    readonly durableBefore: 16;
    readonly batchBytes: 24;
    readonly headerChecksum: 28;
    readonly version: 32;
    readonly kind: 33;
    readonly attributes: 34;
    readonly count: 36;
    readonly writer: 40;
    readonly baseSequence: 48;
    readonly lamport: 56;
    readonly chain: 64;
    readonly baseTimestamp: 72;
    readonly timestampDeltaMax: 80;
    readonly payloadChecksum: 84;
    readonly producedChecksum: 88;
    readonly generation: 92;
    readonly producer: 96;
    readonly producerSequence: 104;
    readonly producerEpoch: 112;
    readonly reserved: 116;
};
/** `records` carries records; `gap` says that a range of a feed is gone (rule R4). */
export type FrameKind = "records" | "gap";
/** How the payload is compressed: bits 0 to 2 of the attributes. */
export type Compression = "none" | "gzip" | "zstd" | "brotli";
export declare const compressions: readonly Compression[];
/** Bit 3 of the attributes: compaction took records out. The chain hash does not cover the attributes. */
export declare const compactedBit = 8;
/** The rolling hash of a feed up to and including a batch: 64 bits in two halves. Both 0 before the first batch. */
export interface ChainHash {
    readonly high: number;
    readonly low: number;
}
export declare const chainStart: ChainHash;
/** Everything the two headers say. */
export interface FrameHeader {
    /** Bytes of the whole frame. */
    readonly frameBytes: number;
    /** Offset of the first record in this node's local log. */
    readonly baseOffset: number;
    /** How far into its segment file everything was known durable when the frame was written. */
    readonly durableBefore: number;
    readonly kind: FrameKind;
    readonly compression: Compression;
    /** Compaction took records out: the others keep their places, and `count` is as it was produced. */
    readonly compacted: boolean;
    readonly count: number;
    readonly writer: WriterId;
    /** Sequence of the first record in its feed, from 1. */
    readonly baseSequence: number;
    /** 1 + the greatest Lamport number that the writer had seen in the topic (rule R7). */
    readonly lamport: number;
    readonly chain: ChainHash;
    /** Timestamp of the first record, milliseconds since 1970-01-01 UTC. */
    readonly baseTimestampMs: number;
    /** Greatest timestamp of the batch minus `baseTimestampMs`, at least 0. */
    readonly timestampDeltaMaxMs: number;
    /** CRC-32 of the payload as it is. */
    readonly payloadChecksum: number;
    /** CRC-32 of the payload as it was produced: differs from `payloadChecksum` only where the batch is `compacted`. */
    readonly producedChecksum: number;
    readonly generation: number;
}
/** What lies at a position of a byte range that should hold frames. */
export type FrameScan = {
    readonly type: "frame";
    readonly header: FrameHeader;
}
/** The frame goes on beyond the end of the bytes; `bytesNeeded` from its start would decide. */
 | {
    readonly type: "cut";
    readonly bytesNeeded: number;
} | {
    readonly type: "bad";
    readonly reason: string;
};
/** What a node adds to a frame that it writes to its own disk. */
export interface FramePlace {
    readonly baseOffset: number;
    readonly durableBefore: number;
}
/** What the origin adds to a batch, once and for all nodes. */
export interface BatchStamp {
    readonly writer: WriterId;
    readonly baseSequence: number;
    readonly lamport: number;
    readonly generation: number;
    /** The feed's chain hash before this batch. */
    readonly previousChain: ChainHash;
}
/**
 * Reads the headers at `start`, checking magic, checksums of both headers, version, kind, lengths and limits; with
 * `checksum` also the payload's. Total over any bytes.
 */
export declare function scanFrame(bytes: Uint8Array, start: number, checksum?: Checksum): FrameScan;
/**
 * Stamps a frame in place: writer, sequence, Lamport number, generation and chain hash, then the header's checksum. Only
 * the origin does that (rule R1). Call `placeFrame` before it is written.
 */
export declare function stampBatch(frame: Uint8Array, stamp: BatchStamp): ChainHash;
/** As `stampBatch` and `placeFrame`, with one view for both: making a view costs as much as a stamp. */
export declare function stampAndPlace(frame: Uint8Array, stamp: BatchStamp, place: FramePlace): ChainHash;
export declare function sealHeader(frame: Uint8Array, view: DataView): void;
/** Writes the part of a frame that is this node's own: its offset and the durable mark. */
export declare function placeFrame(frame: Uint8Array, place: FramePlace): void;
/**
 * Reads what `placeFrame` wrote at `start`; undefined when no intact frame header is there. It says nothing of the batch
 * behind it: recovery believes a durable mark also when the batch is damaged.
 */
export declare function readPlace(bytes: Uint8Array, start: number): FramePlace | undefined;
/**
 * The feed's chain hash after the batch that begins this frame: two lanes of MurmurHash3's 32-bit mix (Appleby, 2011)
 * over the previous hash and every header field that compaction leaves alone, the checksum of the payload as produced
 * among them. It tells forks apart; it is no proof against an attacker.
 */
export declare function nextChain(previous: ChainHash, frame: Uint8Array): ChainHash;
/** Packs records into one frame with blank stamps. */
export declare class FrameBuilder {
    #private;
    /** Records packed so far. */
    get count(): number;
    /** Bytes of the frame so far, headers included. */
    get bytes(): number;
    /**
     * Adds a record, or says false and changes nothing when the frame could outgrow `frameBytesMax`. The caller judged the
     * record's timestamp (`timestampFault`).
     */
    add(record: RecordInput, nowMs: number): boolean;
    /** The frame. The builder is empty afterwards and may be used again. */
    finish(checksum?: Checksum): Uint8Array;
}
/** A frame that says: of this feed, `count` records from `baseSequence` on are gone. Stamped like any other batch. */
export declare function gapFrame(gap: {
    writer: WriterId;
    baseSequence: number;
    count: number;
    generation: number;
}): Uint8Array;
