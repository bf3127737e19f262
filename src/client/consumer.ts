import {
  type Checksum,
  type Codecs,
  decodeCursor,
  encodeCursor,
  type LogRecord,
  type Place,
  readRecords,
  type Vector,
} from "../base/mod.ts";
import type { ConsumeStreams } from "./consume_streams.ts";
import { type Cursor, cursorToText } from "./cursor.ts";
import { type ClientError, GapError, toClientError } from "./errors.ts";
import { GivenBatches } from "./given_batches.ts";
import type { ConsumeAnswer } from "./hot_messages.ts";
import { type ReceivedFrame, receivedFrames, unpackFrame, unreadable } from "./received_frames.ts";
import { type Start, WantedRecords } from "./wanted_records.ts";

/** Records of a writer that are gone: sequences `from` to `to`. */
export interface Gap {
  readonly writer: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Once compressed batches of one response have unpacked to so many bytes, the rest of them waits until the records so
 * far were taken: a response may unpack to thousands of times its size.
 */
const unpackedBytesEnough = 1_048_576;

/** What a consumer needs to know beside the streams. */
export interface ConsumerContext {
  readonly topic: string;
  /** What batches were checked with on their way. */
  readonly checksum: Checksum;
  readonly codecs: Codecs;
  readonly start: Start;
  readonly signal: AbortSignal | undefined;
  readonly onGap: ((gap: Gap) => void) | undefined;
  /** The way to the servers; the signal ends it. */
  open(signal: AbortSignal): ConsumeStreams;
}

/** What was passed over without being given, behind so many of the present records. */
interface Passed {
  readonly after: number;
  readonly writer: string;
  readonly sequence: number;
}

/**
 * The records of a topic, in the order of the server that answers. When that one fails, the consumer goes on at the next
 * from where it stands: each record comes once, in causal order. Leaving the loop, `return()` and the caller's signal end
 * the call at the server. What is read ahead is one response, and what the connection's window holds.
 *
 * A batch that cannot be read ends the consumer, after all records before it were given. The error's `batch` says where
 * it stands and from which offset on to consume again to pass it over. Records that are gone end it likewise, with a
 * `GapError`, unless `onGap` hears of them.
 */
export class Consumer implements AsyncIterableIterator<LogRecord>, AsyncDisposable {
  readonly #context: ConsumerContext;
  readonly #controller = new AbortController();
  readonly #onAbort = (): void => this.#finish();
  readonly #streams: ConsumeStreams;
  /** The stream that the present response came by. */
  #stream = 0;
  readonly #wanted: WantedRecords;
  readonly #given = new GivenBatches();
  #records: LogRecord[] = [];
  #at = 0;
  #unread: readonly ReceivedFrame[] = [];
  #unreadAt = 0;
  #passed: Passed[] = [];
  #filling: Promise<void> | undefined;
  #done = false;
  #nextOffset = 0;
  /** Where the server stands after the present response. */
  #answerEnd: Pick<ConsumeAnswer, "nextOffset"> & { readonly vector: Vector | undefined } = {
    nextOffset: 0,
    vector: undefined,
  };
  /** Whether there is a present response, not read to its end. */
  #isPresent = false;
  /** Whether the present response held a record that is wanted. */
  #answered = false;
  /** What was read, per writer, up to the record at `#readAt`. Undefined until the server has told. */
  #read: Map<string, number> | undefined;
  /** Records before this one count in `#read`. They are counted when somebody asks, not one by one. */
  #readAt = 0;
  /** What will have been read after the last record of the present response, when all of it is wanted. */
  #readAfter: Map<string, number> | undefined;
  #generation = 0;

