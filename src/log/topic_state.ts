import {
  assert,
  type Codecs,
  chainStart,
  isInternalTopic,
  type TopicGeneration,
  toBytes,
  topicKey,
  type Vector,
  type WriterId,
} from "../base/mod.ts";
import type { Directory } from "./directory.ts";
import type { TopicDeletedError } from "./errors.ts";
import type { LogEvent } from "./events.ts";
import { type Feed, type FeedEnd, feedStart, type PlacedFrame } from "./feed.ts";
import type { FilePool } from "./file_pool.ts";
import { type Floor, noFloor } from "./floor.ts";
import { headOf } from "./heads.ts";
import type { Journal } from "./journal.ts";
import type { LogMeter } from "./meter.ts";
import type { ResolvedLogOptions } from "./options.ts";
import type { Rounds } from "./rounds.ts";
import { Segment } from "./segment.ts";
import type { SegmentIndex } from "./segment_index.ts";
import type { SharedReads } from "./shared_reads.ts";
import { type TailBudget, TailCache } from "./tail_cache.ts";
import { TopicProducers } from "./topic_producers.ts";
import type { CorruptRange, FsyncPolicy, LogEnvironment } from "./types.ts";

/** What all topics of a log share. */
export interface LogShared {
  readonly options: ResolvedLogOptions;
  readonly pool: FilePool;
  readonly tailBudget: TailBudget;
  readonly sharedReads: SharedReads;
  readonly emit: (event: LogEvent) => void;
  /** Calls back when the present turn is over: what arrives until then makes one group. */
  readonly soon: (callback: () => void) => void;
  readonly rounds: Rounds;
  readonly journal: Journal;
  readonly meter: LogMeter | undefined;
  readonly wallMs: () => number;
  /** Somebody met damage in a segment, at this position: what it took is to be found out. */
  readonly damageMet: (state: TopicState, segment: Segment, at: number) => void;
  /** Looks, from now on, now and then for what grew too old. */
  readonly watchAges: () => void;
  /** Looks, from now on, now and then for what is to be compacted. */
  readonly watchKeys: () => void;
  /** Milliseconds that went by, as the rounds of compaction count them. */
  readonly upkeepMs: () => number;
  readonly codecs: Codecs | undefined;
  readonly heldByPeers: ((topic: string) => Vector | undefined) | undefined;
  readonly heldThrough: LogEnvironment["heldThrough"];
  readonly after: (delayMs: number, callback: () => void) => () => void;
  /** Hears what a listener threw. */
  readonly onListenerError: (error: unknown) => void;
  /** The writer of this node's own feeds, now. */
  readonly writer: () => WriterId;
  /** Those that this directory had before. */
  readonly formerWriters: () => readonly WriterId[];
  readonly randomBytes: (length: number) => Uint8Array;
}

/**
 * What a topic holds, as far as it may be served. Frames come in one by one in local-log order; files are somebody
 * else's concern. Invariant: the segments follow each other without a hole, and the last one takes new frames.
 */
export class TopicState {
  readonly name: string;
  readonly generation: number;
  /** Name of its directory. */
  readonly folder: string;
  readonly folderBytes: Uint8Array;
  readonly directory: Directory;
  readonly shared: LogShared;
  /** Why nobody may use it any more. */
  deleted: TopicDeletedError | undefined;
  /** What the cluster keeps in topics of its own is fsynced before it counts, whatever the node's policy. */
  readonly fsync: FsyncPolicy;
  readonly segments: Segment[] = [];
  readonly feeds: Map<WriterId, Feed> = new Map();
  /** Feeds that are no longer followed, and why. */
  readonly stopped: Map<WriterId, string> = new Map();
  readonly tail: TailCache;
  readonly producers: TopicProducers;
  /** Where the log begins. */
  floor: Floor = noFloor;
  /** Segments that retention took since the log was opened: numbers of segments count on from there. */
  dropped = 0;
  corruptRanges: readonly CorruptRange[] = [];
  /** How many damages were repaired. */
  repairs = 0;
  /** Grows before and after repairs, which may put frames in another order. */
  reorders = 0;
  lamport = 0;
  /** Bytes of the last segment that are fsynced for sure. */
  durableBytes = 0;
  /** Feeds that have more than what is fsynced. */
  #unsynced: Feed[] = [];
  /** The one that grew last, and its writer: it is mostly the next one, too. */
  #lastFeed: Feed | undefined;
  #lastWriter: WriterId | undefined;
  #closedBytes = 0;
  #have: Vector | undefined;
  #durable: Vector | undefined;

