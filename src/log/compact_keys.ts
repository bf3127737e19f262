/** What compaction has to remember while it reads a topic: the latest record of each key, and which records lost. */
import { crc32, type WriterId } from "../base/mod.ts";

/** Where a record stands among all records of its key, on every node alike (rule R7). */
export interface Order {
  /** What counts before rule R7: 0 but in topics whose records have an order of their own. */
  readonly rank: number;
  readonly lamport: number;
  readonly writer: WriterId;
  readonly sequence: number;
}

/** The same, and where it stands here. */
export interface KeyedPlace extends Order {
  readonly offset: number;
  readonly isTombstone: boolean;
}

/** The latest record of a key. */
export interface Latest {
  place: KeyedPlace;
  /** No other record of the key was met. */
  isAlone: boolean;
}

/** Keys of one part: those whose hash ends in the bits of `part`, below `parts`, a power of two. */
export interface KeyRange {
  readonly part: number;
  readonly parts: number;
}

export const allKeys: KeyRange = { part: 0, parts: 1 };
/** More parts than this are not made: keys that still find no room are left as they are. */
const partsMax = 65_536;
/** What an entry takes beside the bytes of its key, about. */
const entryBytes = 200;
/** Keys are made texts so many bytes at a time: a call takes only so many arguments. */
const textBytesMax = 4_096;

/** The latest record of each key of one range, within so many bytes of memory: the range shrinks where they do not do. */
export class LatestByKey {
  readonly #bytesMax: number;
  readonly #latest = new Map<string, { readonly hash: number; readonly latest: Latest }>();
  #bytes = 0;
  #range: KeyRange;
  /** Ranges that were given up for want of room: each needs a pass of its own. */
  readonly left: KeyRange[] = [];

  constructor(range: KeyRange, bytesMax: number) {
    this.#range = range;
    this.#bytesMax = bytesMax;
  }

  /** Takes note of a record. Returns the offset of the record that is not the latest of its key, if there is one. */
  meet(key: Uint8Array, place: KeyedPlace): number | undefined {
    const hash = crc32(key);
    if (!this.#isInRange(hash)) return undefined;
    const name = nameOf(key);
    const known = this.#latest.get(name)?.latest;
    if (known === undefined) {
      this.#take(name, hash, place);
      return undefined;
    }
    known.isAlone = false;
    if (!isLater(place, known.place)) return place.offset;
    const lost = known.place.offset;
    known.place = place;
    return lost;
  }

  /** Takes note of a record that can neither remove another one nor be removed. */
  pass(key: Uint8Array): void {
    if (!this.#isInRange(crc32(key))) return;
    const known = this.#latest.get(nameOf(key))?.latest;
    if (known !== undefined) known.isAlone = false;
  }

  *[Symbol.iterator](): Generator<Latest> {
    for (const { latest } of this.#latest.values()) yield latest;
  }

  #isInRange(hash: number): boolean {
    return (hash & (this.#range.parts - 1)) === this.#range.part;
  }

  #take(name: string, hash: number, place: KeyedPlace): void {
    const bytes = name.length + entryBytes;
    while (this.#bytes + bytes > this.#bytesMax && this.#range.parts < partsMax) this.#halve();
    if (!this.#isInRange(hash) || this.#bytes + bytes > this.#bytesMax) return;
    this.#bytes += bytes;
    this.#latest.set(name, { hash, latest: { place, isAlone: true } });
  }

  #halve(): void {
    const { part, parts } = this.#range;
    this.#range = { part, parts: 2 * parts };
    this.left.push({ part: part + parts, parts: 2 * parts });
    for (const [name, { hash }] of this.#latest) {
      if (this.#isInRange(hash)) continue;
      this.#latest.delete(name);
      this.#bytes -= name.length + entryBytes;
    }
  }
}

/** Rule R7. Writers have one length, so that texts compare as numbers would. */
export function isLater(left: Order, right: Order): boolean {
  if (left.rank !== right.rank) return left.rank > right.rank;
  if (left.lamport !== right.lamport) return left.lamport > right.lamport;
  if (left.writer !== right.writer) return left.writer > right.writer;
  return left.sequence > right.sequence;
}

/** A text for the bytes of a key, another one for other bytes: they need not be UTF-8. */
export function nameOf(key: Uint8Array): string {
  if (key.length <= textBytesMax) return String.fromCharCode(...key);
  let name = "";
  for (let at = 0; at < key.length; at += textBytesMax) {
    name += String.fromCharCode(...key.subarray(at, at + textBytesMax));
  }
  return name;
}

const chunkBytes = 4_096;
const chunkOffsets = 8 * chunkBytes;

/** Offsets of records that are to go, a bit for each where there are any, within so many bytes of memory. */
export class OffsetSet {
  readonly #chunks = new Map<number, Uint8Array>();
  readonly #chunksMax: number;
  size = 0;

  constructor(bytesMax: number) {
    this.#chunksMax = Math.max(1, Math.floor(bytesMax / chunkBytes));
  }

  /** Where there is no room, nothing is noted: the record stays until another time. */
  add(offset: number): void {
    const number = Math.floor(offset / chunkOffsets);
    let chunk = this.#chunks.get(number);
    if (chunk === undefined) {
      if (this.#chunks.size >= this.#chunksMax) return;
      chunk = new Uint8Array(chunkBytes);
      this.#chunks.set(number, chunk);
    }
    const within = offset % chunkOffsets;
    const bit = 1 << (within & 7);
    if (((chunk[within >>> 3] as number) & bit) !== 0) return;
    chunk[within >>> 3] = (chunk[within >>> 3] as number) | bit;
    this.size++;
  }

  has(offset: number): boolean {
    const chunk = this.#chunks.get(Math.floor(offset / chunkOffsets));
    const within = offset % chunkOffsets;
    return chunk !== undefined && ((chunk[within >>> 3] as number) & (1 << (within & 7))) !== 0;
  }

  /** True when any from `first` up to, not including, `next` is there. */
  hasAny(first: number, next: number): boolean {
    for (const number of this.#chunks.keys()) {
      const start = number * chunkOffsets;
      const end = Math.min(next, start + chunkOffsets);
      for (let offset = Math.max(first, start); offset < end; offset++) if (this.has(offset)) return true;
    }
    return false;
  }
}
