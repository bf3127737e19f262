import type { RecordInput } from "../base/mod.ts";
import type { ClientClock } from "./client_clock.ts";
import { ClientError, type ClientErrorCode } from "./errors.ts";
import type { Homes } from "./homes.ts";
import { openProducer } from "./open_producer.ts";
import type { Producer, SendAck } from "./producer.ts";
import { type ProducerOptions, type ResolvedProducerOptions, resolveProducerOptions } from "./producer_options.ts";

/** How to produce each key's records at one node. */
export interface HomeProducerOptions extends ProducerOptions {
  /** All records with one key go to one node while it lives: its home. Each record needs a key. */
  readonly home: true;
}

export interface HomeProducerContext {
  readonly topic: string;
  readonly options: HomeProducerOptions;
  readonly homes: Homes;
  readonly clock: Pick<ClientClock, "nowMs" | "schedule">;
  readonly failover: boolean;
}

interface WaitingSend {
  readonly sinceMs: number;
  readonly fail: (error: ClientError) => void;
}

/**
 * Sends each record to the home of its key, so that one node puts all records of a key into an order that is the same
 * everywhere. When nodes come or go, what is on its way is waited for before records go to new homes. A record whose home
 * fails before it answers goes to another node, and what its key's other producers send meanwhile may come before or
 * after it: then the order of the key is that of two writers.
 */
export class HomeProducer implements AsyncDisposable {
  readonly #context: HomeProducerContext;
  /** By the names of homes. */
  readonly #producers = new Map<string, Producer>();
  /** Whose homes `#producers` are. */
  #state = "";
  /** Resolves when records may go to their homes again. */
  #moving: Promise<void> | undefined;
  /** Sends that wait for that, oldest first. */
  readonly #waiting = new Set<WaitingSend>();
  #cancelWatch: (() => void) | undefined;
  readonly #limits: Pick<ResolvedProducerOptions, "deliveryTimeoutMs" | "sendsWaitingMax">;
  #closed = false;

  constructor(context: HomeProducerContext) {
    this.#context = context;
    this.#limits = resolveProducerOptions(context.options);
    this.#beginMove();
  }

  /** Resolves when the record is stored as durably as the options ask, at the home of its key. */
  async send(record: RecordInput): Promise<SendAck> {
    this.#judge(record);
    if (this.#moving === undefined) this.#look();
    const sinceMs = this.#context.clock.nowMs();
    // Those that waited go first, also when their turn comes a moment after the move.
    if (!this.#isBusy) return this.#producerOf(record).send(record, sinceMs);
    let fail: WaitingSend["fail"] = () => {};
    const late = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const waiting = { sinceMs, fail };
    this.#waiting.add(waiting);
    this.#watch();
    try {
      do await Promise.race([this.#moving, late]);
      while (this.#moving !== undefined);
      return this.#producerOf(record).send(record, sinceMs);
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /** Resolves when a send would be packed at once. */
  async ready(): Promise<void> {
    while (this.#isBusy) await this.#moving;
    await Promise.all([...this.#producers.values()].map((producer) => producer.ready()));
  }

  /** Resolves when everything sent so far is answered; rejects when the last of it to any home failed. */
  async flush(): Promise<void> {
    while (this.#isBusy) await this.#moving;
    await Promise.all([...this.#producers.values()].map((producer) => producer.flush()));
  }

  /** Waits for what was sent, then closes. Failures are told to those who sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    while (this.#isBusy) await this.#moving?.catch(() => undefined);
    this.#cancelWatch?.();
    for (const producer of this.#producers.values()) await producer[Symbol.asyncDispose]();
  }

  /** Also for the moment in which those that waited for a move go on. */
  get #isBusy(): boolean {
    return this.#moving !== undefined || this.#waiting.size > 0;
  }

  #judge({ key }: RecordInput): void {
    const { sendsWaitingMax } = this.#limits;
    const { size } = this.#waiting;
    if (this.#closed) throw this.#failure("CLOSED", "the producer was closed");
    if (key === undefined) {
      throw this.#failure("INVALID_ARGUMENT", "it has no key, and each record goes to the home of its key");
    }
    if (size < sendsWaitingMax) return;
    throw this.#failure(
      "QUEUE_FULL",
      `${size} sends wait already, allowed are ${sendsWaitingMax}; await ready() first`,
    );
  }

  #failure(code: ClientErrorCode, reason: string): ClientError {
    const message = `Cannot send record to topic ${JSON.stringify(this.#context.topic)}: ${reason}`;
    return new ClientError(code, message, { fate: "unsent" });
  }

  #producerOf({ key = "" }: RecordInput): Producer {
    const { topic, options, homes, failover } = this.#context;
    const name = homes.homeOf(key);
    const known = this.#producers.get(name);
    if (known !== undefined) return known;
    const { home: _, ...own } = options;
    const producer = openProducer(topic, own, { servers: homes.choiceOf(name), failover });
    this.#producers.set(name, producer);
    return producer;
  }

  /**
   * One timer for all that wait, set anew when it fires. When one has waited for too long, all fail that were sent after it.
   */
  #watch(): void {
    const { clock } = this.#context;
    const { deliveryTimeoutMs } = this.#limits;
    const [oldest] = this.#waiting;
    if (oldest === undefined || deliveryTimeoutMs === 0) return;
    const untilMs = oldest.sinceMs + deliveryTimeoutMs;
    if (clock.nowMs() >= untilMs) {
      const late = this.#failure(
        "DEADLINE_EXCEEDED",
        `the homes of keys were not settled within ${deliveryTimeoutMs} ms`,
      );
      for (const { fail } of this.#waiting) fail(late);
      this.#waiting.clear();
    } else {
      this.#cancelWatch ??= clock.schedule(
        untilMs,
        () => {
          this.#cancelWatch = undefined;
          this.#watch();
        },
        { inBackground: true },
      );
    }
  }

  /** Who is alive is asked beside the sends; when it changed, or nobody said so yet, the next ones wait. */
  #look(): void {
    const { homes } = this.#context;
    void homes.lookAgain();
    if (homes.state === "" || homes.state !== this.#state) this.#beginMove();
  }

  #beginMove(): void {
    this.#moving = this.#move();
    // Told to those who wait for it. Where nobody does, the next send looks again.
    this.#moving.catch(() => undefined);
  }

  async #move(): Promise<void> {
    try {
      await this.#context.homes.known();
      this.#state = this.#context.homes.state;
      const producers = [...this.#producers.values()];
      this.#producers.clear();
      for (const producer of producers) await producer[Symbol.asyncDispose]();
    } finally {
      this.#moving = undefined;
    }
  }
}
