import {
  crc32,
  FrameBuilder,
  generationMax,
  headersBytes,
  isInternalTopic,
  isReproduced,
  type LogRecord,
  readRecords,
  sameBytes,
  scanFrame,
  settingsTopic,
  tombstoneGraceMsDefault,
  topicNameFault,
  topicsMax,
  toText,
  type WriterId,
} from "../base/mod.ts";
import { InvalidTopicError, messageOf, TooManyTopicsError, TopicDeletedError } from "./errors.ts";
import type { ExpressionFault } from "./placement_settings.ts";
import {
  applicableRetention,
  changedSettings,
  type TopicSettings,
  type TopicSettingsChange,
} from "./topic_settings.ts";
import {
  decodeTopicValue,
  encodeTopicValue,
  firstLife,
  isLaterLife,
  type TopicLife,
  type TopicValue,
} from "./topic_value.ts";
import type { CommitLog, TopicLog } from "./types.ts";

/** Names of deleted topics that are remembered, so that nodes which slept cannot bring them back. */
const deletedTopicsMax = 100_000;

/** Bytes that are read from `_topics` at once. */
const foldBytesMax = 1_048_576;

/** The topic is there already. Nothing was changed. */
export class TopicExistsError extends RangeError {
  override readonly name = "TopicExistsError";
  readonly code = "TOPIC_EXISTS";

  constructor(topic: string) {
    super(`Cannot create topic ${JSON.stringify(topic)}: it exists`);
  }
}

/** Neither is the topic held nor is anything settled about it. Nothing was changed. */
export class TopicNotFoundError extends RangeError {
  override readonly name = "TopicNotFoundError";
  readonly code = "TOPIC_NOT_FOUND";

  constructor(doing: "set" | "delete", topic: string) {
    super(`Cannot ${doing} topic ${JSON.stringify(topic)}: this node does not know it`);
  }
}

/** What could not be read or applied is tried again after so long. */
const retryMs = 1_000;

export interface TopicRegistryOptions {
  readonly wallMs: () => number;
  /** Calls back once after so many milliseconds; the result cancels. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
  /** Hears of records that make no sense, and of topics that cannot be opened or read. */
  readonly onWarn: (message: string) => void;
  /** Whether a topic that is not held is to be, because something is settled about it. @default each is */
  readonly isHeldHere?: ((topic: string, settings: TopicSettings) => boolean) | undefined;
  /** What is wrong with an expression over tags. @default each is taken for one */
  readonly expressionFault?: ExpressionFault | undefined;
  /** Hears of each topic about which something new is settled, before that is applied. */
  readonly onSettled?: ((topic: string) => void) | undefined;
  /** Hears of each topic that is held from now on because something is settled about it. */
  readonly onHeld?: ((topic: string) => void) | undefined;
}

/** What is settled, and the place of the record that it comes from: by it the latest is known (rule R7). */
interface Entry {
  readonly value: TopicValue;
  readonly lamport: number;
  readonly writer: WriterId;
  readonly sequence: number;
  /** It is a record of a forked feed, produced again (rule R6). */
  readonly isCopy: boolean;
}

/**
 * The settings of all topics, as the topic `_topics` says: a record for each change. The greatest generation holds, in it a
 * delete, else the latest by (lamport, writer, sequence). It is replicated as any topic is, and all nodes come to the same
 * in whatever order the records reach them.
 * Invariant: what `settings` tells is applied to the log.
 */
export class TopicRegistry implements AsyncDisposable {
  readonly #log: CommitLog;
  readonly #options: TopicRegistryOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #removeListener: () => void;
  #nextOffset = 0;
  /** The latest records by rule R7 alone: mostly those that hold. */
  readonly #latest = new Map<string, Entry>();
  /** Topics of which they are not. */
  readonly #overtaken = new Set<string>();
  /** Topics of which what holds stands in a forked feed, and a copy of it is not as late: who has that alone may hold another. */
  readonly #copied = new Set<string>();
  /** Topics of these two whose turn to be said again is still to come. */
  readonly #toSayAgain = new Set<string>();
  /** Topics about which something new is settled that is not applied yet. */
  readonly #changed = new Set<string>();
  /** Entries of topics that are deleted. */
  #deleted = 0;
  #folding: Promise<void> = Promise.resolve();
  #setting: Promise<unknown> = Promise.resolve();
  #cancelRetry: (() => void) | undefined;
  #closed = false;

