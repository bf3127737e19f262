/** This project's node, and its client. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { connect, type LogClient, type Producer } from "../../src/client/mod.ts";
import { ServerProcess } from "../server_process.ts";
import type { Contender, ContenderTopic } from "./contender.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Records that are given to the producer before it is asked whether it has room. */
const recordsBetweenWaits = 1_000;

export type Fsync = "always" | "interval" | "never";

export class Grapevine implements Contender {
  readonly name = "Grapevine";
  readonly durability: string;
  readonly server: ServerProcess;
  readonly client: LogClient;
  readonly #rpcUrl: string;
  #topics = 0;

  private constructor(server: ServerProcess, rpcUrl: string, fsync: Fsync) {
    this.server = server;
    this.#rpcUrl = rpcUrl;
    this.client = connect(rpcUrl);
    this.durability = fsync === "always" ? "fsync before ack" : "written before ack";
  }

  static async start(directory: string, fsync: Fsync): Promise<Grapevine> {
    const flags = ["--data-dir", path.join(directory, `grapevine-${fsync}`), "--bind", "127.0.0.1:0"];
    flags.push("--rpc-addr", "127.0.0.1:0", "--log-level", "error", "--fsync", fsync);
    const [command = "", ...rest] = [...runtimeCommand(), main, "agent", ...flags];
    const { server, facts } = await ServerProcess.announcing(command, rest);
    return new Grapevine(server, facts.get("rpc") ?? "", fsync);
  }

  async createTopic(): Promise<GrapevineTopic> {
    return new GrapevineTopic(this.client, `bench-${this.#topics++}`, this.#rpcUrl);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.server[Symbol.asyncDispose]();
  }
}

export class GrapevineTopic implements ContenderTopic {
  readonly #client: LogClient;
  readonly #producer: Producer;
  readonly #rpcUrl: string;
  readonly name: string;

  constructor(client: LogClient, name: string, rpcUrl: string) {
    this.#client = client;
    this.name = name;
    this.#rpcUrl = rpcUrl;
    this.#producer = client.producer(name);
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

function runtimeCommand(): string[] {
  if ("Deno" in globalThis) return [process.execPath, "run", "-A", "--quiet"];
  return "Bun" in globalThis ? [process.execPath] : [process.execPath, "--import", "tsx"];
}
