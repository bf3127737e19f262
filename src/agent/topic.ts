import type { RecordInput } from "../base/mod.ts";
import type {
  ConsumeOptions,
  Consumer,
  GroupConsumeOptions,
  GroupConsumer,
  LogClient,
  NamedConsumeOptions,
  NamedConsumer,
  ProduceAck,
  ProduceOptions,
  Producer,
  SendAck,
} from "../client/mod.ts";

/** How durable what is produced must be before it is answered. */
export type TopicProduceOptions = Pick<ProduceOptions, "acks" | "timeoutMs" | "expectedSequence">;

/** Combinations of options that are kept ready. */
const producersMax = 8;

/**
 * A topic of a node that runs in this process. Calls go straight to the node: no network is involved. The same words as
 * the client's, with the same meaning.
 */
export class AgentTopic {
  readonly name: string;
  readonly #client: LogClient;
  /** By how durable records must be before they are answered; the one that was used longest ago stands first. */
  readonly #producers = new Map<string, Producer>();

  constructor(name: string, client: LogClient) {
    this.name = name;
    this.#client = client;
  }

  /**
   * Resolves when the record is as durable on this node as its `fsync` option says, or on as many nodes as `acks` asks for;
   * fails with `NotReplicatedError` when they are too few in time. Records that are produced at the same time with the
   * same options share a batch and an fsync, in order.
   */
  async produce(record: RecordInput, options: TopicProduceOptions = {}): Promise<SendAck> {
    if (options.expectedSequence !== undefined) return this.#client.produce(this.name, record, options);
    return this.#producerFor(options).send(record);
  }

  /** Produces several records as one batch: all of them are stored, or none. */
  produceBatch(records: readonly RecordInput[], options: TopicProduceOptions = {}): Promise<ProduceAck> {
    return this.#client.produce(this.name, records, options);
  }

  /**
   * The topic's records, from the earliest unless the options say otherwise; waits at the end for what comes. With a
   * `name`, from where those who read under it stopped, on whatever node; with a `group`, this member's share.
   */
  consume(options: NamedConsumeOptions): NamedConsumer;
  consume(options: GroupConsumeOptions): GroupConsumer;
  consume(options?: ConsumeOptions): Consumer;
  consume(
    options: ConsumeOptions | NamedConsumeOptions | GroupConsumeOptions = {},
  ): Consumer | NamedConsumer | GroupConsumer {
    return this.#client.consume(this.name, options as NamedConsumeOptions);
  }

  /** Waits for what was produced through this object. */
  async close(): Promise<void> {
    const producers = [...this.#producers.values()];
    this.#producers.clear();
    for (const producer of producers) await producer[Symbol.asyncDispose]();
  }

  #producerFor(options: TopicProduceOptions): Producer {
    const key = `${options.acks?.replicated ?? 1}/${options.timeoutMs ?? 0}`;
    const known = this.#producers.get(key);
    if (known !== undefined) {
      if (this.#producers.size === 1) return known;
      this.#producers.delete(key);
    }
    const producer = known ?? this.#client.producer(this.name, options);
    this.#producers.set(key, producer);
    if (this.#producers.size > producersMax) this.#closeOldest();
    return producer;
  }

  /** Those who wait for its answers still get them. */
  #closeOldest(): void {
    for (const [key, producer] of this.#producers) {
      this.#producers.delete(key);
      void producer[Symbol.asyncDispose]();
      return;
    }
  }
}
