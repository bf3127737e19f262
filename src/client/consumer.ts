import {
  type Checksum,
  type Codecs,
  covers,
  decodeCursor,
  encodeCursor,
  type FrameHeader,
  headersBytes,
  type LogRecord,
  type Place,
  readRecords,
  scanFrame,
  unpackPayload,
  type Vector,
} from "../base/mod.ts";
import { type Cursor, cursorToText } from "./cursor.ts";
import { ClientError, toClientError } from "./errors.ts";
import type { ConsumeAnswer } from "./hot_messages.ts";

/** Records of a writer that no reachable node holds any more: sequences `from` to `to`. */
export interface Gap {
  readonly writer: string;
  readonly from: number;
  readonly to: number;
}

/** A record before which the consumer wants none, in a batch that the server sends whole. */
export type Start =
  | { readonly type: "offset"; readonly offset: number }
  | { readonly type: "time"; readonly timestampMs: number }
  | { readonly type: "cursor"; readonly place: Place }
  | { readonly type: "any" };

/** Where a topic ended when it was asked. */
export interface End {
  readonly offset: number;
  readonly have: Vector;
}

/** A batch of the present response that was not read yet. */
interface UnreadFrame {
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
}

/**
 * Once compressed batches of one response have unpacked to so many bytes, the rest of them waits until the records so
 * far were taken: a response may unpack to thousands of times its size.
 */
const unpackedBytesEnough = 1_048_576;

/** What a consumer needs to know beside the stream. */
export interface ConsumerContext {
  readonly topic: string;
  readonly server: string;
  /** What batches were checked with on their way. */
  readonly checksum: Checksum;
  readonly codecs: Codecs;
  readonly start: Start;
  /** Finds the end at which to stop; undefined when there is nothing to read. Absent to follow what comes. */
  readonly findEnd: ((signal: AbortSignal) => Promise<End | undefined>) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onGap: ((gap: Gap) => void) | undefined;
  /** Opens the stream; aborting the signal ends it. */
  open(signal: AbortSignal): AsyncIterable<ConsumeAnswer>;
}

/**
 * The records of a topic, in the answering node's order. Leaving the loop, `return()` and the caller's signal end the
 * call at the server. What is read ahead is one response, and what the connection's window holds.
 *
 * A batch that cannot be read ends the consumer, after all records before it were given. The error's `batch` says where
 * it stands and from which offset on to consume again to pass it over.
 */
