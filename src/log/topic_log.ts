import {
  compactedTopics,
  type FrameHeader,
  isInternalTopic,
  isStamped,
  Listeners,
  settingsTopic,
  type Vector,
  type WriterId,
} from "../base/mod.ts";
import { chainAt, feedPointAt } from "./chain_at.ts";
import { Committer } from "./committer.ts";
import { TopicCompaction } from "./compact.ts";
import {
  ExpectedSequenceError,
  InvalidLogOptionError,
  LogClosedError,
  messageOf,
  TopicDeletedError,
} from "./errors.ts";
import type { FeedEnd, FeedPoint } from "./feed.ts";
import { judgeBatch } from "./judge.ts";
import { LatestKeys } from "./latest_keys.ts";
import { checkRetention } from "./options.ts";
import { offsetAt, readFrom, readLent, readMissing } from "./reader.ts";
import { lose, repair } from "./repair.ts";
import { reproduce } from "./reproduce.ts";
import { dropSegments, segmentsToDrop } from "./retention.ts";
import type { KnownProducers } from "./topic_producers.ts";
import type { TopicState } from "./topic_state.ts";
import { lifeRankOf } from "./topic_value.ts";
import type {
  Ack,
  Applied,
  ChainAt,
  Chunk,
  Compacted,
  Compaction,
  CorruptRange,
  Missing,
  ProduceCondition,
  Retention,
  SharedChunk,
  TopicLog,
} from "./types.ts";
import { vectorAt } from "./vector_at.ts";

/** Few are tombstones there, but those decide how long a segment may wait to be closed and compacted. */
const settingsCompaction: Compaction = { tombstoneGraceMs: 7 * 86_400_000 };

/** A topic of an open log. */
export class Topic implements TopicLog {
  readonly name: string;
  readonly generation: number;
  readonly #state: TopicState;
  readonly #committer: Committer;
  readonly #onGrow: (topic: Topic) => void;
  /** Made for the first listener: most topics have none, and each commit of each topic would look. */
  #growth: Listeners<void> | undefined;
  /** For the rooms inside of the log only. */
  readonly compaction: TopicCompaction;
  #closing: Promise<boolean> | undefined;
  #retention: Retention;
  #latestKeys: LatestKeys | undefined;
  /** One after another: each looks at what those before it did. */
  #reproducing: Promise<number> = Promise.resolve(0);
  /** What changes the list of segments, one after another. */
  #changing: Promise<unknown> = Promise.resolve();
  /** Segments when retention was last judged: a new one is when something may have become too much. */
  #segmentsJudged = 0;

