/**
 * Group commit of one topic. What arrives while a group is on its way to the disk makes the next group: one write each,
 * and one sync in flight. Nothing of a group counts before its write (under `always`, its sync) succeeded.
 */
import { assert, type FrameHeader, type WriterId } from "../base/mod.ts";
import { LogClosedError, LogOverloadedError, LogWriteError, messageOf } from "./errors.ts";
import { Group } from "./group.ts";
import { createSegment, writeIndex } from "./recovery.ts";
import { rewrite } from "./rewrite.ts";
import type { TopicState } from "./topic_state.ts";
import type { Ack, Applied } from "./types.ts";

/** Bytes after which a group is closed, so that its first frames do not wait for a giant write. */
const groupBytesMax = 16 * 1_048_576;

/** Something that waits for the disk. */
interface Waiting {
  readonly bytes: number;
  /** Adds it to a group. The result answers its caller once the group counts. */
  readonly stage: (group: Group) => () => void;
  readonly reject: (error: Error) => void;
}

export class Committer {
  readonly #state: TopicState;
  readonly #onGrow: () => void;
  #waiting: Waiting[] = [];
  #pendingBytes = 0;
  /** The loop that commits groups, while there are any. */
  #running: Promise<void> | undefined;
  #closed = false;
  /** The end of the file may hold bytes of a group that failed: it is cut before anything is written. */
  #tailBroken = false;
  #failureReported = false;
  /** Syncs one after another. */
  #syncing: Promise<void> = Promise.resolve();
  /** A failed sync may have forgotten what was written from `durableBytes` on. */
  #pagesForgotten = false;
  #cancelTimer: (() => void) | undefined;

  constructor(state: TopicState, onGrow: () => void) {
    this.#state = state;
    this.#onGrow = onGrow;
  }

