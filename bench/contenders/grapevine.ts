/** This project's node, and its client. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { connect, type LogClient, type Producer, type ProducerOptions } from "../../src/client/mod.ts";
import { runtimeCommand } from "../runtime.ts";
import { ServerProcess } from "../server_process.ts";
import { type Contender, type ContenderTopic, sendInFlight } from "./contender.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Records that are given to the producer before it is asked whether it has room. */
const recordsBetweenWaits = 1_000;

/** Batches that wait for their acknowledgement, where batches are sent. */
const batchesInFlight = 4;

export type Fsync = "always" | "interval" | "never";

export class Grapevine implements Contender {
  readonly name = "Grapevine";
  readonly durability: string;
  readonly server: ServerProcess;
  readonly client: LogClient;
  readonly #started: StartedNode;
  readonly #others: readonly StartedNode[];
  readonly #acks: AcksAsked;
  #topics = 0;

  private constructor(durability: string, started: StartedNode, others: readonly StartedNode[], acks: AcksAsked) {
    this.durability = durability;
    this.server = started.server;
    this.client = connect(started.rpcUrl);
    this.#started = started;
    this.#others = others;
    this.#acks = acks;
  }

  static async start(directory: string, fsync: Fsync): Promise<Grapevine> {
    const node = await startNode(path.join(directory, `grapevine-${fsync}`), ["--fsync", fsync]);
    return new Grapevine(fsync === "always" ? "fsync before ack" : "written before ack", node, [], {});
  }

  /** Nodes that acknowledge what two of them have on their disks. Rejects where none can. */
  static async startReplicated(directory: string, count: number): Promise<Grapevine> {
    const nodes: StartedNode[] = [];
    try {
      for (let index = 0; index < count; index++) {
        const join = nodes[0] === undefined ? [] : ["--join", nodes[0].gossipAddress];
        nodes.push(await startNode(path.join(directory, `replicated-${index}`), ["--fsync", "always", ...join]));
      }
      const [first, ...others] = nodes as [StartedNode, ...StartedNode[]];
      const acks: AcksAsked = { acks: { replicated: 2 }, timeoutMs: replicatedMsMax };
      const cluster = new Grapevine("fsync on two nodes before ack", first, others, acks);
      const topic = await cluster.createTopic();
      await topic.send(new Uint8Array(1));
      await topic.drop();
      return cluster;
    } catch (error) {
      for (const { server } of nodes) await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  async createTopic(): Promise<GrapevineTopic> {
    return this.openTopic(`bench-${this.#topics++}`);
  }

  /** A topic that may be there already. */
  openTopic(name: string): GrapevineTopic {
    return new GrapevineTopic(this.client, name, this.#started.rpcUrl, this.#acks);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    for (const { server } of [this.#started, ...this.#others]) await server[Symbol.asyncDispose]();
  }
}

interface StartedNode {
  readonly server: ServerProcess;
  readonly rpcUrl: string;
  readonly gossipAddress: string;
}

/** What the producers of a node wait for. */
type AcksAsked = Pick<ProducerOptions, "acks" | "timeoutMs">;

/** How long a record may take to be on two nodes, when they have only just met. */
const replicatedMsMax = 20_000;

async function startNode(dataDir: string, more: readonly string[]): Promise<StartedNode> {
  const flags = ["--data-dir", dataDir, "--bind", "127.0.0.1:0", "--rpc-addr", "127.0.0.1:0", "--log-level", "error"];
  const [command = "", ...rest] = [...runtimeCommand(), main, "agent", ...flags, ...more];
  const { server, facts } = await ServerProcess.announcing(command, rest);
  return { server, rpcUrl: facts.get("rpc") ?? "", gossipAddress: facts.get("gossip") ?? "" };
}

export class GrapevineTopic implements ContenderTopic {
  readonly #client: LogClient;
  readonly #producer: Producer;
  readonly #rpcUrl: string;
  readonly name: string;

  constructor(client: LogClient, name: string, rpcUrl: string, acks: AcksAsked) {
    this.#client = client;
    this.name = name;
    this.#rpcUrl = rpcUrl;
    this.#producer = client.producer(name, acks);
  }

  send(value: Uint8Array): Promise<unknown> {
    return this.#producer.send({ value });
  }

  /** Gives records to the producer as fast as it takes them, and waits for the last acknowledgement. */
  async sendAll(value: Uint8Array, count: number): Promise<void> {
    const record = { value };
    for (let sent = 0; sent < count; ) {
      const until = Math.min(count, sent + recordsBetweenWaits);
      for (; sent < until; sent++) void this.#producer.send(record);
      await this.#producer.ready();
    }
    await this.#producer.flush();
  }

  /** Sends so many batches of so many records each, a call for each of them. */
  async sendBatches(value: Uint8Array, perBatch: number, count: number): Promise<void> {
    const records = new Array<{ value: Uint8Array }>(perBatch).fill({ value });
    await sendInFlight(count, batchesInFlight, () => this.#client.produce(this.name, records));
  }

  /** One unary call for one record. */
  call(value: Uint8Array): Promise<unknown> {
    return this.#client.produce(this.name, { value });
  }

  async consume(count: number, read: (value: Uint8Array) => void): Promise<void> {
    let seen = 0;
    for await (const record of this.#client.consume(this.name, { from: "earliest" })) {
      read(record.value);
      if (++seen === count) return;
    }
  }

  /** The same, as many records at a time as came together. */
  async consumeBatches(count: number, read: (value: Uint8Array) => void): Promise<void> {
    let seen = 0;
    for await (const records of this.#client.consume(this.name, { from: "earliest" }).batches()) {
      for (const record of records) read(record.value);
      seen += records.length;
      if (seen >= count) return;
    }
  }

  /** Reads the newest records. */
  async consumeLast(count: number): Promise<void> {
    const { nextOffset } = await this.#client.describeTopic(this.name);
    let seen = 0;
    for await (const _ of this.#client.consume(this.name, { from: nextOffset - count })) if (++seen === count) return;
  }

  async tail(read: (value: Uint8Array) => void): Promise<AsyncDisposable> {
    const client = connect(this.#rpcUrl);
    // From the earliest: a tail that begins at the end could begin after the first record.
    const consumer = client.consume(this.name, { from: "earliest" });
    const reading = (async () => {
      for await (const record of consumer) read(record.value);
    })();
    return {
      async [Symbol.asyncDispose]() {
        await consumer[Symbol.asyncDispose]();
        await reading;
        client.close();
      },
    };
  }

  async drop(): Promise<void> {
    await this.#producer[Symbol.asyncDispose]();
  }
}