  /** `onGrow` hears of growth before the listeners of this topic do. */
  constructor(state: TopicState, onGrow: (topic: Topic) => void) {
    this.#state = state;
    this.name = state.name;
    this.generation = state.generation;
    this.#onGrow = onGrow;
    this.#retention = this.#ownRetention;
    this.compaction = new TopicCompaction(state, {
      exclusively: (action) => this.#exclusively(action),
      closeSegment: () => this.#committer.closeSegment(),
      rankOf: state.name === settingsTopic ? lifeRankOf : undefined,
      over: () => this.#over,
    });
    this.compaction.setting = this.#ownCompaction;
    this.#committer = new Committer(state, () => {
      onGrow(this);
      this.#growth?.emit();
      if (state.segments.length > this.#segmentsJudged) this.#retainSoon();
    });
  }

  get deleted(): TopicDeletedError | undefined {
    return this.#state.deleted;
  }

  get firstOffset(): number {
    return this.#state.firstOffset;
  }

  get nextOffset(): number {
    return this.#state.nextOffset;
  }

  get bytes(): number {
    return this.#state.bytes;
  }

  get have(): Vector {
    return this.#state.have;
  }

  /** Nothing is taken in before it may be served: what waits for its sync is in no vector. */
  get served(): Vector {
    return this.#state.have;
  }

  get durable(): Vector {
    return this.#state.durable;
  }

  get lowWater(): Vector {
    return this.#state.lowWater;
  }

  get lamport(): number {
    return this.#state.lamport;
  }

  /** Where nothing else was asked for. Of what the cluster keeps, each record holds until a later one has its key. */
  get #ownRetention(): Retention {
    return isInternalTopic(this.#state.name) ? {} : this.#state.shared.options.retention;
  }

  get #ownCompaction(): Compaction | undefined {
    return compactedTopics.has(this.name) ? settingsCompaction : undefined;
  }

  get corruptRanges(): readonly CorruptRange[] {
    return this.#state.corruptRanges;
  }

  get reorders(): number {
    return this.#state.reorders;
  }

  get producers(): KnownProducers {
    return this.#state.producers;
  }

  get stoppedFeeds(): ReadonlyMap<WriterId, string> {
    return this.#state.stopped;
  }

  produce(frame: Uint8Array, condition?: ProduceCondition): Promise<Ack> {
    let header: FrameHeader;
    try {
      header = judgeBatch(frame, this.#state.shared.options.checksum);
    } catch (error) {
      return Promise.reject(error);
    }
    if (condition !== undefined || this.#latestKeys !== undefined) return this.#produceByKey(frame, header, condition);
    return this.#admit(frame, header);
  }

  #admit(frame: Uint8Array, header: FrameHeader): Promise<Ack> {
    if (!this.compaction.judgesKeys) return this.#commit(frame, header);
    return this.compaction.admit(frame, header, () => this.#commit(frame, header));
  }

  #commit(frame: Uint8Array, header: FrameHeader): Promise<Ack> {
    if (!isStamped(frame)) return this.#committer.produce(frame, header);
    return this.#state.producers.whenKnown(frame.length, () => this.#committer.produce(frame, header));
  }

  /** From the first produce on that depends on the latest record of a key, all others are looked at too. */
  #produceByKey(frame: Uint8Array, header: FrameHeader, condition: ProduceCondition | undefined): Promise<Ack> {
    this.#latestKeys ??= new LatestKeys(this, {
      codecs: this.#state.shared.codecs,
      settled: () => this.#committer.applyGap(this.#state.shared.writer(), 0),
    });
    const append = (): Promise<Ack> => this.#admit(frame, header);
    const keys = this.#latestKeys;
    if (condition === undefined) return keys.pass(frame, header, append);
    const appendIf = (): Promise<Ack> => keys.passIf(frame, header, { expected: condition.expected, append });
    if (!isStamped(frame)) return appendIf();
    // First: nothing is read any more between the look at the key and the append.
    const appended = this.#state.producers.whenKnown(frame.length, appendIf);
    return appended.catch((error) => this.#unlessKnown(frame, header, error));
  }

  /** What was produced before does not find the key as it was before. */
  async #unlessKnown(frame: Uint8Array, header: FrameHeader, error: unknown): Promise<Ack> {
    if (!(error instanceof ExpectedSequenceError && this.#state.producers.knows(frame, header))) throw error;
    return this.#admit(frame, header);
  }

  apply(frames: Uint8Array): Promise<Applied> {
    return this.#committer.apply(frames);
  }

  applyGap(writer: WriterId, through: number): Promise<void> {
    return this.#committer.applyGap(writer, through);
  }

  async read(offset: number, bytesMax: number): Promise<Chunk> {
    this.#assertOpen();
    return readFrom(this.#state, offset, bytesMax);
  }

  readShared(offset: number, bytesMax: number): Promise<SharedChunk> {
    const { folder, reorders, shared } = this.#state;
    const place = `${folder}/${reorders}/${offset}/${bytesMax}`;
    return shared.sharedReads.read(place, async () => {
      this.#assertOpen();
      return readLent(this.#state, offset, bytesMax);
    });
  }

  async readMissing(have: Vector, bytesMax: number): Promise<Missing> {
    this.#assertOpen();
    return readMissing(this.#state, have, bytesMax);
  }

  feedEnd(writer: WriterId): FeedEnd | undefined {
    const feed = this.#state.feeds.get(writer);
    return feed && { have: feed.have, chain: feed.chain };
  }

  async chainAt(writer: WriterId, sequence: number): Promise<ChainAt> {
    this.#assertOpen();
    return chainAt(this.#state, writer, sequence);
  }

  async feedPointAt(writer: WriterId, sequence: number): Promise<FeedPoint | undefined> {
    this.#assertOpen();
    return feedPointAt(this.#state, writer, sequence);
  }

  reproduce(writer: WriterId, from: number, theirs?: Uint8Array): Promise<number> {
    const append = this.#committer.reproduce.bind(this.#committer);
    const host = { state: this.#state, append, assertOpen: () => this.#assertOpen() };
    this.#reproducing = this.#reproducing.catch(() => 0).then(() => reproduce(host, writer, { from, theirs }));
    return this.#reproducing;
  }

  async repair(range: CorruptRange, frames: Uint8Array): Promise<void> {
    this.#assertOpen();
    return this.#exclusively(async () => {
      this.#assertOpen();
      return repair(this.#state, range, frames);
    });
  }

  async lose(range: CorruptRange): Promise<void> {
    this.#assertOpen();
    return this.#exclusively(() => lose(this.#state, range));
  }

  setRetention(asked: Retention | undefined): void {
    const retention = asked ?? this.#ownRetention;
    this.#retention = checkRetention(retention, this.#state.shared.options.segmentBytesMax);
    this.#segmentsJudged = 0;
    // What is kept until others hold it is judged again now and then, as ages are.
    if (retention.ageMaxMs !== undefined || retention.keepUntilReplicas !== undefined) this.#state.shared.watchAges();
  }

  retain(): Promise<number> {
    return this.#exclusively(() => this.#retainNow());
  }

  setCompaction(compaction: Compaction | undefined): void {
    const graceMs = compaction?.tombstoneGraceMs ?? 0;
    if (!(Number.isSafeInteger(graceMs) && graceMs >= 0)) {
      throw new InvalidLogOptionError("compaction.tombstoneGraceMs", graceMs, "a whole number from 0");
    }
    this.compaction.setting = compaction ?? this.#ownCompaction;
  }

  async compact(): Promise<Compacted> {
    this.#assertOpen();
    return this.compaction.run();
  }

  #exclusively<Result>(action: () => Promise<Result>): Promise<Result> {
    const changed = this.#changing.then(action);
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  async #retainNow(): Promise<number> {
    this.#assertOpen();
    const state = this.#state;
    this.#segmentsJudged = state.segments.length;
    const { heldThrough } = state.shared;
    const { segments, uncopied } = segmentsToDrop(state, this.#retention, {
      nowMs: state.shared.wallMs(),
      heldThrough: (writer, copies) => heldThrough?.(this, writer, copies) ?? 0,
    });
    if (segments === 0) return 0;
    // Told beforehand: the log may grow meanwhile.
    const bytes = state.segments.slice(0, segments).reduce((sum, segment) => sum + segment.bytes, 0);
    const sync = (): Promise<void> => this.#committer.sync();
    // When that fails, what they told is forgotten, and what is produced again after so long is stored again.
    await state.producers.keepBeyond(segments, sync).catch(() => undefined);
    await dropSegments(state, segments);
    state.producers.dropped(state.firstOffset);
    this.#segmentsJudged -= segments;
    const { name: topic, firstOffset } = this;
    state.shared.emit({ type: "segments-dropped", topic, segments, uncopied, bytes, firstOffset });
    this.#growth?.emit();
    // What was closed meanwhile may have made it too much again.
    if (state.segments.length > this.#segmentsJudged) this.#retainSoon();
    return segments;
  }

  /** What cannot be removed now is tried again with the next segment. */
  #retainSoon(): void {
    this.#segmentsJudged = this.#state.segments.length;
    if (this.#closing !== undefined) return;
    this.retain().catch((error: unknown) => {
      if (this.#closing !== undefined || this.deleted !== undefined) return;
      this.#state.shared.emit({ type: "write-failed", topic: this.name, message: messageOf(error) });
    });
  }

  async offsetAt(timestampMs: number): Promise<number> {
    this.#assertOpen();
    return offsetAt(this.#state, timestampMs);
  }

  async vectorAt(offset: number): Promise<Vector> {
    this.#assertOpen();
    return vectorAt(this.#state, offset);
  }

  onGrow(listener: () => void): () => void {
    this.#growth ??= new Listeners(this.#state.shared.onListenerError);
    return this.#growth.add(listener);
  }

  /** For the rooms inside of the log only. */
  get state(): TopicState {
    return this.#state;
  }

  /** Lets a feed go on whose owner's writer is no longer ours (rule R5). */
  resumeFeed(writer: WriterId): void {
    this.#state.stopped.delete(writer);
  }

  /** Commits what waits and gives the files back. Returns whether everything is durable. */
  close(): Promise<boolean> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<boolean> {
    await this.compaction.rest();
    await this.#changing;
    const durable = await this.#committer.close();
    await this.release();
    return durable;
  }

  /** Gives memory and files back, without a promise about what is on disk. */
  async release(): Promise<void> {
    this.#state.tail.clear();
    for (const segment of this.#state.segments) await segment.file.close();
  }

  /**
   * Ends it for everybody at once, because its generation was deleted: who waits is told so, who is called on growth may
   * look. Resolves when nothing of it is on its way to the disk any more, and its files are closed.
   */
  async end(): Promise<void> {
    const state = this.#state;
    const reason = new TopicDeletedError(state.name, state.generation);
    state.deleted = reason;
    const abandoned = this.#committer.abandon(reason);
    this.#onGrow(this);
    this.#growth?.emit();
    await abandoned;
    await this.compaction.rest();
    await this.#changing;
    for (const segment of state.segments) await segment.discard();
    state.tail.clear();
  }

  /** Why it may not be used any more; undefined while it may. */
  get #over(): Error | undefined {
    return this.#state.deleted ?? (this.#closing === undefined ? undefined : new LogClosedError());
  }

  #assertOpen(): void {
    const over = this.#over;
    if (over !== undefined) throw over;
  }
}
