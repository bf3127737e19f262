import type { Checksum } from "./crc32.d.ts";
import { type Compression, type FrameHeader } from "./frame.d.ts";
/** A way to compress. */
export type Codec = Exclude<Compression, "none">;
/** What a runtime can compress and decompress. */
export interface Codecs {
    /** Gzip is always among them. */
    readonly names: readonly Codec[];
    /** Call it with one of `names` only. */
    compress(codec: Codec, bytes: Uint8Array): Promise<Uint8Array>;
    /**
     * Resolves with what was compressed, or with what is wrong: the bytes are not what the codec writes, or they unpack to
     * more than `bytesMax`, which is noticed before much more is reserved. Call it with one of `names` only.
     */
    decompress(codec: Codec, bytes: Uint8Array, bytesMax: number): Promise<Uint8Array | string>;
}
/** How a frame is to be compressed. */
export interface FrameCompression {
    readonly codec: Codec;
    readonly codecs: Codecs;
    readonly checksum: Checksum;
}
/** A frame that was just built, compressed; the frame itself when it would not get shorter. */
export declare function compressFrame(frame: Uint8Array, { codec, codecs, checksum }: FrameCompression): Promise<Uint8Array>;
/**
 * The packed records of a batch: its payload, decompressed where it is compressed. Resolves with what is wrong when the
 * batch says of itself what is not so: no node looked into it. Call it with a compression that `codecs` has.
 */
export declare function unpackPayload(codecs: Codecs, header: FrameHeader, payload: Uint8Array): Promise<Uint8Array | string>;
