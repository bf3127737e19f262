/**
 * What is known of a topic's producers, as a file beside the segment that was the last one then (`docs/format.md`). It can
 * always be made again from the log, as far as that reaches back: so it is never synced, and never trusted beyond its
 * checksum.
 */
import {
  type ChainHash,
  type Checksum,
  fromHex,
  readUint53,
  toHex,
  VarintReader,
  varintBytesMax,
  viewOf,
  type WriterId,
  writeUint53,
  writeVarint,
} from "../base/mod.ts";
import { Producers, producerBatchesMax, producersMax } from "./producers.ts";
import { type BatchPlace, RecentBatches } from "./recent_batches.ts";
import { SequenceSet, sequenceRangesMax } from "./sequence_set.ts";
import { twinPlacesMax } from "./twins.ts";

/** First four bytes of the file: "GVP1". */
const producersMagic = 0x31505647;
const formatVersion = 1;
const headBytes = 64;
const idBytes = 8;

/** What the file was made of. */
export interface ProducersAt {
  readonly producers: Producers;
  /** Everything below this offset is in it. */
  readonly nextOffset: number;
  /** Where one feed ended then, by which the history is known. */
  readonly end: { readonly writer: WriterId; readonly sequence: number; readonly chain: ChainHash };
}

/** Bytes that grow. */
class Writing {
  bytes = new Uint8Array(4_096);
  at = headBytes;

  number(value: number): void {
    this.#reserve(varintBytesMax);
    this.at = writeVarint(this.bytes, this.at, value);
  }

  id(text: string): void {
    this.#reserve(idBytes);
    this.bytes.set(fromHex(text) as Uint8Array, this.at);
    this.at += idBytes;
  }

  #reserve(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const grown = new Uint8Array(2 * this.bytes.length);
    grown.set(this.bytes);
    this.bytes = grown;
  }
}

export function encodeProducers({ producers, nextOffset, end }: ProducersAt, checksum: Checksum): Uint8Array {
  const into = new Writing();
  const writers = new WriterNumbers();
  for (const [id, { epoch, held, batches }] of producers) {
    into.id(id);
    into.number(epoch);
    into.number(held.bounds.length / 2);
    for (const bound of held.bounds) into.number(bound);
    into.number(batches.length);
    for (const [identity, place] of batches) {
      into.number(identity.epoch);
      into.number(identity.sequence);
      writePlace(into, writers, place);
    }
  }
  const groups = [...producers.twins.groups()];
  into.number(groups.length);
  for (const group of groups) {
    into.number(group.length);
    for (const place of group) writePlace(into, writers, place);
  }
  const writersAt = into.at;
  for (const writer of writers.numbers.keys()) into.id(writer);
  const bytes = into.bytes.subarray(0, into.at);
  const view = viewOf(bytes);
  view.setUint32(0, producersMagic, true);
  view.setUint16(8, formatVersion, true);
  view.setUint32(12, producers.size, true);
  writeUint53(view, 16, nextOffset);
  bytes.set(fromHex(end.writer) as Uint8Array, 24);
  writeUint53(view, 32, end.sequence);
  view.setUint32(40, end.chain.low, true);
  view.setUint32(44, end.chain.high, true);
  writeUint53(view, 48, writersAt);
  view.setUint32(56, writers.numbers.size, true);
  view.setUint32(4, checksum(bytes.subarray(8)), true);
  return bytes;
}

/** Writers get numbers, in the order in which they are met. */
class WriterNumbers {
  readonly numbers = new Map<WriterId, number>();

  of(writer: WriterId): number {
    let number = this.numbers.get(writer);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(writer, number);
    }
    return number;
  }
}

function writePlace(into: Writing, writers: WriterNumbers, place: BatchPlace): void {
  into.number(writers.of(place.writer));
  into.number(place.baseSequence);
  into.number(place.offset);
  into.number(place.count);
}

/** Reads the file; a text says why it cannot be one. */
export function decodeProducers(bytes: Uint8Array, checksum: Checksum): ProducersAt | string {
  if (bytes.length < headBytes) return `${bytes.length} bytes are too few`;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== producersMagic) return "it begins otherwise";
  if (view.getUint32(4, true) !== checksum(bytes.subarray(8))) return "the checksum does not match";
  if (view.getUint16(8, true) !== formatVersion) return `format version ${view.getUint16(8, true)} is unknown`;
  const writersAt = readUint53(view, 48) ?? 0;
  const writersCount = view.getUint32(56, true);
  if (writersAt < headBytes || writersAt + idBytes * writersCount !== bytes.length) return "it is cut off";
  const writers: WriterId[] = [];
  for (let at = writersAt; at < bytes.length; at += idBytes) writers.push(toHex(bytes.subarray(at, at + idBytes)));
  const producers = new Producers();
  const reading = new Reading(bytes, writersAt, writers);
  const count = view.getUint32(12, true);
  if (count > producersMax) return `it names ${count} producers, allowed are ${producersMax}`;
  for (let index = 0; index < count && !reading.failed; index++) readProducer(reading, producers);
  readTwins(reading, producers);
  if (!reading.isDone) return "its parts do not fit";
  const chain = { low: view.getUint32(40, true), high: view.getUint32(44, true) };
  const end = { writer: toHex(bytes.subarray(24, 32)), sequence: readUint53(view, 32) ?? 0, chain };
  return { producers, nextOffset: readUint53(view, 16) ?? 0, end };
}

/** Reads numbers and ids in turn. What goes beyond the end, or beyond a bound, sets `failed`. */
class Reading {
  failed = false;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #reader: VarintReader;
  readonly #writers: readonly WriterId[];

  constructor(bytes: Uint8Array, end: number, writers: readonly WriterId[]) {
    this.#bytes = bytes;
    this.#end = end;
    this.#reader = new VarintReader(bytes, headBytes, end);
    this.#writers = writers;
  }

  get isDone(): boolean {
    return !this.failed && this.#reader.at === this.#end;
  }

  number(max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#reader.next();
    if (this.#reader.failed || value > max) this.failed = true;
    return this.failed ? 0 : value;
  }

  id(): string {
    const { at } = this.#reader;
    if (at + idBytes > this.#end) this.failed = true;
    else this.#reader.at += idBytes;
    return toHex(this.#bytes.subarray(at, at + idBytes));
  }

  place(): BatchPlace {
    const writer = this.#writers[this.number()];
    if (writer === undefined) this.failed = true;
    return { writer: writer ?? "", baseSequence: this.number(), offset: this.number(), count: this.number() };
  }
}

function readProducer(reading: Reading, producers: Producers): void {
  const id = reading.id();
  const epoch = reading.number();
  const held = new SequenceSet();
  for (let ranges = reading.number(sequenceRangesMax); ranges > 0; ranges--) {
    const first = reading.number();
    held.add(first, reading.number());
  }
  const batches = new RecentBatches();
  for (let left = reading.number(producerBatchesMax); left > 0 && !reading.failed; left--) {
    const identity = { epoch: reading.number(), sequence: reading.number() };
    const place = reading.place();
    batches.push({ ...identity, count: place.count }, place, producerBatchesMax);
  }
  if (!reading.failed) producers.restore(id, { epoch, held, batches });
}

function readTwins(reading: Reading, producers: Producers): void {
  for (let groups = reading.number(twinPlacesMax); groups > 0 && !reading.failed; groups--) {
    let first: BatchPlace | undefined;
    for (let places = reading.number(twinPlacesMax); places > 0 && !reading.failed; places--) {
      const place = reading.place();
      if (first !== undefined && !reading.failed) producers.twins.add(first, place);
      first ??= place;
    }
  }
}
