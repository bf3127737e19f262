import { type Clock, FrameBuilder, servicesTopic } from "../base/mod.ts";
import type { CommitLog } from "../log/mod.ts";
import {
  encodeAway,
  encodeKey,
  encodeService,
  type Folded,
  type RecordKey,
  reasonHeader,
  ServiceFold,
  type ServiceRecord,
} from "../registry/mod.ts";
import { messageOf } from "./error_text.ts";

/** Bytes that are read from `_services` at once. */
const foldBytesMax = 1_048_576;
/** What could not be read is read again after so long. */
const retryMs = 1_000;

export interface ServiceTopicOptions {
  readonly log: CommitLog;
  readonly clock: Clock;
  readonly onChange: (folded: Folded) => void;
  /** Hears once that all is taken in that was there in the beginning: mostly while the topic is opened. */
  readonly onRead: () => void;
  readonly onWarn: (message: string) => void;
}

/** What is to stand in the topic: of a service, or of a node whether it is away. */
export interface ServiceWrite {
  readonly key: RecordKey;
  /** Undefined: no longer registered. */
  readonly said: ServiceRecord | { readonly away: boolean } | undefined;
  readonly reason: string;
}

/** The topic `_services`: what stands in it is taken in as it grows, and what this node says of its own is written to it. */
export class ServiceTopic implements AsyncDisposable {
  readonly fold: ServiceFold;
  readonly #options: ServiceTopicOptions;
  readonly #removeListener: () => void;
  #nextOffset = 0;
  #folding: Promise<void> = Promise.resolve();
  #cancelRetry: (() => void) | undefined;
  #isRead = false;
  #closed = false;

  private constructor(options: ServiceTopicOptions) {
    this.#options = options;
    this.fold = new ServiceFold(options.onChange);
    this.#removeListener = options.log.onGrow((topic) => {
      if (topic.name === servicesTopic) this.#foldSoon();
    });
  }

  /** Reads what is there. Where it cannot be read, `onWarn` hears of it, and it is tried again. */
  static async open(options: ServiceTopicOptions): Promise<ServiceTopic> {
    const topic = new ServiceTopic(options);
    topic.#foldSoon();
    await topic.#folding;
    return topic;
  }

  /** Whether all is taken in that was there in the beginning. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Resolves once it is fsynced here and taken in. Rejects as produce does. */
  async write(writes: readonly ServiceWrite[]): Promise<void> {
    const { log, clock } = this.#options;
    const builder = new FrameBuilder();
    const frames: Uint8Array[] = [];
    for (const { key, said, reason } of writes) {
      const value =
        said === undefined ? new Uint8Array(0) : "away" in said ? encodeAway(said.away) : encodeService(said);
      const record = { key: encodeKey(key), value, headers: [{ name: reasonHeader, value: reason }] };
      if (builder.add(record, clock.wallMs())) continue;
      frames.push(builder.finish());
      builder.add(record, clock.wallMs());
    }
    if (builder.count > 0) frames.push(builder.finish());
    const topic = await log.openTopic(servicesTopic);
    for (const frame of frames) await topic.produce(frame);
    await this.takeIn();
  }

  /** Takes in all that is there now. */
  takeIn(): Promise<void> {
    const folded = this.#folding.then(() => this.#foldOn());
    this.#folding = folded.catch(() => undefined);
    return folded;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#removeListener();
    this.#cancelRetry?.();
    await this.#folding;
  }

  #foldSoon(): void {
    this.takeIn().catch((error: unknown) => {
      if (this.#closed) return;
      this.#options.onWarn(`cannot read what services are registered: ${messageOf(error)}`);
      this.#foldLater();
    });
  }

  /** Nothing may come for a long time that would have it read again. */
  #foldLater(): void {
    const { clock } = this.#options;
    this.#cancelRetry ??= clock.schedule(clock.nowMs() + retryMs, () => {
      this.#cancelRetry = undefined;
      this.#foldSoon();
    });
  }

  async #foldOn(): Promise<void> {
    const topic = this.#options.log.topic(servicesTopic);
    while (topic !== undefined && this.#nextOffset < topic.nextOffset) {
      const { frames, nextOffset } = await topic.read(Math.max(this.#nextOffset, topic.firstOffset), foldBytesMax);
      this.fold.takeFrames(frames);
      this.#nextOffset = nextOffset;
    }
    if (this.#isRead) return;
    this.#isRead = true;
    this.#options.onRead();
  }
}
