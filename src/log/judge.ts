import {
  type Checksum,
  type FrameHeader,
  frameBytesMax,
  frameRecordsMax,
  headersBytes,
  packedRecordsFault,
  producerStampFault,
  recordBytesMax,
  scanFrame,
  VarintReader,
} from "../base/mod.ts";
import { InvalidFrameError, RecordTooLargeError } from "./errors.ts";

/**
 * The header of one blank frame. The limits and the sense of a batch are judged here and nowhere else (rule R1): throws
 * `InvalidFrameError` or `RecordTooLargeError`.
 */
export function judgeBatch(frame: Uint8Array, checksum: Checksum): FrameHeader {
  if (frame.length > frameBytesMax) throw new RecordTooLargeError("batch", frame.length);
  const scan = scanFrame(frame, 0, checksum);
  if (scan.type === "bad") throw new InvalidFrameError(scan.reason);
  if (scan.type === "cut" || scan.header.frameBytes !== frame.length) {
    throw new InvalidFrameError(`the bytes are ${frame.length}, which is not one whole frame`);
  }
  const { header } = scan;
  if (header.kind !== "records") throw new InvalidFrameError(`a ${header.kind} batch carries no records`);
  if (header.compacted || header.payloadChecksum !== header.producedChecksum) {
    throw new InvalidFrameError("the payload is not what was produced");
  }
  if (header.count < 1 || header.count > frameRecordsMax) {
    throw new InvalidFrameError(`it counts ${header.count} records, allowed are 1 to ${frameRecordsMax}`);
  }
  const stampFault = producerStampFault(frame, header.count);
  if (stampFault !== undefined) throw new InvalidFrameError(stampFault);
  if (header.compression !== "none") return header;
  const fault = packedRecordsFault(frame, headersBytes, frame.length, header.count);
  if (fault === undefined) return header;
  const recordBytes = largestRecordBytes(frame);
  throw recordBytes > recordBytesMax ? new RecordTooLargeError("record", recordBytes) : new InvalidFrameError(fault);
}

/** Bytes of the largest packed record, as far as the framing can be followed. */
function largestRecordBytes(frame: Uint8Array): number {
  const reader = new VarintReader(frame, headersBytes, frame.length);
  let largest = 0;
  while (reader.at < frame.length && !reader.failed) {
    const bytes = reader.next();
    if (reader.at + bytes > frame.length) break;
    largest = Math.max(largest, bytes);
    reader.at += bytes;
  }
  return largest;
}
