import type { LogRecord, Vector } from "../base/mod.ts";
import { type ClientClock, pause } from "./client_clock.ts";
import type { ConsumeFrom, ConsumeOptions } from "./client_options.ts";
import type { Consumer } from "./consumer.ts";
import { ClientError } from "./errors.ts";
import { type GroupPlace, type GroupWork, groupCursor } from "./group_calls.ts";
import { GroupSlots } from "./group_slots.ts";

/** How to share a topic with others who consume under the same group. */
export interface GroupConsumeOptions extends ConsumeOptions {
  /** 1 to 249 of A-Z a-z 0-9 . _ - */
  readonly group: string;
  /** Name of this member, of the same letters: with it a member that begins again gets the same slots. @default a random one */
  readonly member?: string;
  /** Where slots begin of which nothing is saved. @default "earliest" */
  readonly from?: ConsumeFrom;
}

export interface GroupContext {
  readonly topic: string;
  readonly options: GroupConsumeOptions;
  readonly clock: ClientClock;
  /** How long the group's home may be out of reach, in milliseconds. */
  readonly patienceMs: number;
  readonly work: (work: GroupWork) => Promise<GroupPlace>;
  /** Consumes from there. */
  readonly open: (from: ConsumeFrom) => Consumer;
}

/** A member says this often that it lives and how far it got. */
const beatMs = 1_000;
const leaveMs = 15_000;
const leaveAgainMs = 500;

/**
 * The records of the slots that are this member's. Each record of the topic falls into a slot by its key, and each slot is
 * one member's at a time; all of them together see every record at least once. A record counts as handled once the next
 * one is asked for. Every second the member says how far it got, and is told which slots are its own; one that cannot do
 * so until its lease is over stops giving records, because others may have its slots.
 */
export class GroupConsumer implements AsyncIterableIterator<LogRecord>, AsyncDisposable {
  readonly group: string;
  readonly member: string;
  readonly #context: GroupContext;
  readonly #slots = new GroupSlots();
  /** Where slots stand that were given up and not released yet. */
  readonly #released = new Map<number, { readonly vector: Vector; readonly resets: number }>();
  readonly #givingUp = new Set<number>();
  readonly #waiting = new Set<() => void>();
  readonly #onAbort = (): void => this.#wake();
  #inner: Consumer | undefined;
  /** The stream does not begin where it has to. */
  #isStale = false;
  #inHand: LogRecord | undefined;
  #generation = 0;
  #untilMs = Number.NEGATIVE_INFINITY;
  #answeredAtMs = 0;
  #beating: Promise<void> | undefined;
  #wakeBeat: (() => void) | undefined;
  #failure: unknown;
  #isOver = false;
  #ending: Promise<void> | undefined;

