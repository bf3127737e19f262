/** What is in the bytes of any file of a data directory, one item after another, for people who look into one. */
import {
  type Checksum,
  type FrameHeader,
  frameMagic,
  headersBytes,
  isReproduced,
  readProducerStamp,
  readRecords,
  readUint53,
  scanFrame,
  viewOf,
} from "../base/mod.ts";
import { decodeFloor } from "./floor.ts";
import { decodeFormerWriters } from "./former_writers.ts";
import { decodeJournalHead, journalHeadBytes, scanJournal } from "./journal_format.ts";
import { decodeProducers } from "./producers_file.ts";
import { decodeReproduced } from "./reproduced.ts";
import { decodeCleanStop, decodeWriterFile } from "./root_files.ts";
import { SegmentIndex } from "./segment_index.ts";

/** One thing in a file. */
export interface DumpedItem {
  readonly kind:
    | "frame"
    | "room"
    | "index"
    | "index-below"
    | "index-feed"
    | "journal"
    | "entry"
    | "writer"
    | "former-writer"
    | "clean-stop"
    | "floor"
    | "feed"
    | "producers"
    | "producer"
    | "twins"
    | "reproduced"
    | "damage";
  /** Position in the file. */
  readonly at: number;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** The first four bytes of each kind of file, as text. */
const kinds = new Map([
  ["GVF1", dumpSegment],
  ["GVI1", dumpIndex],
  ["GVI2", dumpIndex],
  ["GVJ1", dumpJournal],
  ["GVW1", dumpWriter],
  ["GVO1", dumpFormerWriters],
  ["GVC1", dumpCleanStop],
  ["GVB1", dumpFloor],
  ["GVP1", dumpProducers],
  ["GVR1", dumpReproduced],
]);

/** Every item of the file; undefined when it is of no known kind. Damage is an item, and ends what can be told. */
export function dumpFile(bytes: Uint8Array, checksum: Checksum): Iterable<DumpedItem> | undefined {
  return kinds.get(String.fromCharCode(...bytes.subarray(0, 4)))?.(bytes, checksum);
}

function* dumpSegment(bytes: Uint8Array, checksum: Checksum): Generator<DumpedItem> {
  for (let at = 0; at < bytes.length; ) {
    const scan = scanFrame(bytes, at, checksum);
    if (scan.type === "frame") {
      const { chain, kind, frameBytes, compacted, ...rest } = scan.header;
      const payload = bytes.subarray(at + headersBytes, at + frameBytes);
      const left = compacted ? recordsLeft(scan.header, payload) : {};
      const producer = producedBy(bytes, at);
      const again: DumpedItem["fields"] = isReproduced(bytes, at) ? { producedAgain: "yes" } : {};
      const fields = { type: kind, bytes: frameBytes, ...rest, ...left, chain: hashText(chain), ...producer, ...again };
      yield { kind: "frame", at, fields };
      at += frameBytes;
      continue;
    }
    if (bytes.subarray(at).every((byte) => byte === 0)) {
      yield { kind: "room", at, fields: { bytes: bytes.length - at } };
      return;
    }
    yield damage(at, scan.type === "bad" ? scan.reason : `the frame goes on beyond the end`);
    const next = nextFrame(bytes, at + 1);
    if (next === undefined) return;
    at = next;
  }
}

function producedBy(bytes: Uint8Array, at: number): Record<string, string | number> {
  const stamp = readProducerStamp(bytes, at);
  if (stamp === undefined) return {};
  return { producer: stamp.producer, producerEpoch: stamp.epoch, producerSequence: stamp.sequence };
}

/** What compaction left of a batch. */
function recordsLeft(header: FrameHeader, payload: Uint8Array): Record<string, string | number> {
  let recordsLeft = 0;
  if (header.compression === "none") readRecords(payload, header, () => recordsLeft++);
  return { compacted: "yes", recordsLeft: header.compression === "none" ? recordsLeft : "compressed" };
}

function* dumpIndex(bytes: Uint8Array, checksum: Checksum): Generator<DumpedItem> {
  const view = viewOf(bytes);
  const segment = { baseOffset: numberAt(view, 8), bytes: numberAt(view, 16), everyBytes: 1 };
  const decoded = SegmentIndex.decode(bytes, segment, checksum);
  if (typeof decoded === "string") return yield damage(0, decoded);
  const { index, below } = decoded;
  const { baseOffset, nextOffset, lamport, timestampMaxMs } = index;
  const fields = { baseOffset, nextOffset, bytes: index.bytes, lamport, timestampMaxMs, feeds: index.feeds.size };
  yield { kind: "index", at: 0, fields };
  for (const [writer, have] of below) yield { kind: "index-below", at: 0, fields: { writer, have } };
  for (const [writer, { first, last, lowest, chain, positions }] of index.feeds) {
    const range = { writer, first, last, lowest, chain: hashText(chain), entries: positions.length };
    yield { kind: "index-feed", at: 0, fields: range };
  }
}

function* dumpJournal(bytes: Uint8Array, checksum: Checksum): Generator<DumpedItem> {
  const head = decodeJournalHead(bytes);
  if (head === undefined) yield damage(0, "neither header is intact");
  else yield { kind: "journal", at: 0, fields: { voidThrough: head.voidThrough } };
  const { entries, corrupt } = scanJournal(bytes, checksum);
  let at = journalHeadBytes;
  for (const { topic, baseOffset, position, batch, durableBefore, entryBytes } of entries) {
    yield { kind: "entry", at, fields: { batch, topic, baseOffset, position, durableBefore, bytes: entryBytes } };
    at += entryBytes;
  }
  if (corrupt !== undefined) yield damage(corrupt.at, corrupt.reason);
}

function* dumpWriter(bytes: Uint8Array, checksum: Checksum): Generator<DumpedItem> {
  const file = decodeWriterFile(bytes, checksum);
  if (file === undefined) yield damage(0, "the checksum does not match");
  else yield { kind: "writer", at: 0, fields: { writer: file.writer, fsync: file.fsync } };
}

function* dumpFormerWriters(bytes: Uint8Array, checksum: Checksum): Generator<DumpedItem> {
  const writers = decodeFormerWriters(bytes, checksum);
  // Nobody writes these two files before there is something to say.
  if (writers.length === 0) yield damage(0, "it is damaged, or tells of none");
  for (const writer of writers) yield { kind: "former-writer", at: 0, fields: { writer } };
}

function* dumpReproduced(bytes: Uint8Array, checksum: Checksum): Generator<DumpedItem> {
  const entries = decodeReproduced(bytes, checksum);
  if (entries.length === 0) yield damage(0, "it is damaged, or tells of none");
  for (const { writer, from, through, producer, isDone } of entries) {
    yield { kind: "reproduced", at: 0, fields: { writer, from, through, producer, done: isDone ? "yes" : "no" } };
  }
}

function* dumpCleanStop(bytes: Uint8Array, checksum: Checksum): Generator<DumpedItem> {
  const ends = decodeCleanStop(bytes, checksum);
  if (ends === undefined) return yield damage(0, "the checksum does not match");
  for (const [topic, end] of ends) {
    yield { kind: "clean-stop", at: 0, fields: { topic, baseOffset: end.baseOffset, bytes: end.bytes } };
  }
}

function* dumpFloor(bytes: Uint8Array, checksum: Checksum): Generator<DumpedItem> {
  try {
    const { offset, lamport, feeds } = decodeFloor(bytes, "floor", checksum);
    yield { kind: "floor", at: 0, fields: { offset, lamport, feeds: feeds.size } };
    for (const [writer, { have, chain }] of feeds) {
      yield { kind: "feed", at: 0, fields: { writer, have, chain: hashText(chain) } };
    }
  } catch (error) {
    yield damage(0, error instanceof Error ? error.message : String(error));
  }
}

function* dumpProducers(bytes: Uint8Array, checksum: Checksum): Generator<DumpedItem> {
  const decoded = decodeProducers(bytes, checksum);
  if (typeof decoded === "string") {
    yield damage(0, decoded);
    return;
  }
  const { producers, nextOffset, end } = decoded;
  const { writer, sequence, chain } = end;
  yield { kind: "producers", at: 0, fields: { nextOffset, writer, sequence, chain: hashText(chain) } };
  for (const [producer, { epoch, held, batches }] of producers) {
    const ranges = held.bounds.map((bound, index) => (index % 2 === 0 ? `${bound}` : `to ${bound}`)).join(" ");
    yield { kind: "producer", at: 0, fields: { producer, epoch, held: ranges, batches: batches.length } };
  }
  for (const group of producers.twins.groups()) {
    const places = group.map(({ writer, baseSequence }) => `${writer}/${baseSequence}`).join(" ");
    yield { kind: "twins", at: 0, fields: { places } };
  }
}

/** Where the next intact frame begins. */
function nextFrame(bytes: Uint8Array, from: number): number | undefined {
  const view = viewOf(bytes);
  for (let at = bytes.indexOf(0x47, from); at >= 0 && at + 4 <= bytes.length; at = bytes.indexOf(0x47, at + 1)) {
    if (view.getUint32(at, true) === frameMagic && scanFrame(bytes, at).type === "frame") return at;
  }
  return undefined;
}

function damage(at: number, reason: string): DumpedItem {
  return { kind: "damage", at, fields: { reason } };
}

function hashText(chain: { readonly high: number; readonly low: number } | undefined): string {
  if (chain === undefined) return "unknown";
  const [high, low] = [chain.high, chain.low].map((half) => half.toString(16).padStart(8, "0"));
  return `${high}${low}`;
}

function numberAt(view: DataView, at: number): number {
  return view.byteLength < at + 8 ? 0 : (readUint53(view, at) ?? 0);
}
