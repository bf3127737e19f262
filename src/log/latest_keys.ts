/**
 * The latest record of each key (rule R7), for produces that are to be appended only if that is still the one which their
 * caller has seen. Nothing is kept before the first such produce; from then on the topic is read as it grows.
 */
import { type Codecs, type FrameHeader, headersBytes, type LogRecord, readRecords, scanFrame } from "../base/mod.ts";
import { isLater, nameOf } from "./compact_keys.ts";
import { unpacked } from "./compact_scan.ts";
import { ExpectedSequenceError, InvalidFrameError, TooManyKeysError } from "./errors.ts";
import type { Ack, RecordIdentity, TopicLog } from "./types.ts";

/** Bytes that are read at once. */
const readBytesMax = 1_048_576;
/** Keys that are remembered of a topic at most; there may be no more for produces to depend on. */
export const latestKeysMax = 500_000;

/** What is needed of the node that holds the topic. */
export interface LatestKeysHost {
  readonly codecs: Codecs | undefined;
  /** Resolves once all that was asked to be appended before is appended, or has failed. */
  readonly settled: () => Promise<void>;
  /** @default latestKeysMax */
  readonly keysMax?: number | undefined;
}

interface Place extends RecordIdentity {
  readonly rank: number;
  readonly lamport: number;
  readonly offset: number;
}

export class LatestKeys {
  readonly #topic: Pick<TopicLog, "name" | "firstOffset" | "nextOffset" | "read">;
  readonly #host: LatestKeysHost;
  readonly #latest = new Map<string, Place>();
  #nextOffset: number;
  /** Where the log began when keys were last looked through for those that are gone. */
  #forgottenBelow = 0;
  #reading: Promise<void> | undefined;
  #begun: Promise<void> | undefined;
  /** Per key what is on its way to the log: whoever depends on the key waits for it. */
  readonly #appending = new Map<string, Promise<unknown>>();
  /** Batches on their way whose keys are not known, because they are compressed. */
  #appendingUnread: Promise<unknown> | undefined;

  constructor(topic: Pick<TopicLog, "name" | "firstOffset" | "nextOffset" | "read">, host: LatestKeysHost) {
    this.#topic = topic;
    this.#host = host;
    this.#nextOffset = topic.firstOffset;
  }

  /** Calls `append`, and remembers which keys are on their way while it goes on. */
  pass(frame: Uint8Array, header: FrameHeader, append: () => Promise<Ack>): Promise<Ack> {
    const appended = append();
    if (header.compression === "none") {
      readRecords(frame.subarray(headersBytes), header, ({ key }) => {
        if (key !== undefined) this.#hold(nameOf(key), appended);
      });
    } else {
      const unread = Promise.allSettled([this.#appendingUnread, appended]).then(() => {
        if (this.#appendingUnread === unread) this.#appendingUnread = undefined;
      });
      this.#appendingUnread = unread;
    }
    return appended;
  }

  /**
   * Calls `append` if the latest record with the key of this one is `expected`, undefined being none. Of those that
   * expect the same of a key, whatever order they come in, one is appended. Rejects with `ExpectedSequenceError`,
   * `InvalidFrameError` when it is not one record with a key, or `TooManyKeysError`.
   */
  async passIf(
    frame: Uint8Array,
    header: FrameHeader,
    { expected, append }: { readonly expected: RecordIdentity | undefined; readonly append: () => Promise<Ack> },
  ): Promise<Ack> {
    const key = await this.#onlyKey(frame, header);
    this.#begun ??= this.#host.settled();
    try {
      await this.#begun;
    } catch (error) {
      // A disk that failed this once must not be what all later ones are told.
      this.#begun = undefined;
      throw error;
    }
    for (;;) {
      const appending = this.#appending.get(key) ?? this.#appendingUnread;
      if (appending !== undefined) await appending.catch(() => undefined);
      else if (this.#nextOffset < this.#topic.nextOffset) await this.#readOn();
      else break;
    }
    // From here to `append` nothing else runs.
    const latest = this.#latestOf(key);
    if (latest?.writer !== expected?.writer || latest?.sequence !== expected?.sequence) {
      throw new ExpectedSequenceError(this.#topic.name, expected, latest);
    }
    const appended = append();
    this.#hold(key, appended);
    return appended;
  }

  #hold(key: string, appended: Promise<unknown>): void {
    const held = Promise.allSettled([this.#appending.get(key), appended]).then(() => {
      if (this.#appending.get(key) === held) this.#appending.delete(key);
    });
    this.#appending.set(key, held);
  }

  /** What retention took is no longer there to depend on. */
  #latestOf(key: string): RecordIdentity | undefined {
    const place = this.#latest.get(key);
    if (place === undefined || place.offset < this.#topic.firstOffset) return undefined;
    return { writer: place.writer, sequence: place.sequence };
  }

  async #onlyKey(frame: Uint8Array, header: FrameHeader): Promise<string> {
    const packed = await unpacked(header, frame.subarray(headersBytes), this.#host.codecs);
    const keys: (Uint8Array | undefined)[] = [];
    if (packed !== undefined) readRecords(packed, header, ({ key }) => keys.push(key));
    const [key] = keys;
    if (keys.length === 1 && key !== undefined) return nameOf(key);
    const found = packed === undefined ? "a batch that cannot be read here" : `${keys.length} records`;
    const what = keys.length === 1 ? "a record without a key" : found;
    throw new InvalidFrameError(`an expected sequence needs exactly one record with a key, this is ${what}`);
  }

  /** Those who wait read together. */
  #readOn(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const from = Math.max(this.#nextOffset, this.#topic.firstOffset);
    const { frames, nextOffset } = await this.#topic.read(from, readBytesMax);
    for (let at = 0; at < frames.length; ) {
      const scan = scanFrame(frames, at);
      if (scan.type !== "frame") throw new RangeError(`Cannot read ${this.#topic.name}: a frame is ${scan.type}`);
      const { header } = scan;
      const payload = frames.subarray(at + headersBytes, at + header.frameBytes);
      at += header.frameBytes;
      if (header.kind !== "records") continue;
      const packed = await unpacked(header, payload, this.#host.codecs);
      if (packed !== undefined) readRecords(packed, header, (record) => this.#meet(record, header.lamport));
    }
    this.#nextOffset = Math.max(this.#nextOffset, nextOffset);
  }

  #meet({ key, writer, sequence, offset }: LogRecord, lamport: number): void {
    if (key === undefined) return;
    const name = nameOf(key);
    const place = { rank: 0, lamport, writer, sequence, offset };
    const known = this.#latest.get(name);
    if (known !== undefined && !isLater(place, known)) return;
    const { keysMax = latestKeysMax } = this.#host;
    if (known === undefined && this.#latest.size >= keysMax) this.#forgetGone();
    if (known === undefined && this.#latest.size >= keysMax) throw new TooManyKeysError(this.#topic.name, keysMax);
    this.#latest.set(name, place);
  }
  /** Keys whose records retention took make room for others. */
  #forgetGone(): void {
    const { firstOffset } = this.#topic;
    if (firstOffset === this.#forgottenBelow) return;
    this.#forgottenBelow = firstOffset;
    for (const [name, { offset }] of this.#latest) if (offset < firstOffset) this.#latest.delete(name);
  }
}
