import type { LogRecord, RecordInput } from "../base/mod.ts";
import type { ConsumeOptions, Consumer, Cursor, LogClient, ProduceAck, ProduceOptions } from "../client/mod.ts";
import { keyOf } from "../log/mod.ts";
import type { World } from "./world.ts";

/** Virtual milliseconds that a call may take before it is given up. */
const waitMsMax = 60_000;

/**
 * A topic of a simulated world, as a client has it: the same words as the library's, with the same meaning. Whatever is
 * awaited lets the world run for as long as that takes.
 */
export class SimTopic {
  readonly name: string;
  readonly #world: World;
  readonly #client: LogClient;

  constructor(world: World, client: LogClient, name: string) {
    this.#world = world;
    this.#client = client;
    this.name = name;
  }

  /** Produces one record. Resolves when it is as durable as `acks` asks for; rejects as the library does. */
  produce(record: RecordInput, options: ProduceOptions = {}): Promise<ProduceAck> {
    return this.produceBatch([record], options);
  }

  /** Produces several records as one batch: all of them are stored, or none. */
  async produceBatch(records: readonly RecordInput[], options: ProduceOptions = {}): Promise<ProduceAck> {
    const producing = this.#client.produce(
      this.name,
      records.map((record) => this.#stamped(record)),
      options,
    );
    const ack = await this.#world.settled(producing, { withinMs: waitMsMax, doing: `produce to ${this.name}` });
    this.#observe(ack);
    return ack;
  }

  /** The topic's records, from the earliest unless the options say otherwise; waits at the end for what comes. */
  consume(options: ConsumeOptions = {}): SimConsumer {
    return new SimConsumer(this.#world, this.#client.consume(this.name, options), this.name);
  }

  #observe({ writer, sequence, count }: ProduceAck): void {
    const node = this.#world.nodes.find((one) => one.log?.writer === writer);
    const log = node?.log?.topic(this.name);
    if (node === undefined || log === undefined) return;
    this.#world.observe({ type: "acknowledged", node: node.name, topic: keyOf(log), writer, sequence, count });
  }

  /** Records that carry no time get the world's. */
  #stamped(record: RecordInput): RecordInput {
    return { timestampMs: this.#world.epochMs + Math.floor(this.#world.nowMs), ...record };
  }
}

/** A consumer in a simulated world: while it waits for the next record, the world runs. */
export class SimConsumer implements AsyncIterableIterator<LogRecord> {
  readonly #world: World;
  readonly #consumer: Consumer;
  readonly #topic: string;

  constructor(world: World, consumer: Consumer, topic: string) {
    this.#world = world;
    this.#consumer = consumer;
    this.#topic = topic;
  }

  /** Where to go on, at any node: everything up to the record that was given last. */
  get cursor(): Cursor | undefined {
    return this.#consumer.cursor;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<LogRecord>> {
    const doing = `consume ${this.#topic}`;
    return this.#world.settled(this.#consumer.next(), { withinMs: waitMsMax, doing });
  }

  return(): Promise<IteratorResult<LogRecord>> {
    return this.#consumer.return();
  }

  /** The next so many records. */
  async take(count: number): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    while (records.length < count) {
      const { done, value } = await this.next();
      if (done) break;
      records.push(value);
    }
    return records;
  }
}