  constructor(context: GroupContext, member: string) {
    this.#context = context;
    this.group = context.options.group;
    this.member = member;
    context.options.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** The slots that are this member's now. */
  get slots(): readonly number[] {
    return this.#slots.keys().sort((left, right) => left - right);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<LogRecord>> {
    this.#settle();
    this.#beating ??= this.#beatOn();
    try {
      const record = await this.#nextOwn();
      if (record !== undefined) return { done: false, value: record };
    } catch (error) {
      await this.#end().catch(() => undefined);
      throw error;
    }
    await this.#end();
    return { done: true, value: undefined };
  }

  /** Ends the reading, saves what is handled and lets others have the slots. */
  async return(): Promise<IteratorResult<LogRecord>> {
    await this.#end();
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  /** Counts the record in hand as handled, also where it is the last that is taken. It is saved with the next word home. */
  handled(): void {
    this.#settle();
  }

  /** The record in hand is handled. */
  #settle(): void {
    const record = this.#inHand;
    this.#inHand = undefined;
    if (record === undefined) return;
    if (this.#isStale) this.#slots.handledLate(record);
    else this.#slots.pass(record);
    for (const slot of this.#givingUp) this.#giveUp(slot);
    this.#givingUp.clear();
  }

  /** Undefined at the end. */
  async #nextOwn(): Promise<LogRecord | undefined> {
    const { options, clock } = this.#context;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isOver || options.signal?.aborted) return undefined;
      if (this.#slots.size === 0 || clock.nowMs() >= this.#untilMs) {
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
        continue;
      }
      const inner = this.#inner !== undefined && !this.#isStale ? this.#inner : await this.#open();
      if (inner === undefined) continue;
      const { value: record, done } = await inner.next();
      // What a stream gave that does not begin where it has to comes again.
      if (this.#isStale || inner !== this.#inner) continue;
      if (done) return undefined;
      if (clock.nowMs() >= this.#untilMs) {
        // Others may have it: it comes again to whoever has.
        this.#isStale = true;
      } else if (this.#slots.wants(record)) {
        this.#inHand = record;
        return record;
      } else {
        this.#slots.pass(record);
      }
    }
  }

  /** Undefined when it ended meanwhile. */
  async #open(): Promise<Consumer | undefined> {
    const before = this.#inner;
    this.#inner = undefined;
    await before?.return();
    if (this.#isOver || this.#failure !== undefined) return undefined;
    const { topic, open } = this.#context;
    this.#isStale = false;
    const vector = this.#slots.start();
    const place = { topic, generation: this.#generation, vector };
    this.#inner = open(vector.size === 0 ? "earliest" : groupCursor(place));
    return this.#inner;
  }

  /** Says again and again that the member lives, until the end. */
  async #beatOn(): Promise<void> {
    const { clock, patienceMs } = this.#context;
    this.#answeredAtMs = clock.nowMs();
    while (!this.#isOver) {
      let isAnswered = false;
      try {
        await this.#beat(false);
        isAnswered = true;
        this.#answeredAtMs = clock.nowMs();
      } catch (error) {
        const isPassing = error instanceof ClientError && isTransient(error, this.#generation > 0);
        // A topic that nobody knows yet may be long in coming.
        if (error instanceof ClientError && error.code === "NOT_FOUND") this.#answeredAtMs = clock.nowMs();
        if (!isPassing || clock.nowMs() - this.#answeredAtMs >= patienceMs) this.#failure ??= error;
      }
      this.#wake();
      if (this.#failure !== undefined) {
        // Whoever waits for a record that may never come is told, too.
        this.#staleStream();
        return;
      }
      if (isAnswered && this.#released.size > 0) continue;
      await pause(clock, beatMs, (wake) => {
        this.#wakeBeat = wake;
      });
    }
  }

  async #beat(leave: boolean): Promise<void> {
    const { clock, work } = this.#context;
    const askedAtMs = clock.nowMs();
    // Its slots may be others' by now. What it handled of them is handled all the same, and said with the next word.
    const isLost = askedAtMs >= this.#untilMs && this.#slots.size > 0;
    if (isLost || leave) for (const slot of this.#slots.keys()) this.#giveUp(slot);
    if (isLost) this.#staleStream();
    const released = new Map(this.#released);
    const slots = this.#slots.keys();
    const saves = [...slots.map((slot) => ({ slot, ...this.#slots.position(slot) })), ...withSlots(released)];
    const generation = this.#generation;
    const place = await work({ slots, saves, releases: [...released.keys()], generation, leave });
    for (const slot of released.keys()) this.#released.delete(slot);
    this.#untilMs = askedAtMs + place.leaseMs;
    if (!leave) this.#takeSlots(place, new Set(slots));
  }

  #takeSlots(place: GroupPlace, named: ReadonlySet<number>): void {
    this.#generation = place.generation;
    this.#slots.count = place.slotCount;
    const own = new Set(place.slots);
    for (const slot of named) if (!own.has(slot)) this.#slots.drop(slot);
    const fresh = place.cursors.filter(({ slot }) => own.has(slot) && !this.#slots.has(slot));
    if (fresh.length > 0) {
      // What is in hand was given by a stream that is not read on: see `handledLate`.
      this.#slots.add(fresh);
      this.#staleStream();
    }
    const inHand = this.#inHand && this.#slots.slotOf(this.#inHand);
    for (const slot of place.giveUp) {
      if (slot === inHand) this.#givingUp.add(slot);
      else this.#giveUp(slot);
    }
  }

  /** Stops working on a slot: where it stands now is where somebody else goes on. */
  #giveUp(slot: number): void {
    if (!this.#slots.has(slot)) return;
    this.#released.set(slot, this.#slots.position(slot));
    this.#slots.drop(slot);
    this.#wakeBeat?.();
  }

  /** Whoever waits for the stream's next record goes on with another stream. */
  #staleStream(): void {
    this.#isStale = true;
    void this.#inner?.return();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #end(): Promise<void> {
    this.#ending ??= this.#endNow();
    return this.#ending;
  }

  async #endNow(): Promise<void> {
    this.#isOver = true;
    this.#context.options.signal?.removeEventListener("abort", this.#onAbort);
    this.#wake();
    this.#wakeBeat?.();
    await this.#inner?.return();
    await this.#beating;
    if (this.#beating !== undefined && this.#failure === undefined) await this.#leave();
  }

  /** Tried for 15 s: so long nodes may take to notice that the home died, and then to have another. */
  async #leave(): Promise<void> {
    const { clock } = this.#context;
    const untilMs = clock.nowMs() + leaveMs;
    for (;;) {
      try {
        await this.#beat(true);
        return;
      } catch (error) {
        const isPassing = error instanceof ClientError && isTransient(error, true);
        if (!isPassing || clock.nowMs() >= untilMs) throw error;
        await pause(clock, leaveAgainMs, () => undefined);
      }
    }
  }
}

function withSlots(
  released: ReadonlyMap<number, { readonly vector: Vector; readonly resets: number }>,
): { slot: number; vector: Vector; resets: number }[] {
  return [...released].map(([slot, position]) => ({ slot, ...position }));
}

/** Whether to say it again later, to another server if need be. A topic may still come, and the name of a member be let go of. */
function isTransient({ code }: ClientError, hasWorked: boolean): boolean {
  if (code === "NOT_FOUND" || code === "ALREADY_EXISTS") return !hasWorked;
  return code === "UNAVAILABLE" || code === "DEADLINE_EXCEEDED" || code === "INTERNAL" || code === "DIFFERENT_CLUSTERS";
}