  constructor(context: ConsumerContext) {
    this.#context = context;
    this.#wanted = new WantedRecords(context.start);
    this.#streams = context.open(this.#controller.signal);
    if (context.start.type === "cursor") {
      this.#read = new Map(context.start.place.vector);
      this.#generation = context.start.place.generation;
    }
    if (context.signal?.aborted) this.#finish();
    else context.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** What has been read: everything up to the record that was given last. Undefined before anything is known. */
  get cursor(): Cursor | undefined {
    const place = this.#place();
    return place && cursorToText(encodeCursor(place));
  }

  /** Records that came already: so many times `next` answers without waiting. */
  get recordsBuffered(): number {
    return this.#records.length - this.#at;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<LogRecord>> {
    if (this.#at >= this.#records.length) return this.#wait();
    return Promise.resolve({ done: false, value: this.#records[this.#at++] as LogRecord });
  }

  /**
   * The same records, as many at a time as came together: what to choose where many come, because each wait costs more
   * than a record. A batch counts as read, for `cursor`, when it is given.
   */
  async *batches(): AsyncGenerator<readonly LogRecord[], void, undefined> {
    try {
      while (await this.#fillUp()) yield this.#takeAll();
    } finally {
      this.#finish();
    }
  }

  return(): Promise<IteratorResult<LogRecord>> {
    this.#finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** The rest of what came together. */
  #takeAll(): readonly LogRecord[] {
    const records = this.#at === 0 ? this.#records : this.#records.slice(this.#at);
    this.#at = this.#records.length;
    this.#holdRecords([]);
    return records;
  }

  async #wait(): Promise<IteratorResult<LogRecord>> {
    if (!(await this.#fillUp())) return { done: true, value: undefined };
    return { done: false, value: this.#records[this.#at++] as LogRecord };
  }

  /** Puts others in the place of the present records, whether or not all of these were given. */
  #holdRecords(records: LogRecord[], passed: Passed[] = []): void {
    this.#countRead();
    this.#records = records;
    this.#passed = passed;
    this.#at = 0;
    this.#readAt = 0;
  }

  #place(): Place | undefined {
    this.#countRead();
    if (this.#read === undefined) return undefined;
    return { topic: this.#context.topic, generation: this.#generation, vector: this.#read };
  }

  /** Counts the records that were given since the last time, and what was passed over before them. */
  #countRead(): void {
    if (this.#read === undefined) return;
    if (this.#readAt !== this.#at && this.#at === this.#records.length && this.#readAfter !== undefined) {
      this.#read = this.#readAfter;
      this.#readAt = this.#at;
      this.#passed = [];
    }
    for (; this.#readAt < this.#at; this.#readAt++) {
      const { writer, sequence } = this.#records[this.#readAt] as LogRecord;
      this.#read.set(writer, sequence);
    }
    while (this.#passed.length > 0 && (this.#passed[0] as Passed).after <= this.#at) {
      const { writer, sequence } = this.#passed.shift() as Passed;
      this.#read.set(writer, Math.max(sequence, this.#read.get(writer) ?? 0));
    }
  }

  /** Resolves with true once there are records, with false at the end. */
  async #fillUp(): Promise<boolean> {
    while (this.#at >= this.#records.length) {
      this.#countRead();
      if (!this.#done && this.#wanted.isOver(this.#nextOffset, this.#read)) this.#finish();
      if (this.#done) return false;
      this.#filling ??= this.#fill().finally(() => {
        this.#filling = undefined;
      });
      await this.#filling;
    }
    return true;
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#holdRecords([]);
    this.#unread = [];
    this.#unreadAt = 0;
    this.#context.signal?.removeEventListener("abort", this.#onAbort);
    // Without the abort the server would stream on for ever to a reader who left.
    this.#controller.abort();
    this.#streams.close();
  }

  async #fill(): Promise<void> {
    try {
      if (this.#unreadAt >= this.#unread.length) await this.#receive();
      if (!this.#done && this.#isPresent) await this.#readFrames();
    } catch (error) {
      if (this.#done) return;
      this.#finish();
      const doing = `consume topic ${JSON.stringify(this.#context.topic)}`;
      throw toClientError(error, { doing, server: this.#streams.server });
    }
  }

  /** All records so far were given when this is called: what follows them may come from another server. */
  async #receive(): Promise<void> {
    const isMore = await this.#streams.next(
      () => this.#place(),
      (answer) => this.#takeIn(answer),
    );
    if (!isMore) this.#finish();
  }

  #takeIn(answer: ConsumeAnswer): void {
    const { checksum } = this.#context;
    const unread = answer.heartbeat ? [] : receivedFrames(answer.frames, checksum, this.#streams.server);
    this.#beginStream();
    if (answer.heartbeat) {
      this.#nextOffset = Math.max(this.#nextOffset, answer.nextOffset);
      // The only word of where a start by offset or time, or at the latest record, stands before anything comes.
      if (this.#read === undefined) this.#learnPlace(answer);
      return;
    }
    this.#unread = unread;
    this.#unreadAt = 0;
    this.#isPresent = true;
    this.#answered = false;
    this.#learnPosition(answer);
  }

  /** Another stream goes on where the one before was left. */
  #beginStream(): void {
    if (this.#stream === this.#streams.opened) return;
    if (this.#stream === 0 && this.#streams.end !== undefined) this.#wanted.endAt(this.#streams.end);
    // The first is at the server where the end was found.
    if (this.#streams.opened > 1) {
      this.#wanted.move(this.#place());
      this.#nextOffset = 0;
    }
    this.#stream = this.#streams.opened;
  }

  /** Reads the batches of the present response: all of them, unless what they unpack to is too much at a time. */
  async #readFrames(): Promise<void> {
    const records: LogRecord[] = [];
    const passed: Passed[] = [];
    let unpackedBytes = 0;
    while (this.#unreadAt < this.#unread.length && unpackedBytes < unpackedBytesEnough) {
      const frame = this.#unread[this.#unreadAt] as ReceivedFrame;
      const { header, payload } = frame;
      const isPacked = header.compression !== "none" && header.kind === "records" && !this.#wanted.isBehindEnd(header);
      const { topic, codecs } = this.#context;
      const from = { topic, server: this.#streams.server };
      const unpacked = isPacked ? await unpackFrame(frame, codecs, from) : payload;
      if (this.#done) return;
      const fault = unpacked instanceof Uint8Array ? this.#readFrame(frame, unpacked, { records, passed }) : unpacked;
      if (fault !== undefined) {
        // What came before the batch is given first; the batch is met again then.
        if (records.length > 0) break;
        throw fault;
      }
      if (unpacked !== payload) unpackedBytes += (unpacked as Uint8Array).length;
      this.#unreadAt++;
    }
    this.#holdRecords(records, passed);
    if (records.length > 0) this.#answered = true;
    this.#reachPosition();
  }

  #readFrame(
    { header, stamp }: ReceivedFrame,
    payload: Uint8Array,
    { records, passed }: { readonly records: LogRecord[]; readonly passed: Passed[] },
  ): ClientError | undefined {
    if (this.#wanted.isBehindEnd(header)) return undefined;
    const { writer, baseSequence, count } = header;
    const last = { after: records.length, writer, sequence: baseSequence + count - 1 };
    if (header.kind === "gap") {
      const gap = { writer, from: Math.max(baseSequence, this.#wanted.readBefore(writer) + 1), to: last.sequence };
      if (gap.from <= gap.to && this.#context.onGap === undefined) return this.#holeAt(gap);
      if (gap.from <= gap.to) this.#context.onGap?.(gap);
      passed.push(last);
      return undefined;
    }
    const recordsBefore = records.length;
    const reason = readRecords(payload, header, (record) => {
      if (this.#wanted.has(record)) records.push(record);
    });
    const isTwin = reason === undefined && stamp !== undefined && !this.#given.add(stamp, count);
    if (reason !== undefined || isTwin) records.length = recordsBefore;
    if (isTwin) passed.push(last);
    const { topic } = this.#context;
    if (reason === undefined) return undefined;
    return unreadable("DATA_LOSS", header, { topic, server: this.#streams.server, reason });
  }

  #holeAt(gap: Gap): GapError {
    const place = this.#place();
    const behind = place && { ...place, vector: new Map(place.vector).set(gap.writer, gap.to) };
    const { topic } = this.#context;
    return new GapError(
      { topic, ...gap },
      { server: this.#streams.server, cursor: behind && cursorToText(encodeCursor(behind)) },
    );
  }

  #learnPlace({ cursor }: ConsumeAnswer): Vector | undefined {
    const place = decodeCursor(cursor);
    this.#read = place && new Map(place.vector);
    this.#generation = place?.generation ?? 0;
    return place?.vector;
  }

  /**
   * The server's cursor stands after the whole response. What was read before its first record is the same but for the
   * feeds that the response carries, which stand before their first batch.
   */
  #learnPosition(answer: ConsumeAnswer): void {
    const vector = this.#learnPlace(answer);
    this.#answerEnd = { nextOffset: answer.nextOffset, vector };
    if (this.#read === undefined) return;
    const seen = new Set<string>();
    for (const { header } of this.#unread) {
      const { writer, baseSequence } = header;
      if (seen.has(writer)) continue;
      seen.add(writer);
      const read = Math.max(baseSequence - 1, this.#wanted.readBefore(writer));
      if (read > 0) this.#read.set(writer, read);
      else this.#read.delete(writer);
    }
  }

  /** Once no batch of the response is left, its end is where the last of its records leads. */
  #reachPosition(): void {
    this.#readAfter = undefined;
    if (this.#unreadAt < this.#unread.length) return;
    this.#isPresent = false;
    const { nextOffset, vector } = this.#answerEnd;
    this.#nextOffset = nextOffset;
    const end = vector && new Map(vector);
    this.#readAfter = vector && this.#wanted.readAt(nextOffset, vector);
    // Nothing in it was wanted, or nothing after what was given.
    if (!this.#answered || (this.#records.length === 0 && this.#readAfter !== undefined))
      this.#read = this.#readAfter ?? end;
  }
}
