/** Records into batches: which are too large to travel, and several of them as one batch. */
import {
  type Checksum,
  FrameBuilder,
  packedBytesMax,
  packRecord,
  type RecordInput,
  recordBytesMax,
  timestampFault,
  toBytes,
  varintBytesMax,
} from "../base/mod.ts";
import { ClientError, RecordTooLargeError } from "./errors.ts";

/** A builder whose frame became larger is not kept: neither would its memory be given back. */
const keptFrameBytesMax = 262_144;
/** Empty between two calls of `packOne`; undefined while one is at work, or has failed. */
let keptBuilder: FrameBuilder | undefined;

/** The records as one batch. */
export function packOne(records: readonly RecordInput[], checksum?: Checksum): Uint8Array<ArrayBuffer> {
  if (records.length === 0) throw new ClientError("INVALID_ARGUMENT", "Cannot produce: there is no record");
  const builder = keptBuilder ?? new FrameBuilder();
  keptBuilder = undefined;
  for (const input of records) {
    const { record, fault } = judgeRecord(input);
    if (fault !== undefined) throw fault;
    if (!builder.add(record, Date.now())) {
      const message = `Cannot produce ${records.length} records in one batch: ${builder.count} fit; a producer splits them`;
      throw new ClientError("INVALID_ARGUMENT", message);
    }
  }
  const frame = builder.finish(checksum) as Uint8Array<ArrayBuffer>;
  if (frame.length <= keptFrameBytesMax) keptBuilder = builder;
  return frame;
}

/** The bytes that a record with nothing but a value has around it: flags and a timestamp's difference. */
const surroundingBytesMax = 2 * varintBytesMax + 1;

/**
 * Most records are surely small enough by a glance. One that may be too large is encoded to tell, and then travels
 * first in its batch, where its timestamp takes no room and its encoded size is the one that was told.
 */
export function judgeRecord(record: RecordInput): {
  record: RecordInput;
  fault?: ClientError | RecordTooLargeError;
  alone?: boolean;
} {
  const badTime = record.timestampMs === undefined ? undefined : timestampFault(record.timestampMs);
  if (badTime !== undefined) {
    return {
      record,
      fault: new ClientError("INVALID_ARGUMENT", `Cannot produce record: ${badTime}`, { fate: "unsent" }),
    };
  }
  if (packedBytesMax(record) - surroundingBytesMax < recordBytesMax - 16) return { record };
  const encoded: RecordInput = {
    value: toBytes(record.value),
    key: record.key === undefined ? undefined : toBytes(record.key),
    headers: record.headers?.map(({ name, value }) => ({ name, value: toBytes(value) })),
    timestampMs: record.timestampMs,
  };
  const bytes = bodyBytesOf(encoded);
  if (bytes > recordBytesMax) return { record, fault: new RecordTooLargeError(bytes, recordBytesMax) };
  return { record: encoded, alone: true };
}

/** Encoded bytes without the length that stands before them. */
function bodyBytesOf(record: RecordInput): number {
  const packed = new Uint8Array(packedBytesMax(record));
  const end = packRecord(packed, 0, record, 0);
  let lengthBytes = 1;
  while ((packed[lengthBytes - 1] as number) >= 128) lengthBytes++;
  return end - lengthBytes;
}
