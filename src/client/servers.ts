/** The servers that a client knows, and which of them it talks to. */
import { openConnection, type ServerConnection } from "./connections.ts";
import { ClientError, toClientError } from "./errors.ts";
import type { OpenTransport } from "./transport.ts";

/** What a failure is told with, beside the server. */
export type FailureAbout = Omit<Parameters<typeof toClientError>[1], "server">;

/** Calls go to one server until it proves unreachable, then to the next. */
export class Servers {
  readonly #connections: readonly ServerConnection[];
  #current = 0;
  #closed = false;

  constructor(urls: readonly string[], openTransport: OpenTransport) {
    if (urls.length === 0) throw new ClientError("INVALID_ARGUMENT", "Cannot connect: no server is named");
    this.#connections = urls.map((url) => openConnection(url, openTransport));
  }

  get count(): number {
    return this.#connections.length;
  }

  /** The one that the next call goes to. */
  get current(): ServerConnection {
    if (this.#closed) throw new ClientError("CLOSED", "Cannot call: the client was closed");
    return this.#connections[this.#current] as ServerConnection;
  }

  /** What a failed call throws. Where nobody answered, later calls go to the next server. */
  failure(error: unknown, connection: ServerConnection, about: FailureAbout): ClientError {
    const failure = toClientError(error, { ...about, server: connection.url });
    if (failure.code === "UNAVAILABLE" && this.#connections[this.#current] === connection) {
      this.#current = (this.#current + 1) % this.#connections.length;
    }
    return failure;
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const connection of this.#connections) connection.close();
  }
}
