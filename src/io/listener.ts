/**
 * One port for HTTP/1.1 and HTTP/2 without TLS: the first bytes of a connection tell which of them it speaks.
 * What each runtime needs for that is decided here and nowhere else.
 */
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import net, { type AddressInfo, type Socket } from "node:net";
import { Connections } from "./listener_connections.ts";
import { toListenError } from "./listener_errors.ts";
import { withoutGoaway } from "./listener_goaway.ts";
import { type H1Server, openDenoH1, openNodeH1 } from "./listener_h1.ts";
import { H2Server, type StreamHandler } from "./listener_h2.ts";

export type NodeHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void;

export interface ListenOptions {
  /** Name or address to bind. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Answers all requests on Bun and Node, HTTP/2 requests on Deno. */
  readonly nodeHandler: NodeHandler;
  /** Takes streams of HTTP/2 before `nodeHandler` sees them. False for those that it leaves to it. */
  readonly streamHandler?: StreamHandler | undefined;
  /** Answers HTTP/1.1 requests on Deno. */
  readonly fetchHandler: (request: Request) => Promise<Response>;
  /** Connections beyond these are closed at once. @default 10000 */
  readonly connectionsMax?: number | undefined;
  /** Milliseconds that a connection may take to send the headers of its first request. @default 15000 */
  readonly firstHeadersMs?: number | undefined;
}

const connectionsMaxDefault = 10_000;
/** How long connections may finish what they are at when a listener is disposed. */
const closeGraceMs = 1_000;
/** How often a closing listener looks whether its connections are gone. */
const closePollMs = 20;

/** The first bytes of an HTTP/2 connection, as far as they tell it from any HTTP/1.1 method. */
const h2Preface = "PRI";

const isDeno = "Deno" in globalThis;

/** Opens the port. Rejects with `PortTakenError` or `BadListenAddressError`. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const connections = new Connections({
    connectionsMax: options.connectionsMax ?? connectionsMaxDefault,
    firstHeadersMs: options.firstHeadersMs,
  });
  const h1 = isDeno ? openDenoH1(connections, options.fetchHandler) : openNodeH1(connections, options.nodeHandler);
  const h2 = new H2Server(connections, options.nodeHandler, options.streamHandler);
  const front = net.createServer((socket) => {
    if (connections.add(socket)) route(socket, h1, h2);
  });
  try {
    // Looked up here, because the runtimes do not agree on what a host that nobody knows is told as.
    const { address } = await lookup(options.host);
    front.listen(options.port, address);
    await once(front, "listening");
  } catch (error) {
    await h1.close();
    throw toListenError(error, options);
  }
  // A connection that could not be accepted is its caller's loss; the port stays open.
  front.on("error", () => {});
  return new Listener(front, connections, h1, h2);
}

/** Hands a connection to the server of the protocol that it begins with. */
function route(socket: Socket, h1: H1Server, h2: H2Server): void {
  socket.setNoDelay(true);
  // Reading once and giving the bytes back works on all runtimes; "data" and pausing breaks HTTP/2.
  socket.once("readable", () => {
    const first = socket.read() as Buffer | null;
    if (first === null) return;
    if (first.toString("latin1", 0, h2Preface.length) !== h2Preface) {
      h1.serve(socket, first);
    } else if (isDeno) {
      h2.serve(socket, withoutGoaway(socket, first));
    } else {
      socket.unshift(first);
      h2.serve(socket, socket);
    }
  });
}

/** An open port. */
export class Listener implements AsyncDisposable {
  readonly port: number;
  readonly #front: net.Server;
  readonly #connections: Connections;
  readonly #h1: H1Server;
  readonly #h2: H2Server;
  #closed: Promise<void> | undefined;

  constructor(front: net.Server, connections: Connections, h1: H1Server, h2: H2Server) {
    this.#front = front;
    this.#connections = connections;
    this.#h1 = h1;
    this.#h2 = h2;
    this.port = (front.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get connectionCount(): number {
    return this.#connections.count;
  }

  /** Takes no more connections, lets those that are busy finish within `graceMs`, then closes them. Idempotent. */
  close(graceMs: number = closeGraceMs): Promise<void> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(graceMs: number): Promise<void> {
    this.#front.close();
    this.#connections.closeIdle();
    this.#h1.closeGracefully();
    this.#h2.closeGracefully();
    const untilMs = performance.now() + graceMs;
    while (this.#connections.count > 0 && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, closePollMs));
    }
    this.#h2.destroy();
    this.#connections.destroyAll();
    await this.#h1.close();
  }
}
