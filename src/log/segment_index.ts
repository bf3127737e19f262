import {
  type ChainHash,
  type Checksum,
  concat,
  fromHex,
  readUint53,
  toHex,
  type Vector,
  vectorWritersMax,
  viewOf,
  type WriterId,
  writeUint53,
} from "../base/mod.ts";
import type { PlacedFrame } from "./feed.ts";
import { Numbers } from "./numbers.ts";

/** One feed within one segment. */
export interface FeedRange {
  /** First and last sequence that the segment holds or declares gone. */
  readonly first: number;
  last: number;
  /** Lowest sequence whose record is here; 0 while there are only gaps. */
  lowest: number;
  chain: ChainHash | undefined;
  /** Of its first frame behind each checkpoint: the sequence at which that begins, and where it is in the file. */
  readonly sequences: Numbers;
  readonly positions: Numbers;
}

/** First four bytes of an index file: "GVI2". */
const indexMagic = 0x32495647;
/** The same of the version before, which had neither checkpoints nor what stands below the segment. */
const olderMagic = 0x31495647;
const headBytes = 72;
const belowBytes = 16;
const entryBytes = 24;
const checkpointBytes = 8;
const feedBytes = 48;
const feedEntryBytes = 16;

/**
 * Bytes of the segment between two checkpoints for each entry that the first of them took: where thousands write to one
 * topic, entries of feeds take a hundredth of what they tell of.
 */
const bytesPerFeedEntry = 100 * feedEntryBytes;

/**
 * Where frames are in a segment: an entry every so many bytes, by offset and time. Some of these are checkpoints, behind
 * each of which every feed has an entry for its first frame: so what stands below a checkpoint is known of all feeds, and
 * what a feed has between two checkpoints lies behind its entry. It can always be made again from the segment, so its file
 * is never synced and never trusted beyond its checksum.
 */
export class SegmentIndex {
  readonly baseOffset: number;
  /** Bytes of the segment that the index covers. */
  bytes = 0;
  nextOffset: number;
  lamport = 0;
  /** Greatest timestamp of any record in the segment. */
  timestampMaxMs = 0;
  /** Batches that say who produced them. */
  stamped = 0;
  readonly feeds: Map<WriterId, FeedRange> = new Map();
  /** The one that grew last, and its writer: it is mostly the next one, too. */
  #lastFeed: FeedRange | undefined;
  #lastWriter: WriterId | undefined;
  readonly #everyBytes: number;
  readonly #offsets = new Numbers();
  readonly #positions = new Numbers();
  /** Greatest timestamp of any record before the entry: never falls. */
  readonly #timestamps = new Numbers();
  /** Positions of those entries that are checkpoints. */
  readonly #checkpoints = new Numbers();
  /** The last of them. */
  #checkpoint = 0;
  /** Entries of feeds behind it. */
  #feedEntries = 0;

  constructor(baseOffset: number, everyBytes: number) {
    this.baseOffset = baseOffset;
    this.nextOffset = baseOffset;
    this.#everyBytes = everyBytes;
  }

