import {
  crc32,
  cursorsTopic,
  FrameBuilder,
  headersBytes,
  type LogRecord,
  readRecords,
  scanFrame,
  type Vector,
  type WriterId,
} from "../base/mod.ts";
import {
  CursorDeletedError,
  CursorResetError,
  CursorsOverloadedError,
  CursorTooLargeError,
  TooManyCursorsError,
  UnknownCursorError,
} from "./cursor_errors.ts";
import {
  type CursorKey,
  type CursorState,
  cursorBytesMax,
  decodeCursorKey,
  decodeCursorState,
  encodeCursorKey,
  encodeCursorState,
  joinCursors,
  resetsMax,
  sameCursor,
} from "./cursor_value.ts";
import { LogClosedError, messageOf, TopicDeletedError } from "./errors.ts";
import { firstLife } from "./topic_value.ts";
import type { CommitLog } from "./types.ts";

/** Cursors that a node keeps in memory, those that were deleted included. */
const cursorsMax = 100_000;
/** Cursors that one topic has: 156 groups fit, or ten thousand names. */
const topicCursorsMax = 10_000;
/** Changes that wait for those before them to be written. */
const changesWaitingMax = 10_000;
/** Bytes of values after which no further change joins a batch. */
const batchBytesEnough = 1_048_576;
/** Bytes that are read from `_cursors` at once. */
const foldBytesMax = 1_048_576;

export interface CursorRegistryOptions {
  readonly wallMs: () => number;
  /** Hears of records that make no sense, and of what cannot be read. */
  readonly onWarn: (message: string) => void;
}

/** A named cursor, as this node knows it. */
export interface SavedCursor extends CursorState {
  readonly name: string;
  /** When the latest of what it is made of was written. */
  readonly savedAtMs: number;
  /** Where in `_cursors` what it is made of stands: a node that holds so much of each writer says no less. */
  readonly token: Vector;
}

interface Entry {
  readonly state: CursorState;
  readonly savedAtMs: number;
  readonly places: Map<WriterId, number>;
}

/** A change that waits. `next` says what is to hold, or throws why it may not. */
interface Change {
  readonly key: CursorKey;
  readonly next: (known: CursorState | undefined) => CursorState;
  readonly resolve: (saved: SavedCursor) => void;
  readonly reject: (error: unknown) => void;
}

/** What counts of a topic: the generation that is asked about. */
export interface CursorTopic {
  readonly name: string;
  readonly generation: number;
}

/**
 * How far named consumers have read, as the topic `_cursors` says. It is replicated as any topic is, and all nodes come to
 * the same in whatever order the records reach them, without asking each other: what is known only grows, by
 * `joinCursors`. Changes that come while others are written are written together, of each cursor only what comes of
 * all; what adds nothing is not written at all.
 */
export class CursorRegistry implements AsyncDisposable {
  readonly #log: CommitLog;
  readonly #options: CursorRegistryOptions;
  readonly #topics = new Map<string, Map<string, Entry>>();
  readonly #removeListeners: readonly (() => void)[];
  #size = 0;
  #nextOffset = 0;
  #folding: Promise<void> = Promise.resolve();
  #waiting: Change[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;
  #recordsWritten = 0;
  #changesAsked = 0;

  private constructor(log: CommitLog, options: CursorRegistryOptions) {
    this.#log = log;
    this.#options = options;
    this.#removeListeners = [
      log.onGrow((topic) => {
        if (topic.name === cursorsTopic) this.#foldSoon();
      }),
      // What was read of a topic that is gone goes with it.
      log.onLife(({ topic }) => this.#forgetPast(topic)),
    ];
  }

  /** Reads what is saved. Where it cannot be read, `onWarn` hears of it, and whoever asks later. */
  static async open(log: CommitLog, options: CursorRegistryOptions): Promise<CursorRegistry> {
    const registry = new CursorRegistry(log, options);
    registry.#foldSoon();
    await registry.#folding;
    return registry;
  }

  /** Cursors that are kept in memory. */
  get size(): number {
    return this.#size;
  }

