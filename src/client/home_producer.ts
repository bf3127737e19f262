import type { RecordInput } from "../base/mod.ts";
import { ClientError } from "./errors.ts";
import type { Homes } from "./homes.ts";
import { openProducer } from "./open_producer.ts";
import type { Producer, SendAck } from "./producer.ts";
import type { ProducerOptions } from "./producer_options.ts";

/** How to produce each key's records at one node. */
export interface HomeProducerOptions extends ProducerOptions {
  /** All records with one key go to one node while it lives: its home. Each record needs a key. */
  readonly home: true;
}

export interface HomeProducerContext {
  readonly topic: string;
  readonly options: HomeProducerOptions;
  readonly homes: Homes;
  readonly failover: boolean;
}

const sendsWaitingMaxDefault = 100_000;

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
  #sendsWaiting = 0;
  #closed = false;

  constructor(context: HomeProducerContext) {
    this.#context = context;
    this.#beginMove();
  }

  /** Resolves when the record is stored as durably as the options ask, at the home of its key. */
  async send(record: RecordInput): Promise<SendAck> {
    this.#judge(record);
    if (this.#moving === undefined) this.#look();
    // Those that waited go first, also when their turn comes a moment after the move.
    if (this.#moving !== undefined || this.#sendsWaiting > 0) {
      this.#sendsWaiting++;
      try {
        do await this.#moving;
        while (this.#moving !== undefined);
      } finally {
        this.#sendsWaiting--;
      }
    }
    return this.#producerOf(record).send(record);
  }

  /** Resolves when a send would be packed at once. */
  async ready(): Promise<void> {
    while (this.#moving !== undefined) await this.#moving;
    await Promise.all([...this.#producers.values()].map((producer) => producer.ready()));
  }

  /** Resolves when everything sent so far is answered; rejects when the last of it to any home failed. */
  async flush(): Promise<void> {
    while (this.#moving !== undefined) await this.#moving;
    await Promise.all([...this.#producers.values()].map((producer) => producer.flush()));
  }

  /** Waits for what was sent, then closes. Failures are told to those who sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    while (this.#moving !== undefined) await this.#moving.catch(() => undefined);
    for (const producer of this.#producers.values()) await producer[Symbol.asyncDispose]();
  }

  #judge({ key }: RecordInput): void {
    const { topic, options } = this.#context;
    const fail = (code: "CLOSED" | "INVALID_ARGUMENT" | "QUEUE_FULL", reason: string): never => {
      throw new ClientError(code, `Cannot send record to topic ${JSON.stringify(topic)}: ${reason}`, {
        fate: "unsent",
      });
    };
    if (this.#closed) fail("CLOSED", "the producer was closed");
    if (key === undefined) fail("INVALID_ARGUMENT", "it has no key, and each record goes to the home of its key");
    const { sendsWaitingMax = sendsWaitingMaxDefault } = options;
    if (this.#sendsWaiting < sendsWaitingMax) return;
    fail("QUEUE_FULL", `${this.#sendsWaiting} sends wait already, allowed are ${sendsWaitingMax}; await ready() first`);
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

  /** Who is alive is asked beside the sends; when it changed, the next ones wait. */
  #look(): void {
    const { homes } = this.#context;
    void homes.lookAgain();
    if (homes.state !== this.#state) this.#beginMove();
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
