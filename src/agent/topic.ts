import type { RecordInput } from "../base/mod.ts";
import type { ConsumeOptions, Consumer, LogClient, ProduceAck, Producer, SendAck } from "../client/mod.ts";

/**
 * A topic of a node that runs in this process. Calls go straight to the node: no network is involved. The same words as
 * the client's, with the same meaning.
 */
export class AgentTopic {
  readonly name: string;
  readonly #client: LogClient;
  #producer: Producer | undefined;

  constructor(name: string, client: LogClient) {
    this.name = name;
    this.#client = client;
  }

  /**
   * Resolves when the record is as durable on this node as its `fsync` option says. Records that are produced at the same
   * time share a batch and an fsync, in order.
   */
  async produce(record: RecordInput): Promise<SendAck> {
    this.#producer ??= this.#client.producer(this.name);
    return this.#producer.send(record);
  }

  /** Produces several records as one batch: all of them are stored, or none. */
  produceBatch(records: readonly RecordInput[]): Promise<ProduceAck> {
    return this.#client.produce(this.name, records);
  }

  /** The topic's records, from the earliest unless the options say otherwise; waits at the end for what comes. */
  consume(options: ConsumeOptions = {}): Consumer {
    return this.#client.consume(this.name, options);
  }

  /** Waits for what was produced through this object. */
  async close(): Promise<void> {
    await this.#producer?.[Symbol.asyncDispose]();
    this.#producer = undefined;
  }
}
