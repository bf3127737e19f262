/** UDP and TCP on one port, as gossip needs them. */
import type { Socket as UdpSocket } from "node:dgram";
import { connect as dialTcp, isIP, type Server, type Socket as TcpSocket } from "node:net";
import { type Address, formatAddress } from "../base/mod.ts";
import type { StreamId, TransportEffect, TransportInput } from "../gossip/mod.ts";
import { bindPortPair, closePortPair, isRefusal, withoutMapping } from "./port_pair.ts";

/** Connections taken in at once. The machine serves fewer; this bounds what waits for its answer. */
const acceptedMax = 256;

/** Bytes that may wait to be written to one connection. A full state of the largest cluster fits. */
const writeBytesMax = 67_108_864;

/** Datagrams that the system has not taken yet. More would only arrive too late: gossip says everything again. */
const sendsWaitingMax = 4_096;

/** Bytes that the kernel may hold for the UDP socket, where it allows: bursts of news after a partition. */
const receiveBufferBytes = 2_097_152;

/** Less than this is every system's own size. */
const receiveBufferBytesMin = 65_536;

/** How long a connection may take to flush what was written before it is closed. */
const flushMsMax = 10_000;

export interface GossipSocketsOptions {
  /** IP address to bind, and the port of both UDP and TCP; 0 picks a free one. */
  readonly bind: Address;
  /** Hears what comes in. Called from event handlers, never from within `perform`. */
  readonly onInput: (input: TransportInput) => void;
  /** Hears of trouble that no input tells of: a datagram that could not be sent, a socket's error. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** Sockets that could not be bound. Nothing stays open. */
export class GossipBindError extends Error {
  override readonly name = "GossipBindError";
  readonly code: "ADDRESS_IN_USE" | "ADDRESS_NOT_AVAILABLE" | "BIND_FAILED";
  readonly address: Address;

  constructor(address: Address, cause: unknown) {
    const systemCode = (cause as { code?: string } | undefined)?.code;
    const reasons: { readonly [code: string]: string } = {
      EADDRINUSE: "the port is taken",
      EADDRNOTAVAIL: "no interface has this address",
      EACCES: "this user may not bind it",
      // What Deno says of an address that no interface has.
      EINVAL: "no interface has this address",
    };
    super(`Cannot bind gossip to ${formatAddress(address)}: ${reasons[systemCode ?? ""] ?? String(cause)}`, { cause });
    this.address = address;
    if (systemCode === "EADDRINUSE") this.code = "ADDRESS_IN_USE";
    else if (systemCode === "EADDRNOTAVAIL" || systemCode === "EINVAL") this.code = "ADDRESS_NOT_AVAILABLE";
    else this.code = "BIND_FAILED";
  }
}

/** What the sockets themselves gave up, so far. */
export interface GossipSocketCounters {
  /** Datagrams that the system did not take, and those that found too many before them. */
  sendsFailed: number;
  sendsDropped: number;
  /** Connections that came while too many were open. */
  streamsRefused: number;
}

export interface GossipSockets extends AsyncDisposable {
  /** Where they are bound, with the port that was picked. */
  readonly address: Address;
  readonly counters: Readonly<GossipSocketCounters>;
  /** Performs an effect. Failures come back through `onInput` where a stream is concerned, else through `onError`. */
  perform(effect: TransportEffect): void;
}

/** Binds UDP and TCP to one port. Rejects with `GossipBindError`. */
export async function openGossipSockets(options: GossipSocketsOptions): Promise<GossipSockets> {
  const { bind } = options;
  if (isIP(bind.host) === 0) throw new GossipBindError(bind, `${bind.host} is no IP address`);
  try {
    const { server, udp, address } = await bindPortPair(bind);
    return new BoundSockets(server, udp, { ...options, bind: address });
  } catch (error) {
    throw new GossipBindError(bind, error);
  }
}

class BoundSockets implements GossipSockets {
  readonly address: Address;
  readonly counters: GossipSocketCounters = { sendsFailed: 0, sendsDropped: 0, streamsRefused: 0 };
  readonly #server: Server;
  readonly #udp: UdpSocket;
  readonly #onInput: (input: TransportInput) => void;
  readonly #onError: (error: Error) => void;
  readonly #streams = new Map<StreamId, TcpSocket>();
  /** Those that flush their last bytes: nothing of them is heard any more. */
  readonly #closing = new Set<TcpSocket>();
  #nextAccepted: StreamId = 2;
  #accepted = 0;
  #sendsWaiting = 0;
  #closed: Promise<void> | undefined;