  produce(frame: Uint8Array, header: FrameHeader): Promise<Ack> {
    return this.#enqueue(frame.length, (group) => {
      const ack = { ...group.produce(frame, header), count: header.count };
      return () => ack;
    });
  }

  apply(frames: Uint8Array): Promise<Applied> {
    return this.#enqueue(frames.length, (group) => {
      const applied = group.apply(frames);
      return () => applied;
    });
  }

  applyGap(writer: WriterId, through: number): Promise<void> {
    return this.#enqueue(0, (group) => {
      group.applyGap(writer, through);
      return () => undefined;
    });
  }

  /** Commits what waits, then makes everything durable. Returns whether all of it is. */
  async close(): Promise<boolean> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#running;
    this.#cancelTimer?.();
    try {
      await this.#syncing.catch(() => undefined);
      if (this.#tailBroken) await this.#repairTail();
      if (this.#state.hasUnsynced) await this.#sync();
      await writeIndex(this.#state, this.#state.active);
      return true;
    } catch (error) {
      this.#report(error);
      return false;
    }
  }

  #enqueue<Result>(bytes: number, stage: (group: Group) => () => Result): Promise<Result> {
    if (this.#closed) return Promise.reject(new LogClosedError());
    const { pendingBytesMax } = this.#state.shared.options;
    // Something larger than the bound itself may wait alone: it is no larger than a frame or a message.
    if (this.#pendingBytes > 0 && this.#pendingBytes + bytes > pendingBytesMax) {
      return Promise.reject(new LogOverloadedError(this.#pendingBytes, pendingBytesMax));
    }
    return new Promise((resolve, reject) => {
      this.#pendingBytes += bytes;
      this.#waiting.push({
        bytes,
        stage: (group) => {
          const result = stage(group);
          return () => resolve(result());
        },
        reject,
      });
      this.#start();
    });
  }

  #start(): void {
    if (this.#running !== undefined) return;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    // Ends: after close() nothing is added, and before it every round answers at least one caller.
    while (this.#waiting.length > 0) {
      // Callers that were just answered, or are called in this same turn, get into the group that is about to form.
      await new Promise<void>((resolve) => this.#state.shared.soon(resolve));
      await this.#commitGroup();
    }
    this.#running = undefined;
  }

  async #commitGroup(): Promise<void> {
    let taken: Waiting[] = [];
    const answers: (() => void)[] = [];
    try {
      await this.#prepare();
      const group = new Group(this.#state);
      taken = this.#take(group, answers);
      if (group.frames.length > 0) await this.#write(group);
    } catch (error) {
      if (taken.length === 0) taken = this.#takeAll();
      await this.#fail(taken, error);
      return;
    }
    this.#failureReported = false;
    this.#settle(taken);
    for (const answer of answers) answer();
  }

  /** Puts what waits into the group, until it is large enough or fills the segment. */
  #take(group: Group, answers: (() => void)[]): Waiting[] {
    const { segmentBytesMax } = this.#state.shared.options;
    let count = 0;
    for (const one of this.#waiting) {
      if (count > 0 && (group.end - group.start >= groupBytesMax || group.end >= segmentBytesMax)) break;
      answers.push(one.stage(group));
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  #takeAll(): Waiting[] {
    return this.#waiting.splice(0);
  }

  async #write(group: Group): Promise<void> {
    const state = this.#state;
    const { fsync } = state.shared.options;
    await state.active.file.use(async (file) => {
      this.#tailBroken = true;
      file.write(group.start, group.parts);
      if (fsync === "always") await file.sync();
      this.#tailBroken = false;
    });
    for (const [index, frame] of group.frames.entries()) {
      state.admit(frame);
      state.tail.add(frame, group.parts[index] as Uint8Array);
    }
    if (fsync === "always") state.beginSync()();
    if (fsync === "interval") this.#armTimer();
    this.#onGrow();
  }

  /** Before a group: a sound tail, and room in the segment. */
  async #prepare(): Promise<void> {
    if (this.#tailBroken) await this.#repairTail();
    const { active } = this.#state;
    if (active.bytes < this.#state.shared.options.segmentBytesMax) return;
    if (this.#state.hasUnsynced) await this.#sync();
    await writeIndex(this.#state, active).catch(() => {
      // The next open makes it again from the segment.
    });
    await createSegment(this.#state, active.nextOffset);
  }

  /** Cuts off what a failed group may have left, so that it can neither come back nor lie before new frames. */
  async #repairTail(): Promise<void> {
    const { active, shared } = this.#state;
    await active.file.use(async (file) => {
      await file.truncate(active.bytes);
      if (shared.options.fsync === "always") await file.sync();
    });
    this.#tailBroken = false;
  }

  async #fail(taken: readonly Waiting[], error: unknown): Promise<void> {
    this.#report(error);
    if (this.#tailBroken) {
      // At once, so that a crash finds the tail as the callers are told it is. When it fails, the next group tries again.
      await this.#repairTail().catch(() => undefined);
    }
    this.#settle(taken);
    for (const one of taken) one.reject(new LogWriteError(this.#state.name, error));
  }

  #settle(taken: readonly Waiting[]): void {
    for (const one of taken) this.#pendingBytes -= one.bytes;
    assert(this.#pendingBytes >= 0, "what waits never counts less than nothing");
  }

  /** One event for a row of failures. */
  #report(error: unknown): void {
    if (this.#failureReported) return;
    this.#failureReported = true;
    this.#state.shared.emit({ type: "write-failed", topic: this.#state.name, message: messageOf(error) });
  }

  /** Makes durable what was admitted before the call. */
  #sync(): Promise<void> {
    this.#syncing = this.#syncing.catch(() => undefined).then(() => this.#syncNow());
    return this.#syncing;
  }

  async #syncNow(): Promise<void> {
    const state = this.#state;
    const { active } = state;
    const finish = state.beginSync();
    await active.file.use(async (file) => {
      if (this.#pagesForgotten) await rewrite(file, state.durableBytes, active.bytes);
      this.#pagesForgotten = true;
      await file.sync();
      this.#pagesForgotten = false;
    });
    if (finish()) this.#onGrow();
  }

  #armTimer(): void {
    if (this.#cancelTimer !== undefined || this.#closed) return;
    const { after, options } = this.#state.shared;
    this.#cancelTimer = after(options.fsyncIntervalMs, () => {
      this.#cancelTimer = undefined;
      this.#sync()
        .then(() => {
          this.#failureReported = false;
        })
        .catch((error: unknown) => this.#report(error))
        .finally(() => {
          if (this.#state.hasUnsynced) this.#armTimer();
        });
    });
  }
}
