/**
 * Group commit of one topic. What arrives while a group is on its way to the disk makes the next group: one write each,
 * and one sync in flight. Nothing of a group counts before its write (under `always`, its sync) succeeded.
 */
import { assert, type FrameHeader, type WriterId } from "../base/mod.ts";
import type { LogFile } from "./directory.ts";
import { LogClosedError, LogOverloadedError, LogWriteError, messageOf } from "./errors.ts";
import { Group } from "./group.ts";
import { meteredSync } from "./meter.ts";
import { createSegment, writeDerived } from "./recovery.ts";
import { rewrite } from "./rewrite.ts";
import { cutRoom, type Room, segmentRoom } from "./room.ts";
import { StagedGroup } from "./staged_group.ts";
import type { TopicState } from "./topic_state.ts";
import type { Ack, Applied } from "./types.ts";
import { type OwnFrame, type Waiting, WaitingApply, WaitingGap, WaitingProduce, WaitingReproduce } from "./waiting.ts";

/** Bytes after which a group is closed, so that its first frames do not wait for a giant write. */
const groupBytesMax = 16 * 1_048_576;

export class Committer {
  readonly #state: TopicState;
  readonly #onGrow: () => void;
  #waiting: Waiting[] = [];
  #pendingBytes = 0;
  /** Bytes of those in `#waiting`. */
  #waitingBytes = 0;
  /** A round will call, or a group is on its way. */
  #isBusy = false;
  #whenIdle: (() => void)[] = [];
  /** What those are told who come too late. */
  #closed: Error | undefined;
  /** The end of the file may hold bytes of a group that failed: it is cut before anything is written. */
  #tailBroken = false;
  /** Of the segment that takes new frames. */
  #room: Room;
  #failureReported = false;
  /** The segment is to be closed although it has room. */
  #isCloseAsked = false;
  /** Syncs one after another. */
  #syncing: Promise<void> = Promise.resolve();
  /** A failed sync may have forgotten what was written from `durableBytes` on. */
  #pagesForgotten = false;
  #cancelTimer: (() => void) | undefined;

  constructor(state: TopicState, onGrow: () => void) {
    this.#state = state;
    this.#onGrow = onGrow;
    this.#room = segmentRoom(this.#state.shared.options.segmentBytesMax);
  }

  produce(frame: Uint8Array, header: FrameHeader): Promise<Ack> {
    return this.#enqueue(frame.length, (resolve, reject) => new WaitingProduce(frame, header, resolve, reject));
  }

  /** All of these frames, or none. */
  reproduce(frames: readonly OwnFrame[]): Promise<void> {
    const bytes = frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
    return this.#enqueue(bytes, (resolve, reject) => new WaitingReproduce(frames, resolve, reject));
  }

  apply(frames: Uint8Array): Promise<Applied> {
    return this.#enqueue(frames.length, (resolve, reject) => new WaitingApply(frames, resolve, reject));
  }

  applyGap(writer: WriterId, through: number): Promise<void> {
    return this.#enqueue(0, (resolve, reject) => new WaitingGap({ writer, through }, resolve, reject));
  }