  constructor(server: Server, udp: UdpSocket, options: GossipSocketsOptions) {
    this.address = options.bind;
    this.#server = server;
    this.#udp = udp;
    this.#onInput = options.onInput;
    this.#onError = options.onError ?? (() => {});
    server.on("connection", (socket) => this.#accept(socket));
    server.on("error", (error) =>
      this.#onError(new Error(`Cannot accept streams: ${error.message}`, { cause: error })),
    );
    udp.on("message", (bytes, from) => {
      // A copy of its own: some runtimes reuse the memory of a datagram.
      const datagram = new Uint8Array(bytes);
      this.#hear({ type: "datagram", from: { host: withoutMapping(from.address), port: from.port }, bytes: datagram });
    });
    udp.on("error", (error) => {
      // Some runtimes tell that a peer's host answered "nobody listens here". That is no trouble of ours: probes notice.
      if (isRefusal(error)) return;
      this.#onError(new Error(`Cannot receive datagrams: ${error.message}`, { cause: error }));
    });
    widenReceiveBuffer(udp);
  }

  perform(effect: TransportEffect): void {
    if (this.#closed !== undefined) return;
    switch (effect.type) {
      case "send":
        this.#send(effect.to, effect.bytes);
        return;
      case "dial":
        this.#dial(effect.stream, effect.to, effect.timeoutMs);
        return;
      case "stream-write":
        this.#write(effect.stream, effect.bytes);
        return;
      case "stream-close":
        this.#close(effect.stream);
        return;
      default:
        effect satisfies never;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    const closed = closePortPair({ server: this.#server, udp: this.#udp });
    for (const socket of [...this.#streams.values(), ...this.#closing]) socket.destroy();
    this.#streams.clear();
    await closed;
  }

  #hear(input: TransportInput): void {
    if (this.#closed === undefined) this.#onInput(input);
  }

  #send(to: Address, bytes: Uint8Array, isRetry = false): void {
    if (this.#sendsWaiting >= sendsWaitingMax) {
      this.counters.sendsDropped++;
      return;
    }
    this.#sendsWaiting++;
    const report = (error: Error | null): void => {
      this.#sendsWaiting--;
      // On some runtimes a datagram to nobody makes the *next* one fail, whoever that is for. Telling so clears it.
      if (isRefusal(error) && !isRetry && this.#closed === undefined) this.#send(to, bytes, true);
      else if (error !== null && this.#closed === undefined) {
        this.counters.sendsFailed++;
        this.#onError(new Error(`Cannot send to ${formatAddress(to)}: ${error.message}`, { cause: error }));
      }
    };
    try {
      this.#udp.send(bytes, to.port, this.#hostFor(to.host), report);
    } catch (error) {
      // Addresses come from the network: one of the wrong family or port must not stop the node.
      report(error as Error);
    }
  }

  /** A dual-stack socket reaches IPv4 only by its form within IPv6. */
  #hostFor(host: string): string {
    return isIP(this.address.host) === 6 && isIP(host) === 4 ? `::ffff:${host}` : host;
  }

  #accept(socket: TcpSocket): void {
    if (this.#closed !== undefined || this.#accepted >= acceptedMax) {
      this.counters.streamsRefused++;
      socket.destroy();
      return;
    }
    const stream = this.#nextAccepted;
    this.#nextAccepted += 2;
    this.#accepted++;
    socket.once("close", () => this.#accepted--);
    const from = { host: withoutMapping(socket.remoteAddress ?? ""), port: socket.remotePort ?? 0 };
    this.#watch(stream, socket);
    this.#hear({ type: "stream-accepted", stream, from });
  }

  #dial(stream: StreamId, to: Address, timeoutMs: number): void {
    let socket: TcpSocket;
    try {
      socket = dialTcp({ host: to.host, port: to.port, allowHalfOpen: true });
    } catch (error) {
      // Answered later, as every dial is: an input from within `perform` would come before its effect is done.
      queueMicrotask(() => this.#hear({ type: "stream-closed", stream, error: String(error) }));
      return;
    }
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    socket.once("connect", () => clearTimeout(timer));
    socket.once("close", () => clearTimeout(timer));
    this.#watch(stream, socket);
  }

  #watch(stream: StreamId, socket: TcpSocket): void {
    this.#streams.set(stream, socket);
    let failure: string | undefined;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => {
      if (this.#streams.get(stream) === socket) {
        this.#hear({ type: "stream-bytes", stream, bytes: new Uint8Array(bytes as Uint8Array) });
      }
    });
    socket.on("error", (error) => {
      failure = error.message;
    });
    const gone = (): void => {
      if (this.#streams.get(stream) !== socket) return;
      this.#streams.delete(stream);
      this.#hear({ type: "stream-closed", stream, error: failure });
      socket.destroy();
    };
    socket.once("end", gone);
    socket.once("close", gone);
  }

  #write(stream: StreamId, bytes: Uint8Array): void {
    const socket = this.#streams.get(stream);
    if (socket === undefined) return;
    if (socket.writableLength + bytes.length > writeBytesMax) {
      socket.destroy(new Error(`more than ${writeBytesMax} bytes wait to be written`));
      return;
    }
    socket.write(bytes);
  }

  #close(stream: StreamId): void {
    const socket = this.#streams.get(stream);
    if (socket === undefined) return;
    this.#streams.delete(stream);
    this.#closing.add(socket);
    const timer = setTimeout(() => socket.destroy(), flushMsMax);
    socket.once("close", () => {
      clearTimeout(timer);
      this.#closing.delete(socket);
    });
    // Closing while bytes come in would reset the connection, and a reset eats the reply: wait for the other's end.
    socket.once("end", () => socket.destroy());
    socket.resume();
    socket.end();
  }
}

/** Some systems refuse what is more than they allow, others give as much as they do. */
function widenReceiveBuffer(udp: UdpSocket): void {
  for (let bytes = receiveBufferBytes; bytes >= receiveBufferBytesMin; bytes /= 2) {
    try {
      udp.setRecvBufferSize(bytes);
      return;
    } catch {
      // Half of it then; and when that fails to the last, bursts lose a little more, and gossip repairs that.
    }
  }
}