  /** Takes note of the frame that follows what is covered. */
  add(frame: PlacedFrame): void {
    if (this.#isDue(frame.position)) this.#enter(frame);
    this.#addToFeed(frame);
    this.bytes = frame.position + frame.frameBytes;
    this.nextOffset = frame.offset + frame.count;
    this.lamport = Math.max(this.lamport, frame.lamport);
    this.timestampMaxMs = Math.max(this.timestampMaxMs, frame.timestampMaxMs);
    if (frame.stamp !== undefined) this.stamped++;
  }

  /** A position at or before the frame that holds `offset`. */
  positionOf(offset: number): number {
    const entry = this.#offsets.lastAtMost(offset);
    return entry < 0 ? 0 : this.#positions.at(entry);
  }

  /** The last entry at or before this position: where a frame begins, and its offset. */
  entryBefore(position: number): { readonly position: number; readonly offset: number } {
    const entry = this.#positions.lastAtMost(position);
    if (entry < 0) return { position: 0, offset: this.baseOffset };
    return { position: this.#positions.at(entry), offset: this.#offsets.at(entry) };
  }

  /** The position of the first entry after this position; the end of what is covered when there is none. */
  entryAfter(position: number): number {
    const entry = this.#positions.lastAtMost(position) + 1;
    return entry < this.#positions.length ? this.#positions.at(entry) : this.bytes;
  }

  /** A position at or before the frame that holds this sequence; undefined when the segment has nothing from it on. */
  positionOfSequence(writer: WriterId, sequence: number): number | undefined {
    const feed = this.feeds.get(writer);
    if (feed === undefined || feed.last < sequence) return undefined;
    return feed.positions.at(Math.max(0, feed.sequences.lastAtMost(sequence)));
  }

  /**
   * The position of the last checkpoint at or before the frame that holds `offset`. Moves a vector of what stands below the
   * segment on to it.
   */
  checkpointBefore(offset: number, vector: Map<WriterId, number>): number {
    const entry = this.#checkpoints.lastAtMost(this.positionOf(offset));
    if (entry <= 0) return 0;
    const checkpoint = this.#checkpoints.at(entry);
    for (const [writer, feed] of this.feeds) {
      const behind = feed.positions.lastAtMost(checkpoint - 1) + 1;
      const next = behind < feed.positions.length ? feed.sequences.at(behind) : feed.last + 1;
      if (next > feed.first) vector.set(writer, next - 1);
    }
    return checkpoint;
  }

  /** A position at or before the first frame with a record at or after the time. */
  positionOfTime(timestampMs: number): number {
    const entry = this.#timestamps.lastAtMost(timestampMs - 1);
    return entry < 0 ? 0 : this.#positions.at(entry);
  }

  /**
   * Frames between two places where frames begin, or the segment ends, are to stand in another order: from now on all of them
   * are known to be somewhere behind the first place, which is so before and after.
   */
  blur(from: number, to: number): void {
    const first = this.#positions.lastAtMost(from) + 1;
    const end = this.#positions.lastAtMost(to - 1) + 1;
    for (const column of [this.#offsets, this.#positions, this.#timestamps]) column.remove(first, end);
    this.#checkpoints.remove(this.#checkpoints.lastAtMost(from) + 1, this.#checkpoints.lastAtMost(to - 1) + 1);
    for (const { positions } of this.feeds.values()) {
      const behind = positions.lastAtMost(to - 1);
      for (let entry = positions.lastAtMost(from) + 1; entry <= behind; entry++) positions.set(entry, from);
    }
  }

  #isDue(position: number): boolean {
    const { length } = this.#positions;
    return length === 0 || position - this.#positions.at(length - 1) >= this.#everyBytes;
  }

  #enter({ offset, position }: PlacedFrame): void {
    this.#offsets.push(offset);
    this.#positions.push(position);
    this.#timestamps.push(this.timestampMaxMs);
    const isCheckpoint = position === 0 || position - this.#checkpoint >= bytesPerFeedEntry * this.#feedEntries;
    if (!isCheckpoint) return;
    this.#checkpoints.push(position);
    this.#checkpoint = position;
    this.#feedEntries = 0;
  }

  #addToFeed(frame: PlacedFrame): void {
    let feed = this.#lastWriter === frame.writer ? this.#lastFeed : this.feeds.get(frame.writer);
    if (feed === undefined) {
      const first = frame.baseSequence;
      feed = { first, last: 0, lowest: 0, chain: undefined, sequences: new Numbers(), positions: new Numbers() };
      this.feeds.set(frame.writer, feed);
    }
    this.#lastFeed = feed;
    this.#lastWriter = frame.writer;
    const { positions } = feed;
    if (positions.length === 0 || positions.at(positions.length - 1) < this.#checkpoint) {
      feed.sequences.push(frame.baseSequence);
      positions.push(frame.position);
      this.#feedEntries++;
    }
    feed.last = frame.baseSequence + frame.count - 1;
    feed.chain = frame.chain;
    if (feed.lowest === 0 && !frame.gap) feed.lowest = frame.baseSequence;
  }

  /** The bytes of the index file (`docs/format.md`). `below` is what stands below the segment. */
  encode(below: Vector, checksum: Checksum): Uint8Array {
    const head = new Uint8Array(headBytes);
    const view = viewOf(head);
    view.setUint32(0, indexMagic, true);
    writeUint53(view, 8, this.baseOffset);
    writeUint53(view, 16, this.bytes);
    writeUint53(view, 24, this.nextOffset);
    writeUint53(view, 32, this.lamport);
    writeUint53(view, 40, this.timestampMaxMs);
    view.setUint32(48, this.#offsets.length, true);
    view.setUint32(52, this.feeds.size, true);
    view.setUint32(60, this.#checkpoints.length, true);
    view.setUint32(64, below.size, true);
    view.setUint32(56, this.stamped, true);
    const parts = [head, encodeBelow(below), encodeColumns([this.#offsets, this.#positions, this.#timestamps])];
    parts.push(encodeColumns([this.#checkpoints]));
    for (const [writer, feed] of this.feeds) {
      parts.push(encodeFeed(writer, feed), encodeColumns([feed.sequences, feed.positions]));
    }
    const bytes = concat(parts);
    viewOf(bytes).setUint32(4, checksum(bytes.subarray(8)), true);
    return bytes;
  }

  /** Reads an index file; a text says why it cannot be one of this segment. */
  static decode(bytes: Uint8Array, segment: IndexedSegment, checksum: Checksum): IndexFile | string {
    if (bytes.length < headBytes) return `${bytes.length} bytes are no index`;
    const view = viewOf(bytes);
    if (view.getUint32(0, true) === olderMagic) return "it is of an older version";
    if (view.getUint32(0, true) !== indexMagic) return "no index begins here";
    if (view.getUint32(4, true) !== checksum(bytes.subarray(8))) return "the checksum does not match";
    if (readUint53(view, 8) !== segment.baseOffset) return "it belongs to another segment";
    if (readUint53(view, 16) !== segment.bytes) return `it covers ${readUint53(view, 16)} of ${segment.bytes} bytes`;
    const index = new SegmentIndex(segment.baseOffset, segment.everyBytes);
    index.bytes = segment.bytes;
    index.nextOffset = readUint53(view, 24) ?? 0;
    index.lamport = readUint53(view, 32) ?? 0;
    index.timestampMaxMs = readUint53(view, 40) ?? 0;
    index.stamped = view.getUint32(56, true);
    const entries = view.getUint32(48, true);
    const checkpoints = view.getUint32(60, true);
    const entriesAt = headBytes + belowBytes * view.getUint32(64, true);
    const checkpointsAt = entriesAt + entryBytes * entries;
    const feedsAt = checkpointsAt + checkpointBytes * checkpoints;
    if (feedsAt > bytes.length) return "it is cut off";
    decodeColumns(view, entriesAt, entries, [index.#offsets, index.#positions, index.#timestamps]);
    decodeColumns(view, checkpointsAt, checkpoints, [index.#checkpoints]);
    const fault = decodeFeeds(bytes, feedsAt, view.getUint32(52, true), index.feeds);
    return fault ?? { index, below: decodeBelow(bytes.subarray(headBytes, entriesAt)) };
  }
}

/** What an index file holds. */
export interface IndexFile {
  readonly index: SegmentIndex;
  /** What stands below the segment. */
  readonly below: Vector;
}

/** What an index must belong to. */
export interface IndexedSegment {
  readonly baseOffset: number;
  readonly bytes: number;
  readonly everyBytes: number;
}

function encodeBelow(below: Vector): Uint8Array {
  const bytes = new Uint8Array(belowBytes * below.size);
  const view = viewOf(bytes);
  let at = 0;
  for (const [writer, sequence] of below) {
    bytes.set(fromHex(writer) as Uint8Array, at);
    writeUint53(view, at + 8, sequence);
    at += belowBytes;
  }
  return bytes;
}

function decodeBelow(bytes: Uint8Array): Vector {
  const view = viewOf(bytes);
  const below = new Map<WriterId, number>();
  for (let at = 0; at < bytes.length; at += belowBytes) {
    below.set(toHex(bytes.subarray(at, at + 8)), readUint53(view, at + 8) ?? 0);
  }
  return below;
}

function encodeColumns(columns: readonly Numbers[]): Uint8Array {
  const rows = columns[0]?.length ?? 0;
  const bytes = new Uint8Array(8 * rows * columns.length);
  const view = viewOf(bytes);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const column of columns) {
      writeUint53(view, at, column.at(row));
      at += 8;
    }
  }
  return bytes;
}

function decodeColumns(view: DataView, start: number, rows: number, columns: readonly Numbers[]): void {
  let at = start;
  for (let row = 0; row < rows; row++) {
    for (const column of columns) {
      column.push(readUint53(view, at) ?? 0);
      at += 8;
    }
  }
}

function encodeFeed(writer: WriterId, feed: FeedRange): Uint8Array {
  const bytes = new Uint8Array(feedBytes);
  const view = viewOf(bytes);
  bytes.set(fromHex(writer) as Uint8Array);
  writeUint53(view, 8, feed.first);
  writeUint53(view, 16, feed.last);
  writeUint53(view, 24, feed.lowest);
  view.setUint32(32, feed.chain?.low ?? 0, true);
  view.setUint32(36, feed.chain?.high ?? 0, true);
  view.setUint32(40, feed.chain === undefined ? 0 : 1, true);
  view.setUint32(44, feed.sequences.length, true);
  return bytes;
}

function decodeFeeds(
  bytes: Uint8Array,
  start: number,
  count: number,
  into: Map<WriterId, FeedRange>,
): string | undefined {
  if (count > vectorWritersMax) return `it names ${count} feeds, allowed are ${vectorWritersMax}`;
  const view = viewOf(bytes);
  let at = start;
  for (let index = 0; index < count; index++) {
    if (at + feedBytes > bytes.length) return "it is cut off";
    const entries = view.getUint32(at + 44, true);
    const end = at + feedBytes + entries * feedEntryBytes;
    if (end > bytes.length || entries === 0) return "it is cut off";
    const known = view.getUint32(at + 40, true) === 1;
    const feed: FeedRange = {
      first: readUint53(view, at + 8) ?? 0,
      last: readUint53(view, at + 16) ?? 0,
      lowest: readUint53(view, at + 24) ?? 0,
      chain: known ? { low: view.getUint32(at + 32, true), high: view.getUint32(at + 36, true) } : undefined,
      sequences: new Numbers(entries),
      positions: new Numbers(entries),
    };
    decodeColumns(view, at + feedBytes, entries, [feed.sequences, feed.positions]);
    into.set(toHex(bytes.subarray(at, at + 8)), feed);
    at = end;
  }
  return at === bytes.length ? undefined : "something follows its end";
}