  constructor({ name, generation }: TopicGeneration, directory: Directory, shared: LogShared) {
    this.name = name;
    this.generation = generation;
    this.folder = topicKey(name, generation);
    this.folderBytes = toBytes(this.folder);
    this.directory = directory;
    this.shared = shared;
    this.fsync = isInternalTopic(name) ? "always" : shared.options.fsync;
    this.tail = new TailCache(shared.tailBudget, this.feeds);
    this.producers = new TopicProducers(this);
  }

  get active(): Segment {
    const segment = this.segments[this.segments.length - 1];
    assert(segment !== undefined, "a topic has a segment before it is used");
    return segment;
  }

  get firstOffset(): number {
    return this.segments[0]?.baseOffset ?? this.floor.offset;
  }

  get nextOffset(): number {
    return this.segments[this.segments.length - 1]?.nextOffset ?? this.floor.offset;
  }

  /** Where the last segment ends, for the clean-stop marker. */
  get end(): { baseOffset: number; bytes: number } {
    return { baseOffset: this.active.baseOffset, bytes: this.active.bytes };
  }

  get bytes(): number {
    return this.#closedBytes + this.active.bytes;
  }

  get have(): Vector {
    this.#have ??= this.#vectorOf((feed) => feed.have);
    return this.#have;
  }

  get durable(): Vector {
    this.#durable ??= this.#vectorOf((feed) => feed.durable);
    return this.#durable;
  }

