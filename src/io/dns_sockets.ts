/** UDP and TCP for the DNS, on one port: datagrams in and out, and connections with bounds on what each may cost. */
import type { Socket as UdpSocket } from "node:dgram";
import type { Server, Socket as TcpSocket } from "node:net";
import { type Address, viewOf } from "../base/mod.ts";
import { toListenError } from "./listener_errors.ts";
import { bindPortPair, closePortPair, isRefusal } from "./port_pair.ts";

/** Connections served at the same time. They are short: resolvers come here with what did not fit into a datagram. */
const connectionsMax = 256;

/** How long a connection may go without a whole query, and without its answer being taken. */
const idleMsDefault = 10_000;

/** Bytes of a query over TCP. The connection of a longer one is closed: nobody can say where the next one begins. */
const queryBytesMax = 4_096;

/** Bytes of its length, which stand before each message. */
const lengthBytes = 2;

/** Bytes of answers that may wait for a slow reader. One answer more than that is let through. */
const waitingBytesMax = 131_072;

/** Queries of one connection that are answered before others get their turn. */
const turnQueriesMax = 32;

/** Datagrams that the system has not taken yet. Whoever asked for more asks again. */
const sendsWaitingMax = 1_024;

export interface DnsSocketsOptions {
  /** IP address to bind, and the port of both UDP and TCP; 0 picks a free one. */
  readonly bind: Address;
  /** The answer to a query; undefined for none. Must not throw. */
  readonly answer: (query: Uint8Array, over: "udp" | "tcp") => Uint8Array | undefined;
  /** Hears of trouble with a socket that goes on. */
  readonly onError: (error: Error) => void;
  /** @default 10,000 */
  readonly idleMs?: number | undefined;
}

/** What the sockets gave up, so far. All only grow, except `connectionsOpen`. */
export interface DnsSocketCounters {
  connectionsOpen: number;
  /** Connections turned away because there were too many. */
  connectionsRefused: number;
  /** Connections closed because nothing whole came, or nothing was taken, for too long. */
  connectionsIdle: number;
  /** Connections closed because of a query that was too long, or was none. */
  connectionsMalformed: number;
  /** Answers that the system did not take, and those that found too many before them. */
  sendsFailed: number;
}

export class DnsSockets implements AsyncDisposable {
  /** Where they are bound, with the port that was picked. */
  readonly address: Address;
  readonly counters: DnsSocketCounters = {
    ...{ connectionsOpen: 0, connectionsRefused: 0, connectionsIdle: 0, connectionsMalformed: 0, sendsFailed: 0 },
  };
  readonly #server: Server;
  readonly #udp: UdpSocket;
  readonly #options: DnsSocketsOptions;
  readonly #connections = new Set<Connection>();
  #sendsWaiting = 0;
  #closed: Promise<void> | undefined;

  /** Listens. Rejects with `PortTakenError` or `BadListenAddressError`. */
  static async open(options: DnsSocketsOptions): Promise<DnsSockets> {
    try {
      const { server, udp, address } = await bindPortPair(options.bind);
      return new DnsSockets(server, udp, { ...options, bind: address });
    } catch (error) {
      throw toListenError(error, options.bind);
    }
  }