  /** Records that this node wrote, and changes that it was asked for, since it was opened. */
  get counters(): { readonly written: number; readonly asked: number } {
    return { written: this.#recordsWritten, asked: this.#changesAsked };
  }

  /** What is known of a name, also that it is deleted; undefined when nothing is, in this generation of the topic. */
  async get(topic: CursorTopic, name: string): Promise<SavedCursor | undefined> {
    await this.#fold();
    const entry = this.#topics.get(topic.name)?.get(name);
    return entry?.state.generation === topic.generation ? savedCursor(name, entry) : undefined;
  }

  /** The cursors of a topic, sorted by name. */
  async list(topic: CursorTopic): Promise<readonly SavedCursor[]> {
    await this.#fold();
    return [...(this.#topics.get(topic.name) ?? [])]
      .filter(([, { state }]) => state.generation === topic.generation && !state.deleted)
      .map(([name, entry]) => savedCursor(name, entry))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /**
   * Adds to what was read under a name since the reset that the reader knows of, which others may not have heard of yet.
   * Resolves with what is known now, once that is fsynced, whatever the policy. Rejects with `CursorResetError`,
   * `CursorDeletedError`, `TooManyCursorsError`, `CursorTooLargeError`, `CursorsOverloadedError`, or as produce does.
   */
  save(
    topic: CursorTopic,
    name: string,
    read: { readonly vector: Vector; readonly resets: number },
  ): Promise<SavedCursor> {
    const { generation } = topic;
    return this.#change({ topic: topic.name, name }, (known) => {
      const asked: CursorState = { generation, deleted: false, ...read };
      if (known === undefined || known.generation < generation) return asked;
      refusePast(topic, known);
      if (read.resets < known.resets) throw new CursorResetError(topic.name, name);
      if (read.resets === known.resets && known.deleted) throw new CursorDeletedError(topic.name, name);
      return joinCursors(known, asked);
    });
  }

  /** Sets a cursor anew, also to an earlier place. What is saved by those who began before is refused from then on. */
  reset(topic: CursorTopic, name: string, vector: Vector): Promise<SavedCursor> {
    return this.#change({ topic: topic.name, name }, (known) => {
      return { ...nextReset(topic, known), deleted: false, vector };
    });
  }

  /** Ends a cursor: whoever begins under the name begins anew. Rejects as `save`, and with `UnknownCursorError`. */
  delete(topic: CursorTopic, name: string): Promise<SavedCursor> {
    return this.#change({ topic: topic.name, name }, (known) => {
      if (known === undefined || known.generation !== topic.generation || known.deleted) {
        throw new UnknownCursorError(topic.name, name);
      }
      return { ...nextReset(topic, known), deleted: true, vector: new Map() };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const remove of this.#removeListeners) remove();
    for (const { reject } of this.#waiting.splice(0)) reject(new LogClosedError());
    await this.#writing;
    await this.#folding;
  }

  #change(key: CursorKey, next: Change["next"]): Promise<SavedCursor> {
    if (this.#closed) return Promise.reject(new LogClosedError());
    if (this.#waiting.length >= changesWaitingMax) return Promise.reject(new CursorsOverloadedError(changesWaitingMax));
    this.#changesAsked++;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, next, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Those who ask in the same turn are answered together.
      await Promise.resolve();
      const taken = this.#waiting;
      this.#waiting = [];
      try {
        await this.#fold();
        await this.#write(taken);
      } catch (error) {
        for (const { reject } of taken) reject(error);
      }
    }
    // In the turn in which nothing waits: whoever asks next begins again.
    this.#writing = undefined;
  }

  /** Writes what comes of some changes; those that no longer fit wait for the next round. */
  async #write(changes: readonly Change[]): Promise<void> {
    const states = new Map<string, { readonly key: CursorKey; readonly state: CursorState }>();
    const accepted: Change[] = [];
    let bytes = 0;
    let taken = 0;
    for (const change of changes) {
      if (bytes > batchBytesEnough) break;
      taken++;
      const place = encodeCursorKey(change.key, this.#log.writer);
      try {
        const state = this.#judged(change, states.get(place)?.state);
        const known = states.get(place)?.state ?? this.#entry(change.key)?.state;
        if (known === undefined || !sameCursor(known, state)) {
          states.set(place, { key: change.key, state });
          bytes += encodeCursorState(state).length;
        }
        accepted.push(change);
      } catch (error) {
        change.reject(error);
      }
    }
    if (states.size > 0) await this.#produce([...states].map(([key, { state }]) => ({ key, state })));
    // Only now: when the write fails all are told so, and none of them is made later nonetheless.
    this.#waiting.unshift(...changes.slice(taken));
    for (const { key, resolve, reject } of accepted) {
      const entry = this.#entry(key);
      if (entry === undefined) reject(new UnknownCursorError(key.topic, key.name));
      else resolve(savedCursor(key.name, entry));
    }
  }

  /** What a change leads to. Throws why it may not be. */
  #judged({ key, next }: Change, changed: CursorState | undefined): CursorState {
    const known = changed ?? this.#entry(key)?.state;
    const state = next(known);
    if (encodeCursorState(state).length > cursorBytesMax) throw new CursorTooLargeError(key.topic, key.name);
    if (known === undefined || known.deleted) {
      const ofTopic = this.#topics.get(key.topic)?.size ?? 0;
      if (known === undefined && (ofTopic >= topicCursorsMax || this.#size >= cursorsMax)) {
        throw new TooManyCursorsError(key.topic, ofTopic >= topicCursorsMax ? topicCursorsMax : cursorsMax);
      }
    }
    return state;
  }

  async #produce(records: readonly { readonly key: string; readonly state: CursorState }[]): Promise<void> {
    const builder = new FrameBuilder();
    const nowMs = this.#options.wallMs();
    for (const { key, state } of records) builder.add({ key, value: encodeCursorState(state) }, nowMs);
    const topic = await this.#log.openTopic(cursorsTopic);
    await topic.produce(builder.finish());
    this.#recordsWritten += records.length;
    await this.#fold();
  }

