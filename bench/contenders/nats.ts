/** NATS JetStream with its file store, through its own TypeScript client. */
import path from "node:path";
import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  StorageType,
} from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { freePort, ServerProcess } from "../server_process.ts";
import type { Contender, ContenderTopic } from "./contender.ts";

/** Messages that the client fetches ahead. */
const prefetchMessages = 10_000;

export class Nats implements Contender {
  readonly name = "NATS JetStream";
  readonly durability = "written before ack";
  readonly server: ServerProcess;
  readonly #connection: NatsConnection;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #port: number;
  #streams = 0;

  private constructor(server: ServerProcess, port: number, connection: NatsConnection, manager: JetStreamManager) {
    this.server = server;
    this.#port = port;
    this.#connection = connection;
    this.#client = jetstream(connection);
    this.#manager = manager;
  }

  static async start(directory: string): Promise<Nats> {
    const port = await freePort();
    const flags = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", path.join(directory, "nats")];
    const server = await ServerProcess.listening("nats-server", flags, port);
    const connection = await connect({ servers: `127.0.0.1:${port}` });
    return new Nats(server, port, connection, await jetstreamManager(connection));
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  async createTopic(): Promise<ContenderTopic & { readonly name: string }> {
    const name = `bench-${this.#streams++}`;
    await this.#manager.streams.add({ name, subjects: [name], storage: StorageType.File });
    return {
      name,
      send: (value) => this.#client.publish(name, value),
      consume: (count, read) => readFrom(this.#client, name, count, read),
      tail: (read) => this.#tail(name, read),
      drop: async () => {
        await this.#manager.streams.delete(name);
      },
    };
  }

  async #tail(name: string, read: (value: Uint8Array) => void): Promise<AsyncDisposable> {
    const connection = await connect({ servers: `127.0.0.1:${this.#port}` });
    const consumer = await jetstream(connection).consumers.get(name);
    const messages = await consumer.consume({ max_messages: prefetchMessages });
    const reading = (async () => {
      for await (const message of messages) read(message.data);
    })();
    return {
      async [Symbol.asyncDispose]() {
        await messages.close();
        await reading;
        await connection.close();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
    await this.server[Symbol.asyncDispose]();
  }
}

async function readFrom(
  client: JetStreamClient,
  name: string,
  count: number,
  read: (value: Uint8Array) => void,
): Promise<void> {
  const consumer = await client.consumers.get(name);
  const messages = await consumer.consume({ max_messages: prefetchMessages });
  let seen = 0;
  for await (const message of messages) {
    read(message.data);
    if (++seen === count) break;
  }
  await messages.close();
}
