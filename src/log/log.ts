import {
  Listeners,
  type TopicGeneration,
  toHex,
  topicKey,
  topicNameFault,
  topicOfKey,
  topicsMax,
  type Vector,
  type WriterId,
} from "../base/mod.ts";
import { Compactor } from "./compact_rounds.ts";
import type { Directory } from "./directory.ts";
import { EarlyEvents } from "./early_events.ts";
import {
  InvalidTopicError,
  LogClosedError,
  LogCorruptError,
  messageOf,
  TooManyTopicsError,
  TopicDeletedError,
} from "./errors.ts";
import type { LogEvent } from "./events.ts";
import { FilePool } from "./file_pool.ts";
import { forEach } from "./for_each.ts";
import { FormerWriters } from "./former_writers.ts";
import { latestOf } from "./generations.ts";
import { Journal } from "./journal.ts";
import { replayJournal } from "./journal_replay.ts";
import { rethrowLater } from "./listener_errors.ts";
import { type ResolvedLogOptions, resolveOptions } from "./options.ts";
import { openTopicState, type TopicEnd, topicPath } from "./recovery.ts";
import { Releases } from "./releases.ts";
import { Removals, topicsDirectoryName } from "./removals.ts";
import {
  cleanStopFileName,
  decodeCleanStop,
  decodeWriterFile,
  encodeCleanStop,
  encodeWriterFile,
  type WriterFile,
  whyMint,
  writerFileName,
} from "./root_files.ts";
import { Rounds } from "./rounds.ts";
import { Scrubber } from "./scrub.ts";
import { SharedReads } from "./shared_reads.ts";
import { TailBudget } from "./tail_cache.ts";
import { Topic } from "./topic_log.ts";
import type { LogShared } from "./topic_state.ts";
import { firstLife, isLaterLife, type TopicLife } from "./topic_value.ts";
import type { CommitLog, LogEnvironment, LogOptions, ScrubProgress, TopicLog } from "./types.ts";

const defaultTopic = "default";
/** Milliseconds between two looks at what grew too old. */
const retainEveryMs = 60_000;

/** All topics of a data directory. The caller owns the directory, and its lock, for longer than the log. */
export class Log implements CommitLog {
  readonly #directory: Directory;
  readonly #topicsDirectory: Directory;
  readonly #options: ResolvedLogOptions;
  readonly #environment: LogEnvironment;
  readonly #shared: LogShared;
  readonly #journal: Journal;
  readonly #scrubber: Scrubber;
  readonly #compactor: Compactor;
  readonly #removals: Removals;
  #releases: Releases | undefined;
  readonly #topics = new Map<string, Topic>();
  /** By the names of their directories. */
  readonly #opening = new Map<string, Promise<Topic>>();
  readonly #lives = new Map<string, TopicLife>();
  readonly #lifeChanges = new Listeners<TopicLife & { readonly topic: string }>(rethrowLater);
  /** Topics that were deleted and could not be removed. */
  readonly #unremoved = new Set<Topic>();
  readonly #growth = new Listeners<TopicLog>(rethrowLater);
  readonly #events = new EarlyEvents(rethrowLater);
  #cancelRetention: (() => void) | undefined;
  #writer: WriterId = "";
  #former: FormerWriters | undefined;
  #minting: Promise<unknown> = Promise.resolve();
  #disposed: Promise<void> | undefined;