  private constructor(server: Server, udp: UdpSocket, options: DnsSocketsOptions) {
    this.address = options.bind;
    this.#server = server;
    this.#udp = udp;
    this.#options = options;
    server.on("connection", (socket) => this.#accept(socket));
    // A failed accept concerns one client: the next may succeed.
    server.on("error", options.onError);
    udp.on("message", (bytes, { address, port }) => this.#hear(bytes, { host: address, port }));
    udp.on("error", (error) => {
      // That somebody does not listen any more for an answer is no trouble of ours.
      if (!isRefusal(error)) options.onError(error);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    const closed = closePortPair({ server: this.#server, udp: this.#udp });
    for (const connection of this.#connections) connection.cut();
    await closed;
  }

  #hear(bytes: Uint8Array, from: Address): void {
    // Nobody can be answered at port 0: such a datagram is made up.
    if (this.#closed !== undefined || from.port === 0) return;
    const answer = this.#options.answer(bytes, "udp");
    if (answer !== undefined) this.#send(answer, from);
  }

  #send(bytes: Uint8Array, to: Address, isRetry = false): void {
    if (this.#sendsWaiting >= sendsWaitingMax) {
      this.counters.sendsFailed++;
      return;
    }
    this.#sendsWaiting++;
    const report = (error: Error | null): void => {
      this.#sendsWaiting--;
      if (this.#closed !== undefined || (error ?? null) === null) return;
      // On some runtimes an asker who is gone makes the *next* answer fail, whoever that is for. Telling so clears it.
      if (isRefusal(error) && !isRetry) this.#send(bytes, to, true);
      else this.counters.sendsFailed++;
    };
    try {
      this.#udp.send(bytes, to.port, to.host, report);
    } catch (error) {
      // Whatever the address is that a datagram claims to come from, it must not stop the node.
      report(error as Error);
    }
  }

  #accept(socket: TcpSocket): void {
    if (this.#closed !== undefined || this.#connections.size >= connectionsMax) {
      this.counters.connectionsRefused++;
      socket.destroy();
      return;
    }
    const { answer, idleMs = idleMsDefault } = this.#options;
    const connection = new Connection(socket, { answer: (query) => answer(query, "tcp"), idleMs }, (reason) => {
      this.#connections.delete(connection);
      this.counters.connectionsOpen--;
      if (reason === "idle") this.counters.connectionsIdle++;
      if (reason === "malformed") this.counters.connectionsMalformed++;
    });
    this.#connections.add(connection);
    this.counters.connectionsOpen++;
  }
}

type CutReason = "idle" | "malformed";

interface ConnectionOptions {
  readonly answer: (query: Uint8Array) => Uint8Array | undefined;
  readonly idleMs: number;
}

/** Answers the queries of one connection in their order, as many as its other side takes the answers of. */
class Connection {
  readonly #socket: TcpSocket;
  readonly #options: ConnectionOptions;
  /** What came and was not answered yet: less than a query, or what came at once. Nothing is read meanwhile. */
  #bytes = new Uint8Array(0);
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #reason: CutReason | undefined;
  #isEnded = false;
  #isWaitingForTurn = false;

  constructor(socket: TcpSocket, options: ConnectionOptions, onGone: (reason: CutReason | undefined) => void) {
    this.#socket = socket;
    this.#options = options;
    socket.setNoDelay(true);
    // The close that follows says all that matters.
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      this.#bytes = joined(this.#bytes, bytes as Uint8Array);
      this.#answerSome();
    });
    socket.on("drain", () => this.#answerSome());
    socket.on("end", () => {
      this.#isEnded = true;
      this.#answerSome();
    });
    socket.once("close", () => {
      clearTimeout(this.#idleTimer);
      onGone(this.#reason);
    });
    this.#waitAgain();
  }

  cut(reason?: CutReason): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  #waitAgain(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.cut("idle"), this.#options.idleMs);
  }

  #answerSome(): void {
    const socket = this.#socket;
    for (let count = 0; count < turnQueriesMax; count++) {
      if (socket.destroyed || socket.writableLength > waitingBytesMax) break;
      const query = this.#next();
      if (query === undefined) break;
      const answer = this.#options.answer(query);
      if (answer === undefined) {
        this.cut("malformed");
        break;
      }
      this.#waitAgain();
      socket.write(withLength(answer));
    }
    this.#goOn();
  }

  /** Reads more once all that came is answered, and lets others have their turn before the rest of it is. */
  #goOn(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    if (!this.#hasNext()) {
      if (this.#isEnded) socket.end();
      else socket.resume();
      return;
    }
    socket.pause();
    if (this.#isWaitingForTurn || socket.writableLength > waitingBytesMax) return;
    this.#isWaitingForTurn = true;
    setImmediate(() => {
      this.#isWaitingForTurn = false;
      this.#answerSome();
    });
  }

  #hasNext(): boolean {
    const bytes = this.#bytes;
    return bytes.length >= lengthBytes && bytes.length >= lengthBytes + viewOf(bytes).getUint16(0);
  }

  /** The next whole query; undefined when it has not come yet, or is too long. */
  #next(): Uint8Array | undefined {
    const bytes = this.#bytes;
    if (bytes.length < lengthBytes) return undefined;
    const length = viewOf(bytes).getUint16(0);
    if (length > queryBytesMax) this.cut("malformed");
    if (length > queryBytesMax || bytes.length < lengthBytes + length) return undefined;
    this.#bytes = bytes.subarray(lengthBytes + length);
    return bytes.subarray(lengthBytes, lengthBytes + length);
  }
}

/** A copy of its own: some runtimes reuse the memory of what they read. */
function joined(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(left.length + right.length);
  whole.set(left);
  whole.set(right, left.length);
  return whole;
}

function withLength(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(lengthBytes + message.length);
  viewOf(bytes).setUint16(0, message.length);
  bytes.set(message, lengthBytes);
  return bytes;
}
