/** The records of a frame, and taking some of them out without moving the others: what compaction does to a batch. */
import { viewOf } from "./bytes.ts";
import type { Checksum } from "./crc32.ts";
import {
  at,
  batchHeaderBytes,
  type Compression,
  compactedBit,
  compressions,
  type FrameHeader,
  headersBytes,
  sealHeader,
} from "./frame.ts";
import { LogRecord, readHole, readPackedRecords, writeHole } from "./record.ts";
import { reproducedBit } from "./reproduced_mark.ts";
import { VarintReader, varintBytesMax } from "./varint.ts";

/**
 * Calls `visit` for each record of a frame whose headers were read. Compressed payloads must be given decompressed.
 * Returns what is wrong, or undefined.
 */
export function readRecords(
  payload: Uint8Array,
  header: FrameHeader,
  visit: (record: LogRecord) => void,
): string | undefined {
  return readPackedRecords(payload, 0, payload.length, (record, index) => {
    visit(
      new LogRecord({
        offset: header.baseOffset + index,
        writer: header.writer,
        sequence: header.baseSequence + index,
        timestampMs: header.baseTimestampMs + record.timestampDeltaMs,
        key: record.key,
        headers: record.headers,
        value: record.value,
      }),
    );
  });
}

/**
 * Packed records without those whose places `isRemoved` names; holes stand for them. Undefined when nothing is removed.
 * The caller has read the records: they are well-formed.
 */
export function withoutRecords(packed: Uint8Array, isRemoved: (index: number) => boolean): Uint8Array | undefined {
  const reader = new VarintReader(packed, 0, packed.length);
  // A hole takes no more than the records that it stands for; only the last one's spare bytes may not be there.
  const into = new Uint8Array(packed.length + 1 + varintBytesMax);
  let length = 0;
  let hole = 0;
  let removedAny = false;
  for (let index = 0; reader.at < packed.length; ) {
    const start = reader.at;
    const bodyBytes = reader.next();
    const before = bodyBytes === 0 ? readHole(reader) : 0;
    reader.at += bodyBytes;
    if (before > 0 || isRemoved(index)) {
      removedAny ||= before === 0;
      hole += Math.max(1, before);
    } else {
      if (hole > 0) length = writeHole(into, length, hole);
      hole = 0;
      into.set(packed.subarray(start, reader.at), length);
      length += reader.at - start;
    }
    index += Math.max(1, before);
  }
  if (!removedAny) return undefined;
  if (hole > 0) length = writeHole(into, length, hole);
  return into.slice(0, length);
}

/** The same batch with another payload, from which compaction took records. What the chain hash covers stays. */
export function compactedFrame(
  frame: Uint8Array,
  payload: Uint8Array,
  { compression, checksum }: { readonly compression: Compression; readonly checksum: Checksum },
): Uint8Array {
  const compacted = new Uint8Array(headersBytes + payload.length);
  compacted.set(frame.subarray(0, headersBytes));
  compacted.set(payload, headersBytes);
  const view = viewOf(compacted);
  view.setUint32(at.batchBytes, batchHeaderBytes + payload.length, true);
  const kept = view.getUint16(at.attributes, true) & reproducedBit;
  view.setUint16(at.attributes, compressions.indexOf(compression) | compactedBit | kept, true);
  view.setUint32(at.payloadChecksum, checksum(payload), true);
  sealHeader(compacted, view);
  return compacted;
}