  get lowWater(): Vector {
    return this.#vectorOf((feed) => {
      const lowest = feed.lowest === 0 ? feed.have + 1 : feed.lowest;
      return lowest > 1 ? lowest : 0;
    });
  }

  endOf(writer: WriterId): FeedEnd {
    if (this.#lastFeed !== undefined && this.#lastWriter === writer) return this.#lastFeed;
    return this.feeds.get(writer) ?? feedStart;
  }

  /** Where the feed ends that grew last; undefined while none is known to have. */
  get lastEnd(): (FeedEnd & { readonly writer: WriterId }) | undefined {
    const [writer, feed] = [this.#lastWriter, this.#lastFeed];
    return writer === undefined || feed === undefined ? undefined : { writer, have: feed.have, chain: feed.chain };
  }

  /** Begins the next segment, at the present end. Its predecessor must be fsynced. */
  addSegment(baseOffset: number): Segment {
    const last = this.segments.at(-1);
    assert(last === undefined || last.nextOffset === baseOffset, "segments follow each other without a hole");
    this.#closedBytes += last?.bytes ?? 0;
    const { pool, options } = this.shared;
    const place = { baseOffset, head: headOf(this.feeds) };
    const segment = new Segment(pool, this.directory, place, options.indexEveryBytes);
    this.segments.push(segment);
    this.durableBytes = 0;
    return segment;
  }

  /** Begins with what the floor says: called once, before there is any segment. */
  startAt(floor: Floor): void {
    this.floor = floor;
    this.lamport = floor.lamport;
    for (const [writer, { have, chain }] of floor.feeds) {
      this.feeds.set(writer, { have, chain, durable: have, lowest: 0, cachedFrom: have + 1 });
    }
  }

  /** The oldest segments are no longer part of the log. */
  raiseFloor(floor: Floor, count: number): void {
    this.floor = floor;
    this.dropped += count;
    for (const segment of this.segments.splice(0, count)) {
      this.#closedBytes -= segment.bytes;
      this.corruptRanges = this.corruptRanges.filter(({ baseOffset }) => baseOffset !== segment.baseOffset);
    }
    while (this.tail.firstOffset < floor.offset) this.tail.dropOldest();
    for (const [writer, feed] of this.feeds) {
      const holder = this.segments.find(({ index }) => (index.feeds.get(writer)?.lowest ?? 0) > 0);
      feed.lowest = holder?.index.feeds.get(writer)?.lowest ?? 0;
    }
  }

  /** A closed segment was compacted: from now on its file is what this index tells. */
  replaceSegment(segment: Segment, index: SegmentIndex): Segment {
    const position = this.segments.indexOf(segment);
    assert(position >= 0 && position < this.segments.length - 1, "only closed segments of the log are replaced");
    const { pool, options } = this.shared;
    const fresh = new Segment(pool, this.directory, segment, options.indexEveryBytes);
    fresh.index = index;
    this.segments[position] = fresh;
    this.#closedBytes += fresh.bytes - segment.bytes;
    while (this.tail.firstOffset < fresh.nextOffset) this.tail.dropOldest();
    this.corruptRanges = this.corruptRanges.filter(({ baseOffset }) => baseOffset !== segment.baseOffset);
    return fresh;
  }

  /** Takes in a frame that was written to the end of the last segment, or, with `unsettled`, to the journal. */
  admit(frame: PlacedFrame, unsettled?: Uint8Array): void {
    assert(frame.offset === this.nextOffset, "frames are admitted in the order of their offsets");
    const feed = this.#feed(frame.writer);
    assert(frame.baseSequence === feed.have + 1, "a feed grows without a hole");
    if (unsettled === undefined) this.active.add(frame);
    else this.active.addUnsettled(frame, unsettled);
    if (feed.durable === feed.have) this.#unsynced.push(feed);
    feed.have += frame.count;
    feed.chain = frame.chain;
    if (feed.lowest === 0 && !frame.gap) feed.lowest = frame.baseSequence;
    this.lamport = Math.max(this.lamport, frame.lamport);
    if (frame.stamp !== undefined) this.producers.admit(frame, frame.stamp);
    this.#have = undefined;
  }

  /**
   * Takes in what the index of the last segment says of it, as if each of its frames had been admitted. Returns why it
   * cannot; then nothing changed.
   */
  admitIndexed(): string | undefined {
    const { index } = this.active;
    for (const [writer, range] of index.feeds) {
      const { have } = this.endOf(writer);
      if (range.first !== have + 1) return `feed ${writer} goes on at ${range.first}, expected is ${have + 1}`;
    }
    for (const [writer, range] of index.feeds) {
      const feed = this.#feed(writer);
      if (feed.durable === feed.have) this.#unsynced.push(feed);
      feed.have = range.last;
      feed.chain = range.chain;
      if (feed.lowest === 0) feed.lowest = range.lowest;
    }
    this.lamport = Math.max(this.lamport, index.lamport);
    this.#have = undefined;
    return undefined;
  }

  /** Nothing that is held now is in the tail cache: called once the topic was read from disk. */
  startTail(): void {
    for (const feed of this.feeds.values()) feed.cachedFrom = feed.have + 1;
  }

  /** What a sync that begins now will make durable; call the result when it succeeded. */
  beginSync(): () => boolean {
    const segment = this.active;
    const bytes = segment.bytes;
    const ends = this.#unsynced.map((feed) => ({ feed, have: feed.have }));
    return () => {
      if (segment === this.active) this.durableBytes = Math.max(this.durableBytes, bytes);
      for (const { feed, have } of ends) feed.durable = Math.max(feed.durable, have);
      this.#unsynced = this.#unsynced.filter((feed) => feed.durable < feed.have);
      if (ends.length > 0) this.#durable = undefined;
      return ends.length > 0;
    };
  }

  /** Everything that is held is durable. */
  synced(): void {
    this.durableBytes = this.active.bytes;
    for (const feed of this.#unsynced) feed.durable = feed.have;
    this.#unsynced.length = 0;
    this.#durable = undefined;
  }

  get hasUnsynced(): boolean {
    return this.#unsynced.length > 0;
  }

  /** No longer follows a feed (rule R6), with an event the first time. */
  stopFeed(writer: WriterId, sequence: number, reason: string): void {
    if (this.stopped.has(writer)) return;
    this.stopped.set(writer, reason);
    this.shared.emit({ type: "feed-stopped", topic: this.name, writer, sequence, reason });
  }

  /** What a whole look at a segment found damaged, with an event for what is new. */
  setCorrupt(segment: Segment, ranges: readonly CorruptRange[]): void {
    const others = this.corruptRanges.filter(({ baseOffset }) => baseOffset !== segment.baseOffset);
    const known = this.corruptRanges.filter(({ baseOffset }) => baseOffset === segment.baseOffset);
    this.corruptRanges = [...others, ...ranges];
    for (const { file, at, bytes, reason } of ranges) {
      if (known.some((range) => range.at === at)) continue;
      this.shared.emit({ type: "corrupt", topic: this.name, file, at, bytes, reason });
    }
  }

  repaired(range: CorruptRange): void {
    const { file, at, bytes } = range;
    this.repairs++;
    this.corruptRanges = this.corruptRanges.filter((one) => one.file !== file || one.at !== at);
    this.shared.emit({ type: "repaired", topic: this.name, file, at, bytes });
  }

  #feed(writer: WriterId): Feed {
    if (this.#lastFeed !== undefined && this.#lastWriter === writer) return this.#lastFeed;
    let feed = this.feeds.get(writer);
    if (feed === undefined) {
      feed = { have: 0, chain: chainStart, durable: 0, lowest: 0, cachedFrom: 1 };
      this.feeds.set(writer, feed);
    }
    this.#lastFeed = feed;
    this.#lastWriter = writer;
    return feed;
  }

  #vectorOf(sequenceOf: (feed: Feed) => number): Vector {
    const vector = new Map<WriterId, number>();
    for (const [writer, feed] of this.feeds) {
      const sequence = sequenceOf(feed);
      if (sequence > 0) vector.set(writer, sequence);
    }
    return vector;
  }
}