  #entry({ topic, name }: CursorKey): Entry | undefined {
    return this.#topics.get(topic)?.get(name);
  }

  #foldSoon(): void {
    this.#fold().catch((error: unknown) => {
      if (!this.#closed) this.#options.onWarn(`cannot read saved cursors: ${messageOf(error)}`);
    });
  }

  /** Takes in all that is there now. */
  #fold(): Promise<void> {
    const folded = this.#folding.then(() => this.#foldOn());
    this.#folding = folded.catch(() => undefined);
    return folded;
  }

  async #foldOn(): Promise<void> {
    const topic = this.#log.topic(cursorsTopic);
    if (topic === undefined) return;
    while (this.#nextOffset < topic.nextOffset) {
      const { frames, nextOffset } = await topic.read(Math.max(this.#nextOffset, topic.firstOffset), foldBytesMax);
      this.#takeFrames(frames);
      this.#nextOffset = nextOffset;
    }
  }

  #takeFrames(frames: Uint8Array): void {
    for (let at = 0; at < frames.length; ) {
      const scan = scanFrame(frames, at, crc32);
      if (scan.type !== "frame") throw new RangeError(`Cannot read a frame of ${cursorsTopic}: it is ${scan.type}`);
      const { header } = scan;
      const end = at + header.frameBytes;
      const payload = frames.subarray(at + headersBytes, end);
      at = end;
      // Nodes write none that is compressed; a gap holds nothing.
      if (header.kind !== "records" || header.compression !== "none") continue;
      readRecords(payload, header, (record) => this.#take(record));
    }
  }

  #take({ key, value, writer, sequence, timestampMs }: LogRecord): void {
    const place = key && decodeCursorKey(key);
    const state = decodeCursorState(value);
    if (place === undefined || state === undefined) {
      this.#options.onWarn(`a record of ${cursorsTopic} is not understood: ${writer} ${sequence}`);
      return;
    }
    if (this.#isPast(place.topic, state.generation)) return;
    const known = this.#entry(place);
    if (known === undefined && this.#size >= cursorsMax) {
      this.#options.onWarn(`cursor ${place.name} of topic ${place.topic} is left out: there are ${cursorsMax} cursors`);
      return;
    }
    const places = known?.places ?? new Map<WriterId, number>();
    places.set(writer, Math.max(places.get(writer) ?? 0, sequence));
    const joined = known === undefined ? state : joinCursors(known.state, state);
    this.#keep(place, { state: joined, savedAtMs: Math.max(known?.savedAtMs ?? 0, timestampMs), places });
  }

  #keep({ topic, name }: CursorKey, entry: Entry): void {
    const names = this.#topics.get(topic) ?? new Map<string, Entry>();
    if (!names.has(name)) this.#size++;
    names.set(name, entry);
    this.#topics.set(topic, names);
  }

  /** True of a generation that was deleted. */
  #isPast(topic: string, generation: number): boolean {
    const life = this.#log.lives.get(topic) ?? firstLife;
    return generation < life.generation || (life.deleted && generation === life.generation);
  }

  #forgetPast(topic: string): void {
    const names = this.#topics.get(topic);
    if (names === undefined) return;
    for (const [name, { state }] of names) {
      if (!this.#isPast(topic, state.generation)) continue;
      names.delete(name);
      this.#size--;
    }
    if (names.size === 0) this.#topics.delete(topic);
  }
}

/** Others have heard of a later life of the topic: this one is over. */
function refusePast({ name, generation }: CursorTopic, known: CursorState): void {
  if (known.generation > generation) throw new TopicDeletedError(name, generation);
}

function nextReset(topic: CursorTopic, known: CursorState | undefined): Pick<CursorState, "generation" | "resets"> {
  const { name, generation } = topic;
  if (known === undefined || known.generation < generation) return { generation, resets: 1 };
  refusePast(topic, known);
  if (known.resets + 2 > resetsMax) throw new TooManyCursorsError(name, resetsMax);
  // Who begins where it was deleted saves with the next count, and may have begun already.
  return { generation, resets: known.resets + (known.deleted ? 2 : 1) };
}

function savedCursor(name: string, { state, savedAtMs, places }: Entry): SavedCursor {
  return { ...state, name, savedAtMs, token: new Map(places) };
}
