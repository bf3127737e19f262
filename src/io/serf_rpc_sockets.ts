/** TCP for Serf's agent RPC: connections, each with bounds on what it may cost. */
import { createServer, type Server, type Socket } from "node:net";
import { type Address, formatAddress } from "../base/mod.ts";
import { toListenError } from "./listener_errors.ts";

/** Connections served at the same time. Programs that look after a node hold one or two. */
const connectionsMax = 64;

/** Bytes that may wait for a slow reader. One reply more than that is let through: a large cluster's list of members. */
const waitingBytesMax = 4_194_304;

/** How long a connection may take to flush what was written before it is closed. */
const flushMsMax = 2_000;

/** How long a connection may be silent before the system asks whether its other side still exists. */
const keepAliveMs = 60_000;

/** What the other side of a connection hears of it. */
export interface SerfRpcHandler {
  bytes(bytes: Uint8Array): void;
  /** Nothing more comes, and nothing can be sent. */
  closed(): void;
}

export interface SerfRpcConnection {
  /** `host:port` of the client. */
  readonly from: string;
  /** Sends bytes. Who reads too slowly for them is cut off. */
  write(bytes: Uint8Array): void;
  /** While paused, what the client sends waits with the client. */
  pause(): void;
  resume(): void;
  /** Closes the connection unless it speaks within this time; `Infinity` lets it be silent. */
  allowSilence(durationMs: number): void;
  /** Flushes what was written, then closes. What the client still sends is ignored. */
  close(): void;
}

/** What happened so far. All only grow, except `open`. */
export interface SerfRpcSocketCounters {
  open: number;
  accepted: number;
  /** Connections turned away because there were too many. */
  refused: number;
  /** Connections cut off because their readers were too slow. */
  cutSlow: number;
  /** Connections closed because they were silent for too long. */
  cutSilent: number;
}

export interface SerfRpcSocketsOptions {
  readonly address: Address;
  readonly onConnection: (connection: SerfRpcConnection) => SerfRpcHandler;
}

export class SerfRpcSockets implements AsyncDisposable {
  /** Where it listens, with the port that was picked. */
  readonly address: Address;
  readonly counters: Readonly<SerfRpcSocketCounters>;
  readonly #server: Server;
  readonly #connections: Set<Connection>;
  #closed: Promise<void> | undefined;

  /** Listens. Rejects with `PortTakenError` or `BadListenAddressError`. */
  static async open({ address, onConnection }: SerfRpcSocketsOptions): Promise<SerfRpcSockets> {
    const connections = new Set<Connection>();
    const counters: SerfRpcSocketCounters = { open: 0, accepted: 0, refused: 0, cutSlow: 0, cutSilent: 0 };
    const server = createServer((socket) => {
      if (connections.size >= connectionsMax) {
        counters.refused++;
        socket.destroy();
        return;
      }
      counters.accepted++;
      counters.open++;
      const connection = new Connection(socket, counters, () => {
        connections.delete(connection);
        counters.open--;
      });
      connections.add(connection);
      connection.serve(onConnection(connection));
    });
    const port = await listen(server, address);
    return new SerfRpcSockets({ host: address.host, port }, { server, connections, counters });
  }

  private constructor(
    address: Address,
    parts: { server: Server; connections: Set<Connection>; counters: SerfRpcSocketCounters },
  ) {
    this.address = address;
    this.#server = parts.server;
    this.#connections = parts.connections;
    this.counters = parts.counters;
  }

  /** Closes all connections, after what was written to them has had its time to get out. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    await Promise.all([closed, ...[...this.#connections].map((connection) => connection.finish())]);
  }
}

function listen(server: Server, address: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(toListenError(error, address)));
    server.listen({ host: address.host, port: address.port, exclusive: true }, () => {
      server.removeAllListeners("error");
      // A failed accept concerns one client: the next may succeed.
      server.on("error", () => {});
      resolve((server.address() as { port: number }).port);
    });
  });
}

class Connection implements SerfRpcConnection {
  readonly from: string;
  readonly #socket: Socket;
  readonly #counters: SerfRpcSocketCounters;
  readonly #gone: Promise<void>;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosing = false;

  constructor(socket: Socket, counters: SerfRpcSocketCounters, onGone: () => void) {
    this.#socket = socket;
    this.#counters = counters;
    this.from = formatAddress({ host: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    // The close that follows says all that matters.
    socket.on("error", () => {});
    this.#gone = new Promise((resolve) => {
      socket.once("close", () => {
        clearTimeout(this.#silenceTimer);
        clearTimeout(this.#flushTimer);
        onGone();
        resolve();
      });
    });
  }

  serve(handler: SerfRpcHandler): void {
    this.#socket.on("data", (bytes) => {
      if (!this.#isClosing) handler.bytes(new Uint8Array(bytes as Uint8Array));
    });
    this.#socket.once("close", () => handler.closed());
  }

  write(bytes: Uint8Array): void {
    if (this.#isClosing || this.#socket.destroyed) return;
    if (this.#socket.writableLength > waitingBytesMax) {
      this.#counters.cutSlow++;
      this.#isClosing = true;
      this.#socket.destroy();
      return;
    }
    this.#socket.write(bytes);
  }

  pause(): void {
    if (!this.#isClosing) this.#socket.pause();
  }

  resume(): void {
    if (!this.#isClosing) this.#socket.resume();
  }

  allowSilence(durationMs: number): void {
    clearTimeout(this.#silenceTimer);
    if (this.#isClosing || durationMs === Number.POSITIVE_INFINITY) return;
    this.#silenceTimer = setTimeout(() => {
      this.#counters.cutSilent++;
      this.close();
    }, durationMs);
  }

  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    clearTimeout(this.#silenceTimer);
    this.#flushTimer = setTimeout(() => this.#socket.destroy(), flushMsMax);
    // Closing while bytes come in would reset the connection, and a reset eats the reply: wait for the other's end.
    this.#socket.resume();
    this.#socket.end();
  }

  finish(): Promise<void> {
    this.close();
    return this.#gone;
  }
}
