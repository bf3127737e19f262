import { assert, type ChainHash, type Vector, type WriterId } from "../base/mod.ts";
import type { BatchAt } from "./chain_at.ts";
import type { Feed, PlacedFrame } from "./feed.ts";
import { TailMemory } from "./tail_memory.ts";

/** Bytes of newest frames that one topic keeps in memory, with what it takes to know of them. */
const topicBytesMax = 2 * 1_048_576;
/** Bytes of newest frames that all topics keep together. */
const allBytesMax = 64 * 1_048_576;
/** What a runtime takes for a `CachedFrame` and its array, beside the bytes: more than those, where frames are small. */
export const knownBytes = 192;

/** Bounds the caches of all topics together: the topic that was quiet longest gives way first. */
export class TailBudget {
  /** Caches that grew, as a chain (`louder`, `quieter`): it is put in order anew with every commit of every topic. */
  #quietest: TailCache | undefined;
  #loudest: TailCache | undefined;
  #bytes = 0;

  /** Called by a cache that grew by so many bytes. */
  grew(cache: TailCache, bytes: number): void {
    this.#bytes += bytes;
    if (cache !== this.#loudest) this.#moveToEnd(cache);
    while (this.#bytes > allBytesMax && this.#quietest !== undefined) {
      const quiet: TailCache = this.#quietest;
      if (quiet.length > 0) quiet.dropOldest();
      else this.#takeOut(quiet);
    }
  }

  shrank(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Holds on no longer to a cache that is empty: its topic may be gone. */
  emptied(cache: TailCache): void {
    this.#takeOut(cache);
  }

  #moveToEnd(cache: TailCache): void {
    this.#takeOut(cache);
    cache.quieter = this.#loudest;
    if (this.#loudest === undefined) this.#quietest = cache;
    else this.#loudest.louder = cache;
    this.#loudest = cache;
  }

  /** Does nothing with a cache that is not in the chain. */
  #takeOut(cache: TailCache): void {
    const { quieter, louder } = cache;
    if (quieter !== undefined) quieter.louder = louder;
    else if (this.#quietest === cache) this.#quietest = louder;
    if (louder !== undefined) louder.quieter = quieter;
    else if (this.#loudest === cache) this.#loudest = quieter;
    cache.quieter = undefined;
    cache.louder = undefined;
  }
}

interface CachedFrame {
  readonly offset: number;
  readonly writer: WriterId;
  /** Last sequence of the frame. */
  readonly last: number;
  readonly count: number;
  /** The feed's hash after the frame; undefined for a gap. */
  readonly chain: ChainHash | undefined;
  readonly bytes: Uint8Array;
}

/** In the place of a frame that was dropped, until its place is given back, too. */
const dropped: CachedFrame = { offset: 0, writer: "", last: 0, count: 0, chain: undefined, bytes: new Uint8Array(0) };

/** The newest served frames of a topic, so that live readers and pullers do not touch the disk. */
export class TailCache {
  /** Its neighbours in the budget's chain: for the budget alone. */
  quieter: TailCache | undefined;
  louder: TailCache | undefined;
  readonly #budget: TailBudget;
  readonly #feeds: ReadonlyMap<WriterId, Feed>;
  #frames: CachedFrame[] = [];
  /** Frames before this index were dropped. */
  #head = 0;
  #bytes = 0;
  readonly #memory = new TailMemory();

  constructor(budget: TailBudget, feeds: ReadonlyMap<WriterId, Feed>) {
    this.#budget = budget;
    this.#feeds = feeds;
  }

  get length(): number {
    return this.#frames.length - this.#head;
  }

  /** Offset of the oldest frame; Infinity when there is none. */
  get firstOffset(): number {
    return this.#frames[this.#head]?.offset ?? Number.POSITIVE_INFINITY;
  }

  add(frame: PlacedFrame, bytes: Uint8Array): void {
    const { offset, writer, count, chain } = frame;
    const owned = this.#memory.own(bytes, this.#bytes);
    this.#frames.push({ offset, writer, count, chain, last: frame.baseSequence + count - 1, bytes: owned });
    this.#bytes += bytes.length + knownBytes;
    while (this.#bytes > topicBytesMax) this.dropOldest();
    this.#budget.grew(this, bytes.length + knownBytes);
  }

  dropOldest(): void {
    const frame = this.#frames[this.#head];
    assert(frame !== undefined, "only a cache with frames drops one");
    this.#frames[this.#head++] = dropped;
    this.#bytes -= frame.bytes.length + knownBytes;
    this.#budget.shrank(frame.bytes.length + knownBytes);
    const feed = this.#feeds.get(frame.writer);
    if (feed !== undefined) feed.cachedFrom = frame.last + 1;
    if (this.length === 0) this.#memory.release();
    // The places of a dropped half are given back at once, so that dropping stays cheap on average.
    if (2 * this.#head > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    while (this.length > 0) this.dropOldest();
    this.#budget.emptied(this);
  }

  /** Whole frames from the one that holds `offset` on; undefined when that is not here. */
  read(offset: number, bytesMax: number): { parts: Uint8Array[]; nextOffset: number } | undefined {
    if (offset < this.firstOffset) return undefined;
    let low = this.#head;
    let high = this.#frames.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#frames[middle] as CachedFrame).offset <= offset) low = middle + 1;
      else high = middle;
    }
    const parts: Uint8Array[] = [];
    let nextOffset = offset;
    let bytes = 0;
    for (let index = Math.max(this.#head, low - 1); index < this.#frames.length; index++) {
      const frame = this.#frames[index] as CachedFrame;
      if (parts.length > 0 && bytes + frame.bytes.length > bytesMax) break;
      parts.push(frame.bytes);
      bytes += frame.bytes.length;
      nextOffset = frame.offset + frame.count;
    }
    return { parts, nextOffset };
  }

  /** The batch of a feed at a sequence that is not older than the cache; undefined for a gap. Looks from the newest frame backwards. */
  batchAt(writer: WriterId, sequence: number): BatchAt | undefined {
    for (let index = this.#frames.length - 1; index >= this.#head; index--) {
      const frame = this.#frames[index] as CachedFrame;
      if (frame.writer !== writer || frame.last - frame.count >= sequence) continue;
      return frame.chain && { first: frame.last - frame.count + 1, last: frame.last, chain: frame.chain };
    }
    return undefined;
  }

  /**
   * The frames that hold what `have` lacks, given that it lacks so many records and nothing older than the cache. It
   * looks from the newest frame backwards, so that a puller who lacks little costs little.
   */
  readMissing(have: Vector, records: number, bytesMax: number): { parts: Uint8Array[]; complete: boolean } {
    let start = this.#frames.length;
    for (let missing = records; missing > 0; ) {
      assert(start > this.#head, "everything that is missing is in the cache");
      const frame = this.#frames[--start] as CachedFrame;
      missing -= Math.max(0, Math.min(frame.count, frame.last - (have.get(frame.writer) ?? 0)));
    }
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for (let index = start; index < this.#frames.length; index++) {
      const frame = this.#frames[index] as CachedFrame;
      if (frame.last <= (have.get(frame.writer) ?? 0)) continue;
      if (parts.length > 0 && bytes + frame.bytes.length > bytesMax) return { parts, complete: false };
      parts.push(frame.bytes);
      bytes += frame.bytes.length;
    }
    return { parts, complete: true };
  }
}