  /** Closes the segment that takes new frames, unless it is empty. Rejects with `LogWriteError`; the next group tries again. */
  closeSegment(): Promise<void> {
    this.#isCloseAsked = true;
    // A group that takes nothing in is prepared for as any other.
    return this.applyGap(this.#state.shared.writer(), 0);
  }

  /** Resolves when all that was admitted before the call is durable. Rejects with what the disk says. */
  async sync(): Promise<void> {
    if (this.#state.hasUnsynced) await this.#sync();
  }

  /** Commits what waits, then makes everything durable. Returns whether all of it is. */
  async close(): Promise<boolean> {
    this.#closed ??= new LogClosedError();
    await this.#idle();
    await this.#state.producers.rest();
    try {
      await this.#syncing.catch(() => undefined);
      if (this.#tailBroken) await this.#repairTail();
      await this.#state.active.settle();
      await this.sync();
      await this.#cutRoom();
      await writeDerived(this.#state);
      return true;
    } catch (error) {
      this.#report(error);
      return false;
    }
  }

  /** Takes nothing more, and tells those why who wait. Resolves when nothing is on its way to the disk. */
  async abandon(reason: Error): Promise<void> {
    this.#closed = reason;
    const waiting = this.#takeAll();
    this.#settle(waiting);
    for (const one of waiting) one.reject(reason);
    await this.#idle();
    await this.#syncing.catch(() => undefined);
    await this.#state.producers.rest();
  }

  async #idle(): Promise<void> {
    this.#cancelTimer?.();
    if (this.#isBusy) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    this.#cancelTimer?.();
  }

  #enqueue<Result>(
    bytes: number,
    waitingOf: (resolve: (result: Result) => void, reject: (error: Error) => void) => Waiting,
  ): Promise<Result> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const { pendingBytesMax } = this.#state.shared.options;
    // Something larger than the bound itself may wait alone: it is no larger than a frame or a message.
    if (this.#pendingBytes > 0 && this.#pendingBytes + bytes > pendingBytesMax) {
      return Promise.reject(new LogOverloadedError(this.#pendingBytes, pendingBytesMax));
    }
    return new Promise((resolve, reject) => {
      this.#pendingBytes += bytes;
      this.#waitingBytes += bytes;
      this.#waiting.push(waitingOf(resolve, reject));
      if (this.#isBusy) return;
      this.#isBusy = true;
      this.#state.shared.rounds.add(this);
    });
  }

  /** Bytes of what waits for the next group. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** A group can be written now: the tail is sound, and the segment has room. */
  get isPrepared(): boolean {
    return !this.#tailBroken && !this.#isSegmentOver;
  }

  get #isSegmentOver(): boolean {
    const { active, shared } = this.#state;
    return active.bytes >= shared.options.segmentBytesMax || (this.#isCloseAsked && active.bytes > 0);
  }

  /** Puts what waits into a group, until it is large enough or fills the segment. */
  stage(): StagedGroup {
    const { segmentBytesMax } = this.#state.shared.options;
    const group = new Group(this.#state);
    let count = 0;
    for (const one of this.#waiting) {
      if (count > 0 && (group.end - group.start >= groupBytesMax || group.end >= segmentBytesMax)) break;
      one.stage(group);
      this.#waitingBytes -= one.bytes;
      count++;
    }
    const taken = count === this.#waiting.length ? this.#waiting : this.#waiting.splice(0, count);
    if (taken === this.#waiting) this.#waiting = [];
    return new StagedGroup(this, this.#state, group, taken);
  }

  /** Commits the next group to the topic's own file. */
  commitAlone(alone: boolean): void {
    const { opened } = this.#state.active.file;
    if (opened !== undefined && this.isPrepared && this.#state.fsync !== "always") {
      this.#commitAtOnce(opened);
    } else {
      void this.#commit(undefined, alone).finally(() => this.#leave());
    }
  }

  /** Commits a group to the topic's own file that the journal could not take. */
  commitStagedAlone(staged: StagedGroup): void {
    void this.#commit(staged, false).finally(() => this.#leave());
  }

  /** The group is durable in the journal. */
  committed(staged: StagedGroup): void {
    this.#admit(staged, true);
    this.#done();
  }

  /** The group came to nothing. */
  failed(staged: StagedGroup, error: unknown): void {
    this.#reject(staged.taken, error);
    this.#done();
  }

  /** Nobody waits for a sync and the file is open: the whole commit is one synchronous write. */
  #commitAtOnce(file: LogFile): void {
    const staged = this.stage();
    const { group } = staged;
    if (group.frames.length > 0) {
      try {
        this.#tailBroken = true;
        file.write(group.start, group.parts);
        this.#tailBroken = false;
      } catch (error) {
        void this.#fail(staged.taken, error).finally(() => this.#leave());
        return;
      }
    }
    this.#admit(staged, false);
    if (group.frames.length > 0 && this.#state.fsync === "interval") this.#armTimer();
    this.#leave();
  }

  async #commit(before: StagedGroup | undefined, alone: boolean): Promise<void> {
    let staged = before;
    try {
      await this.#prepare(staged);
      staged ??= this.stage();
      if (staged.group.frames.length > 0) await this.#write(staged, alone && staged.taken.length === 1);
    } catch (error) {
      await this.#fail(staged?.taken ?? this.#takeAll(), error);
      return;
    }
    this.#admit(staged, false);
    if (staged.group.frames.length > 0 && this.#state.fsync === "interval") this.#armTimer();
  }

  async #write({ group }: StagedGroup, alone: boolean): Promise<void> {
    const { fsync } = this.#state;
    await this.#state.active.file.use(async (file) => {
      if (fsync === "always" && this.#room.isDue(file, group)) await this.#room.make(file, group);
      this.#tailBroken = true;
      file.write(group.start, group.parts);
      if (fsync === "always") await meteredSync(file, this.#state.shared.meter, { alone });
      this.#tailBroken = false;
    });
  }

  /** The group counts: it is taken in, served, and those who waited are answered. */
  #admit({ group, taken }: StagedGroup, inJournal: boolean): void {
    const state = this.#state;
    const before = state.nextOffset;
    for (let index = 0; index < group.frames.length; index++) {
      const frame = group.frames[index] as (typeof group.frames)[number];
      const bytes = group.parts[index] as Uint8Array;
      state.admit(frame, inJournal ? bytes : undefined);
      state.tail.add(frame, bytes);
    }
    this.#failureReported = false;
    if (group.frames.length > 0) {
      if (group.isStamped) state.producers.loadSoon();
      state.shared.meter?.committed(state.nextOffset - before, group.end - group.start, inJournal);
      if (state.fsync === "always") state.synced();
      this.#onGrow();
    }
    this.#settle(taken);
    for (const one of taken) one.answer();
  }

  /** Done with the topic's own file. */
  #leave(): void {
    this.#state.shared.rounds.left();
    this.#done();
  }

  #done(): void {
    if (this.#waiting.length > 0) {
      this.#state.shared.rounds.add(this);
      return;
    }
    this.#isBusy = false;
    if (this.#whenIdle.length > 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #takeAll(): Waiting[] {
    this.#waitingBytes = 0;
    return this.#waiting.splice(0);
  }

  /** Before a group: a sound journal, a sound tail, all of it in the file, and room in the segment, unless it has its place there. */
  async #prepare(staged: StagedGroup | undefined): Promise<void> {
    const { journal } = this.#state.shared;
    // What a failed commit of the journal left could be written over this group after a crash.
    if (journal.isBroken) await journal.repair();
    const { active } = this.#state;
    await active.settle();
    if (this.#tailBroken) await this.#repairTail();
    if (staged !== undefined || !this.#isSegmentOver) return;
    await this.sync();
    await this.#cutRoom();
    await writeDerived(this.#state).catch(() => {
      // The next open makes it again from the segment.
    });
    await createSegment(this.#state, active.nextOffset);
    this.#isCloseAsked = false;
  }

  /** What is behind the last frame of a segment that takes no more must not stay. */
  async #cutRoom(): Promise<void> {
    const { active } = this.#state;
    if (this.#room.isMade) await active.file.use((file) => cutRoom(file, active.bytes));
    this.#room = segmentRoom(this.#state.shared.options.segmentBytesMax);
  }

  /** Cuts off what a failed group may have left, so that it can neither come back nor lie before new frames. */
  async #repairTail(): Promise<void> {
    const { active } = this.#state;
    await active.file.use(async (file) => {
      await file.truncate(active.settledBytes);
      if (this.#state.fsync === "always") await file.sync();
    });
    this.#tailBroken = false;
  }

  async #fail(taken: readonly Waiting[], error: unknown): Promise<void> {
    this.#report(error);
    if (this.#tailBroken) {
      // At once, so that a crash finds the tail as the callers are told it is. When it fails, the next group tries again.
      await this.#repairTail().catch(() => undefined);
    }
    this.#reject(taken, error);
  }

  #reject(taken: readonly Waiting[], error: unknown): void {
    this.#report(error);
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
      await meteredSync(file, state.shared.meter);
      this.#pagesForgotten = false;
    });
    if (finish()) this.#onGrow();
  }

  #armTimer(): void {
    if (this.#cancelTimer !== undefined || this.#closed !== undefined) return;
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
