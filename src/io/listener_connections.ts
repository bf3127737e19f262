/** The connections of a listener: how many, which of them do something, and which took too long to say what they want. */
import type { Socket } from "node:net";

/** How long a connection may take to send the headers of its first request. */
const firstHeadersMsMax = 15_000;

/** How long a connection may stay between two HTTP/1.1 requests; slow headers of the next one count. */
const idleMsMax = 75_000;

export class Connections {
  readonly #connections = new Map<Socket, Connection>();
  readonly #connectionsMax: number;
  readonly #firstHeadersMs: number;
  #closing = false;

  constructor(options: { readonly connectionsMax: number; readonly firstHeadersMs?: number | undefined }) {
    this.#connectionsMax = options.connectionsMax;
    this.#firstHeadersMs = options.firstHeadersMs ?? firstHeadersMsMax;
  }

  get count(): number {
    return this.#connections.size;
  }

  /** Takes a new connection in. False, and the connection closed, when there are too many. */
  add(socket: Socket): boolean {
    // An error is followed by "close"; without a listener it would end the process.
    socket.on("error", () => {});
    if (this.#closing || this.#connections.size >= this.#connectionsMax) {
      socket.destroy();
      return false;
    }
    const connection = new Connection(socket, this.#firstHeadersMs);
    this.#connections.set(socket, connection);
    socket.once("close", () => {
      connection.forget();
      this.#connections.delete(socket);
    });
    return true;
  }

  /** The headers of a request came in. */
  requestBegan(socket: Socket): void {
    this.#connections.get(socket)?.requestBegan();
  }

  /** An HTTP/1.1 request was answered. */
  requestEnded(socket: Socket): void {
    const connection = this.#connections.get(socket);
    connection?.requestEnded(idleMsMax);
    if (this.#closing) connection?.closeIfIdle();
  }

  /** From now on connections are closed as soon as they have nothing to do. */
  closeIdle(): void {
    this.#closing = true;
    for (const connection of this.#connections.values()) connection.closeIfIdle();
  }

  destroyAll(): void {
    for (const socket of [...this.#connections.keys()]) socket.destroy();
  }
}

/** One connection and the time it has left to say what it wants. */
class Connection {
  readonly #socket: Socket;
  #requests = 0;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: Socket, firstHeadersMs: number) {
    this.#socket = socket;
    this.#arm(firstHeadersMs);
  }

  requestBegan(): void {
    this.#requests++;
    this.forget();
  }

  requestEnded(idleMs: number): void {
    this.#requests--;
    if (this.#requests === 0 && !this.#socket.destroyed) this.#arm(idleMs);
  }

  closeIfIdle(): void {
    if (this.#requests === 0) this.#socket.destroy();
  }

  forget(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  #arm(delayMs: number): void {
    this.forget();
    this.#deadline = setTimeout(() => this.#socket.destroy(), delayMs);
  }
}
