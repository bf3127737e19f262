/** HTTP/2 for connections that were accepted elsewhere. */
import type { IncomingHttpHeaders } from "node:http";
import http2, { type Http2Session, type Http2Stream, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Connections } from "./listener_connections.ts";

/**
 * Bytes that a peer may send before it is told to go on: of a stream, and of all streams of a connection. With the
 * protocol's 64 KiB consuming ran at half the speed.
 */
export const h2WindowBytes = 8_388_608;

/** Streams that one connection may have open. */
const streamsMax = 1_000;

/** Megabytes that nghttp2 may hold for one session: two windows and what they wait behind. */
const sessionMegabytesMax = 64;

const isDeno = "Deno" in globalThis;

/** Takes a stream, or says false and leaves it. */
export type StreamHandler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean;

/** Takes connections that begin with the HTTP/2 preface. */
export class H2Server {
  readonly #server: http2.Http2Server;
  /** Sessions and how many streams each has open. */
  readonly #sessions = new Map<Http2Session, number>();
  readonly #connections: Connections;
  #closing = false;

  constructor(
    connections: Connections,
    handler: (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void,
    streamHandler?: StreamHandler,
  ) {
    this.#connections = connections;
    this.#server = http2.createServer(
      {
        settings: { initialWindowSize: h2WindowBytes, maxConcurrentStreams: streamsMax },
        maxSessionMemory: sessionMegabytesMax,
      },
      handler,
    );
    if (streamHandler !== undefined) putBefore(this.#server, streamHandler);
    // What a bad peer does to its session ends that session; there is nobody to tell.
    this.#server.on("sessionError", () => {});
  }

  /** Serves one connection. `transport` carries its bytes, `socket` is what they come from. */
  serve(socket: Socket, transport: Duplex): void {
    this.#server.once("session", (session: Http2Session) => this.#keep(session, socket));
    this.#server.emit("connection", transport);
  }

  /** Lets streams finish, then closes their sessions. */
  closeGracefully(): void {
    this.#closing = true;
    for (const session of this.#sessions.keys()) this.#closeSession(session);
  }

  destroy(): void {
    for (const session of this.#sessions.keys()) session.destroy();
  }

  #keep(session: Http2Session, socket: Socket): void {
    this.#sessions.set(session, 0);
    session.on("error", () => {});
    session.once("close", () => {
      this.#sessions.delete(session);
      socket.destroy();
    });
    session.on("stream", (stream: Http2Stream) => {
      this.#connections.requestBegan(socket);
      this.#count(session, 1);
      stream.once("close", () => this.#count(session, -1));
    });
    session.setLocalWindowSize?.(2 * h2WindowBytes);
  }

  #count(session: Http2Session, change: number): void {
    const streams = this.#sessions.get(session);
    if (streams === undefined) return;
    this.#sessions.set(session, streams + change);
    if (this.#closing) this.#closeSession(session);
  }

  #closeSession(session: Http2Session): void {
    // A polite goodbye kills Deno's process: there, sessions end with their last stream.
    if (!isDeno) session.close();
    else if (this.#sessions.get(session) === 0) session.destroy();
  }
}

/**
 * The server makes a request and a response of every stream in a listener of its own, which costs more than some calls
 * do. This stands before it and lets it have what `takes` leaves.
 */
function putBefore(server: http2.Http2Server, takes: StreamHandler): void {
  const others = server.listeners("stream") as ((...stream: unknown[]) => void)[];
  server.removeAllListeners("stream");
  server.on("stream", (stream, headers, ...rest) => {
    if (takes(stream, headers)) return;
    for (const other of others) other.call(server, stream, headers, ...rest);
  });
}
