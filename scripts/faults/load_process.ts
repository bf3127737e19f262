/**
 * A client in a process of its own: it produces, consumes, or does both, and writes down what it was told. Reads a command
 * a line: `counts`; `quiet` ends the producing and answers when nothing is on its way; `seal` writes the last record of
 * all; `finish` waits until that was given, and ends; `leave` ends at once.
 */
import { createInterface } from "node:readline";
import { type ClientError, connect, type LogClient, type LogRecord, type Producer } from "../../src/client/mod.ts";
import { openNodeTransport } from "../../src/client/transport_node.ts";
import { Ledger } from "./ledger.ts";
import { readStatement, sealProducer, statementText } from "./statement.ts";

export interface LoadOptions {
  readonly name: string;
  readonly topic: string;
  /**
   * Where the nodes are. A client of one node keeps to it: only then what it was given may be named as a cause of what
   * it sends. One of several goes from one to another by itself, with what it sends too.
   */
  readonly urls: readonly string[];
  /** The doors by which it goes to nodes, by their URLs. @default their own */
  readonly doors?: Readonly<Record<string, string>>;
  readonly ledger: string;
  /** 0: it only consumes. */
  readonly recordsPerSecond: number;
  /** Nodes that must hold a record before it is acknowledged. */
  readonly replicated: number;
}

export interface LoadCounts {
  readonly sent: number;
  readonly acknowledged: number;
  /** Sends that failed, by their error's code. */
  readonly failed: Readonly<Record<string, number>>;
  readonly delivered: number;
  /** Streams that had given records and broke. */
  readonly failovers: number;
}

const sendersCount = 16;
const retryAfterMs = 50;
const sealMsMax = 120_000;
const options = JSON.parse(process.argv[2] ?? "{}") as LoadOptions;
const isTravelling = options.urls.length > 1;
const ledger = new Ledger(options.ledger, options.name);

class Consuming {
  delivered = 0;
  failovers = 0;
  #deliveredBefore = 0;
  /** The last record of each producer that was given. */
  readonly given = new Map<string, number>();
  readonly sealed: Promise<void>;
  #seal: () => void = () => {};

  constructor() {
    this.sealed = new Promise((resolve) => {
      this.#seal = resolve;
    });
  }

  /** Reads for ever. Where the client does not go on by itself, each stream that breaks leaves its cursor to the next. */
  async run(): Promise<never> {
    let cursor: string | undefined;
    for (;;) {
      const client = connectTo(options);
      const consumer = client.consume(options.topic, {
        from: cursor ?? "earliest",
        onFailover: () => this.#failedOver(),
      });
      try {
        for await (const records of consumer.batches()) for (const record of records) this.#take(record);
      } catch (error) {
        if (isTravelling) throw error;
      }
      cursor = consumer.cursor ?? cursor;
      client.close();
      this.#failedOver();
      await sleep(retryAfterMs);
    }
  }

  /** A node that is tried in vain on the way to the next one does not count. */
  #failedOver(): void {
    if (this.delivered > this.#deliveredBefore) this.failovers++;
    this.#deliveredBefore = this.delivered;
  }

  #take(record: LogRecord): void {
    const { producer, number } = readStatement(record.text());
    this.delivered++;
    this.given.set(producer, number);
    ledger.delivered(`${producer}:${number}`);
    if (producer === sealProducer) this.#seal();
  }
}

class Producing {
  sent = 0;
  acknowledged = 0;
  readonly failed = new Map<string, number>();
  readonly #consuming: Consuming;
  #isOver = false;

  constructor(consuming: Consuming) {
    this.#consuming = consuming;
  }

  end(): void {
    this.#isOver = true;
  }

  async run(producer: Producer): Promise<void> {
    const everyMs = (1_000 * sendersCount) / options.recordsPerSecond;
    const senders = Array.from({ length: sendersCount }, async () => {
      while (!this.#isOver) {
        const nextAtMs = performance.now() + everyMs;
        if (!(await this.#send(producer))) await sleep(retryAfterMs);
        await sleep(Math.max(0, nextAtMs - performance.now()));
      }
    });
    await Promise.all(senders);
  }

  async #send(producer: Producer): Promise<boolean> {
    const number = ++this.sent;
    try {
      const value = statementText({
        producer: options.name,
        number,
        causes: isTravelling ? [] : [...this.#consuming.given],
      });
      const { writer, sequence } = await producer.send({ value });
      ledger.acknowledged(number, writer, sequence);
      this.acknowledged++;
      return true;
    } catch (error) {
      const code = (error as ClientError).code ?? "none";
      this.failed.set(code, (this.failed.get(code) ?? 0) + 1);
      return false;
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** By its doors, also to nodes that it learns of by itself. */
function connectTo({ urls, doors = {} }: LoadOptions): LogClient {
  return connect(urls, { failover: isTravelling, openTransport: (url) => openNodeTransport(doors[url] ?? url) });
}

async function seal(): Promise<void> {
  await using client = connectTo(options);
  await client.produce(options.topic, { value: statementText({ producer: sealProducer, number: 1, causes: [] }) });
}

const consuming = new Consuming();
const producing = new Producing(consuming);
void consuming.run();
let producingDone: Promise<void> = Promise.resolve();
if (options.recordsPerSecond > 0) {
  const client = connectTo(options);
  const acks = { replicated: options.replicated };
  producingDone = producing.run(client.producer(options.topic, { acks, timeoutMs: 5_000 }));
}

const commands: Readonly<Record<string, () => Promise<LoadCounts | undefined>>> = {
  counts: async () => ({
    ...{ sent: producing.sent, acknowledged: producing.acknowledged, failed: Object.fromEntries(producing.failed) },
    ...{ delivered: consuming.delivered, failovers: consuming.failovers },
  }),
  quiet: async () => {
    producing.end();
    await producingDone;
    return undefined;
  },
  seal: async () => {
    await seal();
    return undefined;
  },
  finish: async () => {
    // Without the seal the checker says what is missing.
    await Promise.race([consuming.sealed, sleep(sealMsMax)]);
    await ledger.close();
    return undefined;
  },
  leave: async () => {
    await ledger.leave();
    return undefined;
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify({ answer: (await commands[line]?.()) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
  }
  if (line === "finish" || line === "leave") break;
}
process.exit(0);
