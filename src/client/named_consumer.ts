import { decodeCursor, encodeCursor, type LogRecord } from "../base/mod.ts";
import type { ClientClock } from "./client_clock.ts";
import type { ConsumeFrom, ConsumeOptions } from "./client_options.ts";
import type { Consumer } from "./consumer.ts";
import { type Cursor, cursorToBytes, cursorToText } from "./cursor.ts";
import type { CursorAck, CursorCalls } from "./cursor_calls.ts";
import { ClientError } from "./errors.ts";

/** What the consumer that a name stands for needs to know. */
export function plainOptions(options: NamedConsumeOptions): ConsumeOptions {
  const { name: _name, saveEveryMs: _saveEveryMs, afterSave: _afterSave, ...plain } = options;
  return plain;
}

/** How to consume under a name, which the cluster keeps the place of. */
export interface NamedConsumeOptions extends ConsumeOptions {
  /** 1 to 249 of A-Z a-z 0-9 . _ - */
  readonly name: string;
  /** Where to begin while nothing is saved under the name. @default "earliest" */
  readonly from?: ConsumeFrom;
  /** How often what was handled is saved, in milliseconds, at least 10. @default 1000 */
  readonly saveEveryMs?: number;
  /** A save's token: begin where that save or a later one stands, as soon as a server knows it. */
  readonly afterSave?: string;
}

export interface NamedContext {
  readonly topic: string;
  readonly options: NamedConsumeOptions;
  readonly calls: CursorCalls;
  readonly clock: ClientClock;
  /** Consumes from there. */
  readonly open: (from: ConsumeFrom) => Consumer;
}

const saveEveryMsDefault = 1_000;
const saveEveryMsMin = 10;

/**
 * The records of a topic from where those who read under the same name stopped. A record counts as handled once the next
 * one is asked for; what is handled is saved every now and then and at the end. Whoever leaves the loop with a record in
 * hand gets it again, unless `save` was called: each record is handled at least once.
 */
export class NamedConsumer implements AsyncIterableIterator<LogRecord>, AsyncDisposable {
  readonly name: string;
  readonly #context: NamedContext;
  readonly #saveEveryMs: number;
  #opening: Promise<Consumer> | undefined;
  #inner: Consumer | undefined;
  #resets = 0;
  /** Given, and perhaps not handled yet. */
  #inHand: readonly LogRecord[] = [];
  #saved: Cursor | undefined;
  #saving: Promise<unknown> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  #failure: ClientError | undefined;
  #ending: Promise<void> | undefined;

  constructor(context: NamedContext) {
    this.name = context.options.name;
    this.#context = context;
    this.#saveEveryMs = context.options.saveEveryMs ?? saveEveryMsDefault;
    if (this.#saveEveryMs >= saveEveryMsMin) return;
    const allowed = `allowed is a number from ${saveEveryMsMin}`;
    throw new ClientError("INVALID_ARGUMENT", `Cannot consume: saveEveryMs is ${this.#saveEveryMs}, ${allowed}`);
  }

  /** What was given, the record in hand included. Undefined before anything is known. */
  get cursor(): Cursor | undefined {
    return this.#inner?.cursor;
  }

  /** Records that came already: so many times `next` answers without waiting. */
  get recordsBuffered(): number {
    return this.#inner?.recordsBuffered ?? 0;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<LogRecord>> {
    this.#inHand = [];
    if (this.#ending !== undefined) return { done: true, value: undefined };
    let result: IteratorResult<LogRecord>;
    try {
      const inner = this.#inner ?? (await this.#begin());
      this.#saveSoon();
      result = await inner.next();
    } catch (error) {
      // What went wrong first is what the caller hears of.
      await this.#end().catch(() => undefined);
      throw error;
    }
    if (result.done) await this.#end();
    else this.#inHand = [result.value];
    return result;
  }

  /**
   * The same records, as many at a time as came together: what to choose where many come. A batch counts as handled when
   * the next one is asked for.
   */
  async *batches(): AsyncGenerator<readonly LogRecord[], void, undefined> {
    try {
      const inner = this.#inner ?? (await this.#begin());
      this.#saveSoon();
      for await (const batch of inner.batches()) {
        this.#inHand = batch;
        yield batch;
        this.#inHand = [];
        this.#saveSoon();
      }
    } finally {
      await this.#end();
    }
  }

  /** Saves all that was given, the record in hand included: it counts as handled. Undefined when nothing was read yet. */
  async save(): Promise<CursorAck | undefined> {
    this.#inHand = [];
    const { cursor } = this;
    return cursor === undefined ? undefined : this.#put(cursor);
  }

  /** Ends the reading and saves what is handled. */
  async return(): Promise<IteratorResult<LogRecord>> {
    await this.#end();
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  #begin(): Promise<Consumer> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<Consumer> {
    const { topic, options, calls, open } = this.#context;
    const { saved, resets } = await calls.start(topic, options.name, { after: options.afterSave });
    this.#resets = resets;
    this.#saved = saved?.cursor;
    this.#inner = open(saved?.cursor ?? options.from ?? "earliest");
    // It was left while the servers were asked.
    if (this.#ending !== undefined) await this.#inner.return();
    return this.#inner;
  }

  #end(): Promise<void> {
    this.#ending ??= this.#endNow();
    return this.#ending;
  }

  async #endNow(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const handled = this.#handled();
    await this.#inner?.return();
    if (this.#failure === undefined && handled !== undefined && handled !== this.#saved) await this.#put(handled);
    await this.#saving;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #saveSoon(): void {
    if (this.#cancelTimer !== undefined || this.#ending !== undefined) return;
    const save = (): void => {
      this.#cancelTimer = undefined;
      const handled = this.#handled();
      if (handled === undefined || handled === this.#saved) return;
      this.#put(handled).catch((error: unknown) => this.#saveFailed(error));
    };
    const { clock } = this.#context;
    this.#cancelTimer = clock.schedule(clock.nowMs() + this.#saveEveryMs, save, { inBackground: true });
  }

  /** What cannot be saved now is tried again. A cursor that was set anew meanwhile ends the reading: it is to begin there. */
  #saveFailed(error: unknown): void {
    if (error instanceof ClientError && error.code === "FAILED_PRECONDITION") {
      this.#failure ??= error;
      void this.#inner?.return();
    } else {
      this.#saveSoon();
    }
  }

  #put(cursor: Cursor): Promise<CursorAck> {
    const { topic, calls } = this.#context;
    const put = this.#saving.then(() => calls.save(topic, this.name, cursor, this.#resets));
    this.#saving = put.then(
      () => {
        this.#saved = cursor;
      },
      () => undefined,
    );
    return put;
  }

  /** What was given, without what is in hand: of a feed all was read up to the record before. */
  #handled(): Cursor | undefined {
    const { cursor } = this;
    if (cursor === undefined || this.#inHand.length === 0) return cursor;
    const place = decodeCursor(cursorToBytes(cursor) ?? new Uint8Array(0));
    if (place === undefined) return undefined;
    const vector = new Map(place.vector);
    for (const { writer, sequence } of this.#inHand) {
      const before = Math.min(vector.get(writer) ?? 0, sequence - 1);
      if (before > 0) vector.set(writer, before);
      else vector.delete(writer);
    }
    return cursorToText(encodeCursor({ ...place, vector }));
  }
}