export class Consumer implements AsyncIterableIterator<LogRecord>, AsyncDisposable {
  readonly #context: ConsumerContext;
  readonly #controller = new AbortController();
  readonly #onAbort = (): void => this.#finish();
  #answers: AsyncIterator<ConsumeAnswer> | undefined;
  #end: End = { offset: Number.POSITIVE_INFINITY, have: new Map() };
  #records: LogRecord[] = [];
  #at = 0;
  #unread: UnreadFrame[] = [];
  #unreadAt = 0;
  #filling: Promise<void> | undefined;
  #started = false;
  #done = false;
  #nextOffset = 0;
  /** Where the server stands after the present response. */
  #answerEnd: Pick<ConsumeAnswer, "nextOffset"> & { readonly vector: Vector | undefined } = {
    nextOffset: 0,
    vector: undefined,
  };
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
    if (context.start.type === "cursor") {
      this.#read = new Map(context.start.place.vector);
      this.#generation = context.start.place.generation;
    }
    if (context.signal?.aborted) this.#finish();
    else context.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** What has been read: everything up to the record that was given last. Undefined before anything is known. */
  get cursor(): Cursor | undefined {
    this.#countRead();
    if (this.#read === undefined) return undefined;
    const place: Place = { topic: this.#context.topic, generation: this.#generation, vector: this.#read };
    return cursorToText(encodeCursor(place));
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
  #holdRecords(records: LogRecord[]): void {
    this.#countRead();
    this.#records = records;
    this.#at = 0;
    this.#readAt = 0;
  }

  /** Counts the records that were given since the last time. */
  #countRead(): void {
    if (this.#read === undefined || this.#readAt === this.#at) return;
    if (this.#at === this.#records.length && this.#readAfter !== undefined) {
      this.#read = this.#readAfter;
      this.#readAt = this.#at;
    }
    for (; this.#readAt < this.#at; this.#readAt++) {
      const { writer, sequence } = this.#records[this.#readAt] as LogRecord;
      this.#read.set(writer, sequence);
    }
  }

  /** Resolves with true once there are records, with false at the end. */
  async #fillUp(): Promise<boolean> {
    while (this.#at >= this.#records.length) {
      this.#countRead();
      if (!this.#done && this.#atEnd()) this.#finish();
      if (this.#done) return false;
      this.#filling ??= this.#fill().finally(() => {
        this.#filling = undefined;
      });
      await this.#filling;
    }
    return true;
  }

  /** By offset; and by what was read, because a cursor of another node may cover this log's end and not its middle. */
  #atEnd(): boolean {
    const { offset, have } = this.#end;
    if (this.#nextOffset >= offset) return true;
    const fromCursor = this.#context.start.type === "cursor" && Number.isFinite(offset);
    return fromCursor && this.#read !== undefined && covers(this.#read, have);
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
  }

  async #fill(): Promise<void> {
    try {
      if (this.#unreadAt >= this.#unread.length) await this.#receive();
      if (!this.#done) await this.#readFrames();
    } catch (error) {
      if (this.#done) return;
      this.#finish();
      const doing = `consume topic ${JSON.stringify(this.#context.topic)}`;
      throw toClientError(error, { doing, server: this.#context.server });
    }
  }

  async #receive(): Promise<void> {
    if (this.#answers === undefined) await this.#findEnd();
    if (this.#done) return;
    // Opened and read in one go: an abort between the two would be a rejection that nobody hears.
    this.#answers ??= this.#context.open(this.#controller.signal)[Symbol.asyncIterator]();
    const result = await this.#answers.next();
    if (this.#done) return;
    if (result.done) {
      throw new ClientError("UNAVAILABLE", `Cannot consume: ${this.#context.server} ended the stream`);
    }
    this.#takeIn(result.value);
  }

  async #findEnd(): Promise<void> {
    if (this.#context.findEnd === undefined) return;
    const end = await this.#context.findEnd(this.#controller.signal);
    if (end === undefined) this.#finish();
    else this.#end = end;
  }

  #takeIn(answer: ConsumeAnswer): void {
    if (answer.heartbeat) {
      this.#nextOffset = Math.max(this.#nextOffset, answer.nextOffset);
      return;
    }
    const unread: UnreadFrame[] = [];
    const before = new Map<string, number>();
    for (let at = 0; at < answer.frames.length; ) {
      const header = this.#readHeader(answer.frames, at);
      if (!before.has(header.writer)) before.set(header.writer, header.baseSequence - 1);
      unread.push({ header, payload: answer.frames.subarray(at + headersBytes, at + header.frameBytes) });
      at += header.frameBytes;
    }
    this.#unread = unread;
    this.#unreadAt = 0;
    this.#answered = false;
    this.#learnPosition(answer, before);
  }

  #readHeader(frames: Uint8Array, at: number): FrameHeader {
    const scan = scanFrame(frames, at, this.#context.checksum);
    if (scan.type === "frame") return scan.header;
    const reason = scan.type === "bad" ? scan.reason : "a batch is cut off";
    throw new ClientError("DATA_LOSS", `Cannot read what ${this.#context.server} sent: ${reason}`);
  }

  /** Reads the batches of the present response: all of them, unless what they unpack to is too much at a time. */
  async #readFrames(): Promise<void> {
    const records: LogRecord[] = [];
    let unpackedBytes = 0;
    while (this.#unreadAt < this.#unread.length && unpackedBytes < unpackedBytesEnough) {
      const { header, payload } = this.#unread[this.#unreadAt] as UnreadFrame;
      const isCompressed = header.compression !== "none" && header.kind === "records";
      // What stands behind the end is not wanted, so it need not be readable.
      const unpacked =
        isCompressed && header.baseOffset < this.#end.offset ? await this.#unpack(header, payload) : payload;
      if (this.#done) return;
      const fault = unpacked instanceof Uint8Array ? this.#readFrame(header, unpacked, records) : unpacked;
      if (fault !== undefined) {
        // What came before the batch is given first; the batch is met again then.
        if (records.length > 0) break;
        throw fault;
      }
      if (unpacked !== payload) unpackedBytes += (unpacked as Uint8Array).length;
      this.#unreadAt++;
    }
    this.#holdRecords(records);
    if (records.length > 0) this.#answered = true;
    this.#reachPosition();
  }

  async #unpack(header: FrameHeader, payload: Uint8Array): Promise<Uint8Array | ClientError> {
    const { compression } = header;
    const { codecs } = this.#context;
    if (compression !== "none" && !codecs.names.includes(compression)) {
      const reason = `it is compressed with ${compression}, this runtime has ${codecs.names.join(" and ")}`;
      return this.#unreadable("UNSUPPORTED_COMPRESSION", header, reason);
    }
    const unpacked = await unpackPayload(codecs, header, payload);
    return typeof unpacked === "string" ? this.#unreadable("DATA_LOSS", header, unpacked) : unpacked;
  }

  #readFrame(header: FrameHeader, payload: Uint8Array, into: LogRecord[]): ClientError | undefined {
    if (header.kind === "gap") {
      const to = header.baseSequence + header.count - 1;
      this.#context.onGap?.({ writer: header.writer, from: header.baseSequence, to });
      return undefined;
    }
    if (header.baseOffset >= this.#end.offset) return undefined;
    const recordsBefore = into.length;
    const fault = readRecords(payload, header, (record) => {
      if (this.#wanted(record)) into.push(record);
    });
    if (fault === undefined) return undefined;
    into.length = recordsBefore;
    return this.#unreadable("DATA_LOSS", header, fault);
  }

  #unreadable(code: "DATA_LOSS" | "UNSUPPORTED_COMPRESSION", header: FrameHeader, reason: string): ClientError {
    const { topic, server } = this.#context;
    const { baseOffset: offset, count } = header;
    const message = `Cannot read batch at offset ${offset} of topic ${JSON.stringify(topic)}: ${reason}`;
    return new ClientError(code, message, { server, batch: { topic, offset, nextOffset: offset + count } });
  }

  /** Servers send whole batches: records before the start, and those past the end, are skipped here. */
  #wanted(record: LogRecord): boolean {
    if (record.offset >= this.#end.offset) return false;
    if (this.#started) return true;
    const { start } = this.#context;
    switch (start.type) {
      case "any":
        break;
      case "offset":
        if (record.offset < start.offset) return false;
        break;
      case "time":
        if (record.timestampMs < start.timestampMs) return false;
        break;
      case "cursor":
        // A cursor may stand inside batches of several writers, wherever they come.
        return record.sequence > (start.place.vector.get(record.writer) ?? 0);
      default:
        start satisfies never;
    }
    this.#started = true;
    return true;
  }

  /**
   * The server's cursor stands after the whole response. What was read before its first record is the same but for the
   * feeds that the response carries, which stand before their first batch.
   */
  #learnPosition({ cursor, nextOffset }: ConsumeAnswer, before: ReadonlyMap<string, number>): void {
    const after = decodeCursor(cursor);
    this.#answerEnd = { nextOffset, vector: after?.vector };
    this.#read = after && new Map(after.vector);
    this.#generation = after?.generation ?? 0;
    if (this.#read === undefined) return;
    const { start } = this.#context;
    for (const [writer, sequence] of before) {
      const read = Math.max(sequence, start.type === "cursor" ? (start.place.vector.get(writer) ?? 0) : 0);
      if (read > 0) this.#read.set(writer, read);
      else this.#read.delete(writer);
    }
  }

  /** Once no batch of the response is left, its end is where the last of its records leads. */
  #reachPosition(): void {
    this.#readAfter = undefined;
    if (this.#unreadAt < this.#unread.length) return;
    const { nextOffset, vector } = this.#answerEnd;
    this.#nextOffset = nextOffset;
    const end = vector && new Map(vector);
    if (nextOffset <= this.#end.offset) this.#readAfter = end;
    // Nothing in it was wanted, or nothing after what was given.
    if (!this.#answered || (this.#records.length === 0 && this.#readAfter !== undefined)) this.#read = end;
  }
}