  private constructor(log: CommitLog, options: TopicRegistryOptions) {
    this.#log = log;
    this.#options = options;
    this.#removeListener = log.onGrow((topic) => {
      if (topic.name === settingsTopic) this.#foldSoon();
    });
  }

  /** Reads what is settled and applies it. Where it cannot be read, `onWarn` hears of it, and it is tried again. */
  static async open(log: CommitLog, options: TopicRegistryOptions): Promise<TopicRegistry> {
    const registry = new TopicRegistry(log, options);
    registry.#foldSoon();
    await registry.#folding;
    return registry;
  }

  /** What holds for a topic; nothing of its own where it is deleted. */
  settings(topic: string): TopicSettings {
    return this.#entries.get(topic)?.value.settings ?? {};
  }

  /** Topics about which something is settled. */
  get names(): Iterable<string> {
    return this.#entries.keys();
  }

  /** Whether something is settled about a topic, and it is not deleted. */
  isSettled(topic: string): boolean {
    return this.#entries.get(topic)?.value.deleted === false;
  }

  /** Whether all that the log holds of it is taken in. */
  get isCurrent(): boolean {
    return this.#nextOffset >= (this.#log.topic(settingsTopic)?.nextOffset ?? 0);
  }

  /** Begins to hold a topic, if that is to be so by now. Resolves when it is open. */
  async hold(topic: string): Promise<void> {
    await this.#inTurn(() => this.#apply(topic));
  }

  /**
   * Changes what holds for a topic on all nodes. Resolves with what holds now, once that is fsynced here, whatever the
   * policy, and applied here. `create` makes a topic that is not there yet, or was deleted: then it begins anew, in the
   * next generation. Rejects with `InvalidTopicError`, `InvalidTopicSettingError`, `TopicExistsError`,
   * `TopicNotFoundError`, `TopicDeletedError`, `TooManyTopicsError`, or as produce does.
   */
  set(topic: string, change: TopicSettingsChange, options: { readonly create: boolean }): Promise<TopicSettings> {
    return this.#inTurn(() => this.#set(topic, change, options.create));
  }

  /**
   * Deletes a topic on all nodes, with what was written to it and is not seen here yet. Resolves with its generation once
   * that is fsynced here and the topic is gone here. Rejects with `InvalidTopicError`, `TopicNotFoundError`, `TopicDeletedError`,
   * `TooManyTopicsError`, or as produce does.
   */
  delete(topic: string): Promise<number> {
    return this.#inTurn(() => this.#delete(topic));
  }

  /** One after another: each goes on from what the one before settled. */
  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const settled = this.#setting.then(change);
    this.#setting = settled.catch(() => undefined);
    return settled;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#removeListener();
    this.#cancelRetry?.();
    await this.#setting;
    await this.#folding;
  }

  async #set(name: string, change: TopicSettingsChange, create: boolean): Promise<TopicSettings> {
    const before = await this.#valueNow("set", name);
    const exists = !before.deleted && (this.#entries.has(name) || this.#log.topic(name) !== undefined);
    if (create && exists) throw new TopicExistsError(name);
    if (!create && before.deleted) throw new TopicDeletedError(name, before.generation);
    if (!create && !exists) throw new TopicNotFoundError("set", name);
    if (!exists && this.#entries.size - this.#deleted >= topicsMax) throw new TooManyTopicsError(name);
    const generation = before.deleted ? nextGeneration(name, before) : before.generation;
    const { segmentBytesMax } = this.#log;
    const { expressionFault = () => undefined } = this.#options;
    const settings = changedSettings(name, before.settings, { change, segmentBytesMax, expressionFault });
    await this.#write(name, { ...before, generation, deleted: false, settings });
    return this.settings(name);
  }

  async #delete(name: string): Promise<number> {
    const { generation, deleted } = await this.#valueNow("delete", name);
    if (deleted) throw new TopicDeletedError(name, generation);
    if (!this.#entries.has(name) && this.#log.topic(name) === undefined) throw new TopicNotFoundError("delete", name);
    if (this.#deleted >= deletedTopicsMax) throw new TooManyTopicsError(name);
    await this.#write(name, { generation, deleted: true, settings: {}, others: {} });
    return generation;
  }

  /** What holds for a topic that users may change, once all that is there is taken in. */
  async #valueNow(doing: string, name: string): Promise<TopicValue> {
    const fault = topicNameFault(name) ?? (isInternalTopic(name) ? internalFault(doing, name) : undefined);
    if (fault !== undefined) throw new InvalidTopicError(fault);
    await this.#fold();
    const life = this.#log.lives.get(name) ?? firstLife;
    return this.#entries.get(name)?.value ?? { ...life, settings: {}, others: {} };
  }

  /** Resolves when it is durable, and applied here. */
  async #write(name: string, value: TopicValue): Promise<void> {
    const builder = new FrameBuilder();
    builder.add({ key: name, value: encodeTopicValue(value) }, this.#options.wallMs());
    const topics = await this.#log.openTopic(settingsTopic);
    await topics.produce(builder.finish());
    await this.#fold();
  }

  #foldSoon(): void {
    this.#fold().catch((error: unknown) => {
      if (this.#closed) return;
      this.#options.onWarn(`cannot read topic settings: ${messageOf(error)}`);
      this.#foldLater();
    });
  }

  /** Nothing may come for a long time that would have it read again. */
  #foldLater(): void {
    if (this.#closed) return;
    this.#cancelRetry ??= this.#options.after(retryMs, () => {
      this.#cancelRetry = undefined;
      this.#foldSoon();
    });
  }

  /** Takes in all that is there now. */
  #fold(): Promise<void> {
    const folded = this.#folding.then(() => this.#foldOn());
    this.#folding = folded.catch(() => undefined);
    return folded;
  }

  async #foldOn(): Promise<void> {
    const topics = this.#log.topic(settingsTopic);
    if (topics === undefined) return;
    while (this.#nextOffset < topics.nextOffset) {
      const { frames, nextOffset } = await topics.read(Math.max(this.#nextOffset, topics.firstOffset), foldBytesMax);
      this.#takeFrames(frames);
      this.#nextOffset = nextOffset;
    }
    for (const name of [...this.#changed]) if (await this.#apply(name)) this.#changed.delete(name);
    if (this.#changed.size > 0) this.#foldLater();
    for (const names of [this.#overtaken, this.#copied]) for (const name of names) this.#sayAgain(name);
  }

  /**
   * Says again what holds where a record of an earlier life came later, for compaction by key keeps the latest record, and
   * where others have but a copy of it. Each node that sees it does, so that it is done whoever is left.
   */
  #sayAgain(name: string): void {
    if (this.#toSayAgain.has(name)) return;
    this.#toSayAgain.add(name);
    const said = this.#inTurn(async () => {
      this.#toSayAgain.delete(name);
      const value = this.#entries.get(name)?.value;
      const isToBeSaid = this.#overtaken.has(name) || this.#copied.has(name);
      if (value !== undefined && isToBeSaid && !this.#closed) await this.#write(name, value);
    });
    said.catch((error: unknown) => {
      if (!this.#closed) this.#options.onWarn(`cannot say again what is settled about ${name}: ${messageOf(error)}`);
      this.#foldLater();
    });
  }

  #takeFrames(frames: Uint8Array): void {
    for (let at = 0; at < frames.length; ) {
      const scan = scanFrame(frames, at, crc32);
      if (scan.type !== "frame") throw new RangeError(`Cannot read a frame of ${settingsTopic}: it is ${scan.type}`);
      const { header } = scan;
      const end = at + header.frameBytes;
      const payload = frames.subarray(at + headersBytes, end);
      const from = { lamport: header.lamport, isCopy: isReproduced(frames, at) };
      at = end;
      // Nodes write none that is compressed; a gap holds nothing.
      if (header.kind !== "records" || header.compression !== "none") continue;
      readRecords(payload, header, (record) => this.#take(record, from));
    }
  }

  #take(record: LogRecord, from: Pick<Entry, "lamport" | "isCopy">): void {
    const { writer, sequence } = record;
    const name = record.key === undefined ? "" : toText(record.key);
    const value = decodeTopicValue(record.value);
    const known = this.#entries.get(name);
    if (topicNameFault(name) !== undefined || isInternalTopic(name) || value === undefined) {
      this.#options.onWarn(`a record of ${settingsTopic} is not understood: ${writer} ${sequence}`);
      return;
    }
    const entry = { value, writer, sequence, ...from };
    if (known === undefined || isLater(entry, known)) {
      const [max, count] = value.deleted
        ? [deletedTopicsMax, this.#deleted]
        : [topicsMax, this.#entries.size - this.#deleted];
      if (known?.value.deleted !== value.deleted && count >= max) {
        this.#options.onWarn(`what is settled about topic ${name} is left out: there are ${max} such topics`);
        return;
      }
      this.#deleted += Number(value.deleted) - Number(known?.value.deleted ?? false);
      this.#entries.set(name, entry);
      this.#changed.add(name);
      this.#copied.delete(name);
      this.#options.onSettled?.(name);
    }
    const other = this.#entries.get(name) === entry ? known : entry;
    if (other !== undefined && isCopyOf(other, this.#entries.get(name) as Entry)) this.#copied.add(name);
    const latest = this.#latest.get(name);
    if (latest === undefined || isLatest(entry, latest)) this.#latest.set(name, entry);
    if (this.#latest.get(name) === this.#entries.get(name)) this.#overtaken.delete(name);
    else this.#overtaken.add(name);
  }

  #isHeldHere(name: string): boolean {
    return this.#options.isHeldHere?.(name, this.settings(name)) ?? true;
  }

  /** A topic about which something is settled is held, even while nothing is in it; unless it is deleted, or for others. */
  async #apply(name: string): Promise<boolean> {
    const life = this.#entries.get(name)?.value ?? firstLife;
    try {
      await this.#log.settleLife(name, { generation: life.generation, deleted: life.deleted });
      if (life.deleted) return true;
      const isNew = this.#log.topic(name) === undefined;
      if (isNew && !this.#isHeldHere(name)) return true;
      const topic: TopicLog = await this.#log.openTopic(name);
      const { retention, compact, tombstoneGraceMs = tombstoneGraceMsDefault } = this.settings(name);
      topic.setRetention(retention && applicableRetention(retention, this.#log.segmentBytesMax));
      topic.setCompaction(compact === true ? { tombstoneGraceMs } : undefined);
      if (isNew) this.#options.onHeld?.(name);
      await topic.retain();
      return true;
    } catch (error) {
      if (!this.#closed) this.#options.onWarn(`cannot apply what is settled about topic ${name}: ${messageOf(error)}`);
      return false;
    }
  }
}

/**
 * Rule R7, within one life of the topic: what was settled on one side of a partition about a generation that the other
 * deleted meanwhile, whatever its Lamport number, must not bring back a topic whose records are gone. Writers have one
 * length, so that texts compare as numbers would.
 */
function isLater(left: Entry, right: Entry): boolean {
  if (isLaterLife(left.value, right.value)) return true;
  if (isLaterLife(right.value, left.value)) return false;
  return isLatest(left, right);
}

/** Rule R7 alone. */
function isLatest(left: Entry, right: Entry): boolean {
  if (left.lamport !== right.lamport) return left.lamport > right.lamport;
  if (left.writer !== right.writer) return left.writer > right.writer;
  return left.sequence > right.sequence;
}

/** True where the copy comes after what it is a copy of, by its writer alone: it has the same Lamport number. */
function isCopyOf(copy: Entry, original: Entry): boolean {
  if (!copy.isCopy || original.isCopy || copy.lamport !== original.lamport) return false;
  return sameBytes(encodeTopicValue(copy.value), encodeTopicValue(original.value));
}

function nextGeneration(name: string, { generation }: TopicLife): number {
  if (generation < generationMax) return generation + 1;
  throw new InvalidTopicError(
    `Cannot create topic ${JSON.stringify(name)}: it was deleted ${generation} times, the most is ${generationMax - 1}`,
  );
}

function internalFault(doing: string, name: string): string {
  return `Cannot ${doing} topic ${JSON.stringify(name)}: names that begin with "_" are the cluster's own`;
}
