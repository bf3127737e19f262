/**
 * Batches whose payload is compressed. Producers compress, consumers decompress; nodes keep and pass on what they get.
 * A compressed payload unpacks to no more than a frame could carry plain: that bounds what anybody has to hold.
 */
import { viewOf } from "./bytes.ts";
import type { Checksum } from "./crc32.ts";
import {
  at,
  type Compression,
  compressions,
  type FrameHeader,
  frameHeaderBytes,
  headersBytes,
  placeFrame,
  sealHeader,
} from "./frame.ts";
import { frameBytesMax, recordBytesMax } from "./limits.ts";
import { packedRecordsFault } from "./record.ts";
import { varintBytesMax } from "./varint.ts";

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
export function compressFrame(frame: Uint8Array, { codec, codecs, checksum }: FrameCompression): Promise<Uint8Array> {
  return codecs.compress(codec, frame.subarray(headersBytes)).then((payload) => {
    if (headersBytes + payload.length >= frame.length) return frame;
    const compressed = new Uint8Array(headersBytes + payload.length);
    compressed.set(frame.subarray(0, headersBytes));
    compressed.set(payload, headersBytes);
    const view = viewOf(compressed);
    view.setUint32(at.batchBytes, compressed.length - frameHeaderBytes, true);
    view.setUint16(at.attributes, compressions.indexOf(codec), true);
    const payloadChecksum = checksum(payload);
    view.setUint32(at.payloadChecksum, payloadChecksum, true);
    view.setUint32(at.producedChecksum, payloadChecksum, true);
    sealHeader(compressed, view);
    placeFrame(compressed, { baseOffset: 0, durableBefore: 0 });
    return compressed;
  });
}

/** The most bytes that the payload of an honest batch unpacks to. */
function unpackedBytesMax(count: number): number {
  return Math.max(1, Math.min(frameBytesMax - headersBytes, count * (recordBytesMax + varintBytesMax)));
}

/**
 * The packed records of a batch: its payload, decompressed where it is compressed. Resolves with what is wrong when the
 * batch says of itself what is not so: no node looked into it. Call it with a compression that `codecs` has.
 */
export function unpackPayload(codecs: Codecs, header: FrameHeader, payload: Uint8Array): Promise<Uint8Array | string> {
  const { compression, count } = header;
  if (compression === "none") return Promise.resolve(payload);
  return codecs.decompress(compression, payload, unpackedBytesMax(count)).then((unpacked) => {
    if (typeof unpacked === "string") return unpacked;
    // Compaction took records out and left the count: only what is as produced can be judged by it.
    if (header.compacted) return unpacked;
    return packedRecordsFault(unpacked, 0, unpacked.length, count) ?? unpacked;
  });
}