  private constructor(
    directory: Directory,
    topicsDirectory: Directory,
    options: ResolvedLogOptions,
    environment: LogEnvironment,
  ) {
    this.#directory = directory;
    this.#topicsDirectory = topicsDirectory;
    this.#options = options;
    this.#environment = environment;
    const { wallMs, meter, codecs, heldByPeers, heldThrough, after, randomBytes } = environment;
    const soon = environment.soon ?? ((callback) => void Promise.resolve().then(callback));
    const { fsync, journalBytesMax } = options;
    const states = () => [...this.#topics.values()].map((topic) => topic.state);
    this.#scrubber = new Scrubber(states, options, after);
    const compactions = () => [...this.#topics.values()].map((topic) => topic.compaction);
    this.#compactor = new Compactor(compactions, options, after);
    // Where nobody waits for a sync, the journal saves nothing.
    const journalTopicsMin = fsync === "always" ? options.journalTopicsMin : Number.POSITIVE_INFINITY;
    const onFailure = (message: string): void => this.#events.emit({ type: "write-failed", topic: "", message });
    this.#removals = new Removals(directory, onFailure);
    const onEmptied = (): void => this.#removals.journalEmptied(this.#journal);
    this.#journal = new Journal(directory, options, { onFailure, onEmptied, meter });
    this.#shared = {
      options,
      pool: new FilePool(),
      tailBudget: new TailBudget(),
      sharedReads: new SharedReads(),
      emit: (event) => this.#events.emit(event),
      soon,
      rounds: new Rounds(this.#journal, { soon, journalTopicsMin, journalBytesMax }),
      journal: this.#journal,
      damageMet: (state, segment, at) => this.#scrubber.look(state, segment, at),
      watchAges: () => this.#watchAges(),
      watchKeys: () => this.#compactor.watch(),
      upkeepMs: () => this.#compactor.upkeepMs,
      ...{ wallMs, meter, codecs, heldByPeers, heldThrough, after, randomBytes },
      onListenerError: rethrowLater,
      ...{ writer: () => this.#writer, formerWriters: () => this.formerWriters },
    };
  }

  /**
   * Opens a data directory and everything in it, recovering from an unclean stop. Rejects with
   * `InvalidLogOptionError`, `LogCorruptError`, or what the disk says.
   */
  static async open(directory: Directory, options: LogOptions, environment: LogEnvironment): Promise<Log> {
    const resolved = resolveOptions(options);
    const topicsDirectory = await directory.directory(topicsDirectoryName);
    const log = new Log(directory, topicsDirectory, resolved, environment);
    try {
      await log.#recover();
    } catch (error) {
      log.#cancelRetention?.();
      await log.#scrubber.close();
      await log.#compactor.close();
      for (const topic of log.#topics.values()) await topic.release();
      throw error;
    }
    return log;
  }

  get writer(): WriterId {
    return this.#writer;
  }

  get formerWriters(): readonly WriterId[] {
    return this.#former?.writers ?? [];
  }

  get segmentBytesMax(): number {
    return this.#options.segmentBytesMax;
  }

  topics(): readonly TopicLog[] {
    return [...this.#topics.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  topic(name: string): TopicLog | undefined {
    return this.#topics.get(name === "" ? defaultTopic : name);
  }

  async openTopic(topicName: string): Promise<TopicLog> {
    const name = topicName === "" ? defaultTopic : topicName;
    if (this.#disposed !== undefined) throw new LogClosedError();
    const place = { name, generation: this.#lifeOf(name).generation };
    const key = topicKey(name, place.generation);
    const known = this.#topics.get(name) ?? this.#opening.get(key);
    if (known !== undefined) return known;
    const fault = topicNameFault(name);
    if (fault !== undefined) throw new InvalidTopicError(fault);
    const deleted = this.deletedTopic(name);
    if (deleted !== undefined) throw deleted;
    if (this.#topics.size + this.#opening.size >= topicsMax) throw new TooManyTopicsError(name);
    const opening = this.#createTopic(place).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  deletedTopic(topicName: string): TopicDeletedError | undefined {
    const name = topicName === "" ? defaultTopic : topicName;
    const { generation, deleted } = this.#lifeOf(name);
    return deleted ? new TopicDeletedError(name, generation) : undefined;
  }

  get lives(): ReadonlyMap<string, TopicLife> {
    return this.#lives;
  }

  async settleLife(name: string, life: TopicLife): Promise<void> {
    if (this.#disposed !== undefined) throw new LogClosedError();
    if (isLaterLife(life, this.#lifeOf(name))) {
      this.#lives.set(name, life);
      const topic = this.#topics.get(name);
      if (topic !== undefined) this.#unremoved.add(topic);
      this.#topics.delete(name);
      this.#lifeChanges.emit({ topic: name, ...life });
    }
    for (const topic of this.#unremoved) if (topic.name === name) await this.#removeTopic(topic);
  }

  /**
   * Drops the copy of a topic, once nothing is on its way to it any more and `isKept` still says that others keep all of
   * it. Resolves with whether it is gone; else it is open again. Whoever uses it meanwhile is told that it is closed.
   */
  async release(name: string, isKept: (have: Vector) => boolean): Promise<boolean> {
    const topic = this.#topics.get(name);
    if (this.#disposed !== undefined || topic === undefined || !isKept(topic.have)) return false;
    const key = topicKey(name, topic.generation);
    this.#topics.delete(name);
    const left = this.#leave(topic, isKept).finally(() => this.#opening.delete(key));
    const opening = left.then((open) => open ?? Promise.reject(new LogClosedError()));
    opening.catch(() => undefined);
    this.#opening.set(key, opening);
    return (await left) === undefined;
  }

  /** The topic, open again, or undefined when it is gone. */
  async #leave(topic: Topic, isKept: (have: Vector) => boolean): Promise<Topic | undefined> {
    const { name, generation, state } = topic;
    const isDurable = await topic.close();
    this.#growth.emit(topic);
    if (!isDurable || !isKept(topic.have)) return this.#createTopic({ name, generation });
    if (topic.have.has(this.#writer)) await this.#releases?.note(state.folder, this.#writer);
    await this.#removals.remove(state.folder, this.#journal);
    return undefined;
  }

  onLife(listener: (change: TopicLife & { readonly topic: string }) => void): () => void {
    return this.#lifeChanges.add(listener);
  }

  get journalBytes(): number {
    return this.#journal.bytes;
  }

  get scrubProgress(): ScrubProgress {
    return this.#scrubber.progress;
  }

  mintWriter(reason: string): Promise<WriterId> {
    if (this.#disposed !== undefined) return Promise.reject(new LogClosedError());
    const minted = this.#minting.then(() => this.#mint(reason));
    this.#minting = minted.catch(() => undefined);
    return minted;
  }

  onGrow(listener: (topic: TopicLog) => void): () => void {
    return this.#growth.add(listener);
  }

  onEvent(listener: (event: LogEvent) => void): () => void {
    return this.#events.add(listener);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#close();
    return this.#disposed;
  }

  async #recover(): Promise<void> {
    const { checksum } = this.#options;
    const marker = await this.#directory.readFile(cleanStopFileName);
    const cleanEnds = marker === undefined ? undefined : decodeCleanStop(marker, checksum);
    this.#former = await FormerWriters.open(this.#directory, checksum);
    const writerBytes = await this.#directory.readFile(writerFileName);
    const written = writerBytes === undefined ? undefined : decodeWriterFile(writerBytes, checksum);
    const folders = (await this.#topicsDirectory.list()).filter((folder) => topicOfKey(folder) !== undefined);
    for (const folder of cleanEnds?.keys() ?? []) {
      if (!folders.includes(folder)) throw new LogCorruptError(topicPath(folder, ""), 0, "the directory is missing");
    }
    const removed = await this.#removals.begun();
    this.#releases = await Releases.open(this.#directory, checksum);
    if (this.#options.retention.ageMaxMs !== undefined) this.#watchAges();
    const last = await replayJournal({
      ...{ root: this.#directory, topics: this.#topicsDirectory, options: this.#options },
      ...{ isClean: cleanEnds !== undefined, removed, emit: (event: LogEvent) => this.#events.emit(event) },
    });
    this.#journal.startAfter(last);
    await this.#removals.finish(removed);
    const { lives, latest, past } = latestOf(folders);
    for (const [name, life] of lives) this.#lives.set(name, life);
    for (const folder of past) await this.#removals.remove(folder, this.#journal);
    await forEach(latest, async (folder) => {
      const place = topicOfKey(folder) as TopicGeneration;
      this.#topics.set(place.name, await this.#openTopic(place, cleanEnds?.get(folder)));
    });
    // From here on frames may be written, so that the marker would lie. Before, a failed open must leave it.
    await this.#directory.remove(cleanStopFileName);
    await this.#directory.sync();
    await this.#takeWriter(written, writerBytes !== undefined, cleanEnds !== undefined);
  }

  #lifeOf(name: string): TopicLife {
    return this.#lives.get(name) ?? firstLife;
  }

  /** Records grow old also where nothing is written. */
  #watchAges(): void {
    if (this.#disposed !== undefined) return;
    this.#cancelRetention ??= this.#environment.after(retainEveryMs, () => {
      this.#cancelRetention = undefined;
      const retained = [...this.#topics.values()].map((topic) => topic.retain());
      // What failed is tried again; that nothing can be removed is told when something is written.
      void Promise.allSettled(retained).then(() => this.#watchAges());
    });
  }

  /** Goes on with the directory's writer, or mints one where that could number two different records alike (rule R5). */
  async #takeWriter(written: WriterFile | undefined, hadFile: boolean, clean: boolean): Promise<void> {
    this.#writer = written?.writer ?? "";
    const { newWriter, fsync } = this.#options;
    const reason = whyMint(written, { hadFile, clean, newWriter, fsync });
    if (reason !== undefined) await this.#mint(reason);
    else if (written?.fsync !== fsync) await this.#writeWriter(this.#writer);
  }

  async #mint(reason: string): Promise<WriterId> {
    const previous = this.#writer === "" ? undefined : this.#writer;
    const writer = toHex(this.#environment.randomBytes(8));
    if (previous !== undefined) await this.#former?.add(previous);
    await this.#writeWriter(writer);
    this.#writer = writer;
    this.#releases?.minted();
    if (previous !== undefined) for (const topic of this.#topics.values()) topic.resumeFeed(previous);
    this.#events.emit({ type: "new-writer", writer, previous, reason });
    return writer;
  }

  #writeWriter(writer: WriterId): Promise<void> {
    const { fsync, checksum } = this.#options;
    return this.#directory.replaceFile(writerFileName, encodeWriterFile({ writer, fsync }, checksum));
  }

  async #createTopic(place: TopicGeneration): Promise<Topic> {
    const { name, generation } = place;
    if (this.#releases?.hadFeedOf(this.#writer, topicKey(name, generation))) {
      await this.mintWriter(`topic ${name} comes back, which this node had dropped with what it wrote there`);
    }
    const topic = await this.#openTopic(place, undefined);
    if (this.#disposed !== undefined) {
      await topic.release();
      throw new LogClosedError();
    }
    if (isLaterLife(this.#lifeOf(name), { generation, deleted: false })) {
      await this.#removeTopic(topic);
      throw new TopicDeletedError(name, generation);
    }
    this.#topics.set(name, topic);
    this.#events.emit({ type: "topic-created", topic: name, generation });
    return topic;
  }

  /** Ends a generation that was deleted, and removes it. */
  async #removeTopic(topic: Topic): Promise<void> {
    const { name, generation, bytes, state } = topic;
    this.#unremoved.add(topic);
    const isNew = topic.deleted === undefined;
    await topic.end();
    if (isNew) {
      const records = topic.nextOffset - topic.firstOffset;
      this.#events.emit({ type: "topic-deleted", topic: name, generation, records, appended: topic.nextOffset, bytes });
    }
    await this.#removals.remove(state.folder, this.#journal);
    this.#unremoved.delete(topic);
  }

  async #openTopic(place: TopicGeneration, cleanEnd: TopicEnd | undefined): Promise<Topic> {
    const directory = await this.#topicsDirectory.directory(topicKey(place.name, place.generation));
    const state = await openTopicState(place, directory, this.#shared, cleanEnd);
    return new Topic(state, (topic) => this.#growth.emit(topic));
  }

  async #close(): Promise<void> {
    this.#cancelRetention?.();
    await this.#scrubber.close();
    await this.#compactor.close();
    await Promise.allSettled(this.#opening.values());
    await this.#minting;
    await this.#removals.rest();
    const ends = new Map<string, TopicEnd>();
    await forEach([...this.#topics.values()], async (topic) => {
      if (await topic.close()) ends.set(topic.state.folder, topic.state.end);
    });
    try {
      await this.#journal.close();
    } catch (error) {
      this.#events.emit({ type: "write-failed", topic: "", message: messageOf(error) });
      return;
    }
    await this.#removals.rest();
    // One topic that could not be made durable makes the whole stop an unclean one.
    if (ends.size < this.#topics.size) return;
    await this.#directory.replaceFile(cleanStopFileName, encodeCleanStop(ends, this.#options.checksum));
  }
}
