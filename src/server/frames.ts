/** What the server looks at in stored frames: their headers, and single records only for callers that want them so. */
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type Codecs,
  concat,
  type FrameHeader,
  headersBytes,
  LogRecord,
  readHole,
  readPackedRecords,
  scanFrame,
  unpackPayload,
  VarintReader,
  type WriterId,
} from "../base/mod.ts";

/** A frame within the bytes of a chunk. */
export interface FrameSpan {
  readonly header: FrameHeader;
  /** The whole frame. */
  readonly bytes: Uint8Array;
  /** True when it stands nowhere in the log: its offset means nothing. */
  readonly isElsewhere?: boolean;
}

/** The frames of a chunk that the log gave. */
export function framesOf(chunk: Uint8Array): FrameSpan[] {
  const spans: FrameSpan[] = [];
  for (let at = 0; at < chunk.length; ) {
    const scan = scanFrame(chunk, at);
    if (scan.type !== "frame") {
      const why = scan.type === "bad" ? scan.reason : "a frame is cut off";
      throw new ConnectError(`Cannot read what the log stored: ${why}`, Code.DataLoss);
    }
    const end = at + scan.header.frameBytes;
    spans.push({ header: scan.header, bytes: chunk.subarray(at, end) });
    at = end;
  }
  return spans;
}

/** The frames of arrays that are known by now. */
const spansOfShared = new WeakMap<Uint8Array, readonly FrameSpan[]>();

/** The same of an array that many readers are given: looked at once for all of them. */
export function sharedFramesOf(chunk: Uint8Array): readonly FrameSpan[] {
  const known = spansOfShared.get(chunk);
  if (known !== undefined) return known;
  const spans = framesOf(chunk);
  spansOfShared.set(chunk, spans);
  return spans;
}

/** The bytes of frames that follow one another: mostly they lie so in one chunk, and are not copied. */
export function joined(spans: readonly FrameSpan[]): Uint8Array {
  const first = spans[0];
  if (first === undefined) return new Uint8Array(0);
  const { buffer, byteOffset } = first.bytes;
  let end = byteOffset;
  for (const { bytes } of spans) {
    if (bytes.buffer !== buffer || bytes.byteOffset !== end) return concat(spans.map((span) => span.bytes));
    end += bytes.length;
  }
  return new Uint8Array(buffer, byteOffset, end - byteOffset);
}

/** The sequence of a frame's last record. */
export function lastSequence(header: FrameHeader): number {
  return header.baseSequence + header.count - 1;
}

/** Moves a vector on to the end of a frame. Overlaps and repetitions leave it as it is. */
export function advance(vector: Map<WriterId, number>, header: FrameHeader): void {
  vector.set(header.writer, Math.max(vector.get(header.writer) ?? 0, lastSequence(header)));
}

/**
 * The packed records of a frame for a caller that wants single ones: decompressed here, because that caller cannot. What
 * it takes is bounded by what a frame could carry plain.
 */
export async function packedRecordsOf(
  span: FrameSpan,
  { topic, codecs }: { readonly topic: string; readonly codecs: Codecs | undefined },
): Promise<Uint8Array> {
  const { header, bytes } = span;
  const payload = bytes.subarray(headersBytes);
  if (header.compression === "none" || header.kind === "gap") return payload;
  const batch = `the batch at offset ${header.baseOffset} of topic ${JSON.stringify(topic)}`;
  if (codecs === undefined || !codecs.names.includes(header.compression)) {
    const has = codecs === undefined ? "nothing to read it" : codecs.names.join(" and ");
    throw new ConnectError(
      `Cannot send single records of ${batch}: it is compressed with ${header.compression}, this node has ${has}; consume with packed = true`,
      Code.FailedPrecondition,
    );
  }
  const unpacked = await unpackPayload(codecs, header, payload);
  if (typeof unpacked !== "string") return unpacked;
  const next = header.baseOffset + header.count;
  throw new ConnectError(
    `Cannot read ${batch}: ${unpacked}; consuming from offset ${next} passes it over`,
    Code.DataLoss,
  );
}

/** Records that are decoded at a time: a batch of a million small ones would fill the memory. */
const recordsAtOnce = 256;

/** The records of a frame, a few at a time. */
export function* recordsOf(header: FrameHeader, bytes: Uint8Array): Generator<LogRecord> {
  if (header.kind === "gap") return;
  let first = 0;
  for (let at = 0; at < bytes.length; ) {
    const run = nextRun(bytes, at);
    const records: LogRecord[] = [];
    const fault = readPackedRecords(bytes, at, run.end, (record, index) => {
      records.push(
        new LogRecord({
          ...record,
          offset: header.baseOffset + first + index,
          writer: header.writer,
          sequence: header.baseSequence + first + index,
          timestampMs: header.baseTimestampMs + record.timestampDeltaMs,
        }),
      );
    });
    if (fault !== undefined) throw new ConnectError(`Cannot read what the log stored: ${fault}`, Code.DataLoss);
    yield* records;
    at = run.end;
    first += run.places;
  }
}

/** Where the next few packed records end, and how many places they take: those of removed records count. */
function nextRun(bytes: Uint8Array, start: number): { readonly end: number; readonly places: number } {
  const reader = new VarintReader(bytes, start, bytes.length);
  let places = 0;
  for (let count = 0; count < recordsAtOnce && reader.at < bytes.length; count++) {
    const bodyBytes = reader.next();
    const removed = bodyBytes === 0 ? readHole(reader) : 0;
    // A length that leads nowhere is told by whoever reads the records.
    if (reader.failed || reader.at + bodyBytes > bytes.length) return { end: bytes.length, places };
    reader.at += bodyBytes;
    places += Math.max(1, removed);
  }
  return { end: reader.at, places };
}
