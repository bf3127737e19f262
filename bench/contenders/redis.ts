/** Redis Streams, through ioredis; and the load generator that Redis brings, which is written in C. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { Redis as RedisClient } from "ioredis";
import { freePort, ServerProcess } from "../server_process.ts";
import type { Contender, ContenderTopic } from "./contender.ts";

const run = promisify(execFile);

/** Entries asked for in one command. */
const entriesPerRead = 1_000;

type Entry = readonly [id: Buffer, fields: readonly Buffer[]];

export type AppendFsync = "everysec" | "always";

export class Redis implements Contender {
  readonly name = "Redis Streams";
  readonly durability: string;
  readonly server: ServerProcess;
  readonly #client: RedisClient;
  readonly #port: number;
  #keys = 0;

  private constructor(server: ServerProcess, port: number, appendFsync: AppendFsync) {
    this.server = server;
    this.#port = port;
    this.#client = new RedisClient(port, "127.0.0.1");
    this.durability = appendFsync === "always" ? "fsync before ack" : "written before ack";
  }

  static async start(directory: string, appendFsync: AppendFsync): Promise<Redis> {
    const port = await freePort();
    const files = path.join(directory, `redis-${appendFsync}`);
    await mkdir(files);
    const flags = ["--bind", "127.0.0.1", "--port", String(port), "--dir", files, "--save", "", "--appendonly", "yes"];
    flags.push("--appendfsync", appendFsync, "--auto-aof-rewrite-percentage", "0");
    return new Redis(await ServerProcess.listening("redis-server", flags, port), port, appendFsync);
  }

  async createTopic(): Promise<RedisTopic> {
    return new RedisTopic(this.#client, `bench-${this.#keys++}`, this.#port);
  }

  /** Records a second that `redis-benchmark` produces: so many connections, so many commands in each's pipeline. */
  async nativeProduce(options: {
    readonly records: number;
    readonly pipeline: number;
    readonly connections: number;
    readonly valueBytes: number;
  }): Promise<number> {
    const key = `bench-${this.#keys++}`;
    const { stdout } = await run("redis-benchmark", [
      ...["-p", String(this.#port), "-n", String(options.records), "-P", String(options.pipeline)],
      ...["-c", String(options.connections), "--csv", "XADD", key, "*", "v", "x".repeat(options.valueBytes)],
    ]);
    await this.#client.del(key);
    const rate = Number(/^"XADD[^\n]*?","([\d.]+)"/m.exec(stdout)?.[1]);
    if (!(rate > 0)) throw new Error(`Cannot read what redis-benchmark prints: ${stdout}`);
    return rate;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.disconnect();
    await this.server[Symbol.asyncDispose]();
  }
}

export class RedisTopic implements ContenderTopic {
  readonly #client: RedisClient;
  readonly #key: string;
  readonly #port: number;

  constructor(client: RedisClient, key: string, port: number) {
    this.#client = client;
    this.#key = key;
    this.#port = port;
  }

  send(value: Uint8Array): Promise<unknown> {
    return this.#client.xadd(this.#key, "*", "v", asBuffer(value));
  }

  /** Produces several records by one explicit pipeline. */
  sendPipeline(value: Uint8Array, count: number): Promise<unknown> {
    const pipeline = this.#client.pipeline();
    for (let index = 0; index < count; index++) pipeline.xadd(this.#key, "*", "v", asBuffer(value));
    return pipeline.exec();
  }

  /** By XREAD. */
  async consume(count: number, read: (value: Uint8Array) => void): Promise<void> {
    let last: Buffer | string = "0";
    for (let seen = 0; seen < count; ) {
      const streams: unknown = await this.#client.xreadBuffer("COUNT", entriesPerRead, "STREAMS", this.#key, last);
      const entries = entriesOf(streams);
      for (const [id, [, value]] of entries) {
        read(value as Uint8Array);
        last = id;
      }
      seen += entries.length;
    }
  }

  /** By XRANGE. */
  async consumeRange(count: number, read: (value: Uint8Array) => void): Promise<void> {
    let start = "-";
    for (let seen = 0; seen < count; ) {
      const entries = (await this.#client.xrangeBuffer(this.#key, start, "+", "COUNT", entriesPerRead)) as unknown;
      for (const [id, [, value]] of entries as Entry[]) {
        read(value as Uint8Array);
        start = `(${id.toString("latin1")}`;
      }
      seen += (entries as Entry[]).length;
    }
  }

  async tail(read: (value: Uint8Array) => void): Promise<AsyncDisposable> {
    const client = new RedisClient(this.#port, "127.0.0.1");
    const key = this.#key;
    let last: Buffer | string = "0";
    let ended = false;
    const reading = (async () => {
      while (!ended) {
        const streams: unknown = await client.xreadBuffer("COUNT", entriesPerRead, "BLOCK", 0, "STREAMS", key, last);
        for (const [id, [, value]] of entriesOf(streams)) {
          read(value as Uint8Array);
          last = id;
        }
      }
    })().catch((error: unknown) => {
      // The disposal breaks the read that waits.
      if (!ended) throw error;
    });
    return {
      async [Symbol.asyncDispose]() {
        ended = true;
        client.disconnect();
        await reading;
      },
    };
  }

  async drop(): Promise<void> {
    await this.#client.del(this.#key);
  }
}

/** The client takes other arrays for lists of numbers. */
function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.length);
}

/** The entries of the one stream that was asked for; none when a read that waited had to give up. */
function entriesOf(streams: unknown): readonly Entry[] {
  const [stream] = (streams ?? []) as [key: Buffer, entries: Entry[]][];
  return stream === undefined ? [] : stream[1];
}
