/** HTTP/1.1 for connections that were accepted elsewhere: by `node:http`, on Deno by `Deno.serve` behind a splice. */
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";
import type { Connections } from "./listener_connections.ts";

export interface H1Server {
  /** Serves one connection. `first` was read from it already. */
  serve(socket: Socket, first: Buffer): void;
  /** Lets requests finish and closes what has none. */
  closeGracefully(): void;
  /** Resolves once all is closed; their sockets were destroyed before. */
  close(): Promise<void>;
}

/** For Bun and Node. */
export function openNodeH1(
  connections: Connections,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): H1Server {
  // This server never listens, so the runtimes do not enforce its own deadlines: `Connections` does.
  const server = http.createServer(
    { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 },
    (request, response) => {
      connections.requestBegan(request.socket);
      response.once("close", () => connections.requestEnded(request.socket));
      handler(request, response);
    },
  );
  return {
    serve(socket, first) {
      socket.unshift(first);
      server.emit("connection", socket);
    },
    // `Connections` knows which of them are idle.
    closeGracefully() {},
    async close() {
      server.closeAllConnections();
    },
  };
}

/** The part of Deno that is used here. */
interface DenoRuntime {
  serve(
    options: { hostname: string; port: number; onListen: () => void },
    handler: (request: Request, info: { remoteAddr: { port: number } }) => Promise<Response> | Response,
  ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> };
}

/**
 * For Deno, whose `node:http` loses the second request of a connection that another server accepted: the bytes go
 * through a connection on the loopback to `Deno.serve`. Connections that others open to it are refused. Where its
 * requests end is not seen here, so that idle connections stay until their callers close them; how many is bounded.
 */
export function openDenoH1(connections: Connections, handler: (request: Request) => Promise<Response>): H1Server {
  const deno = (globalThis as unknown as { readonly Deno: DenoRuntime }).Deno;
  const loopback = "127.0.0.1";
  const spliced = new Map<number, Socket>();
  let closed: Promise<void> | undefined;
  const server = deno.serve({ hostname: loopback, port: 0, onListen() {} }, (request, info) => {
    const socket = spliced.get(info.remoteAddr.port);
    if (socket === undefined) return new Response("Cannot answer: this port is not served\n", { status: 403 });
    connections.requestBegan(socket);
    return handler(request);
  });
  return {
    serve: (socket, first) => splice(socket, first, net.connect(server.addr.port, loopback), spliced),
    closeGracefully() {
      closed ??= server.shutdown().catch(() => {});
    },
    close() {
      closed ??= server.shutdown().catch(() => {});
      return closed;
    },
  };
}

function splice(socket: Socket, first: Buffer, inner: Socket, spliced: Map<number, Socket>): void {
  inner.setNoDelay(true);
  inner.on("error", () => socket.destroy());
  socket.once("close", () => inner.destroy());
  inner.once("close", () => socket.destroy());
  inner.once("connect", () => {
    const { port } = inner.address() as AddressInfo;
    spliced.set(port, socket);
    inner.once("close", () => spliced.delete(port));
    inner.write(first);
    socket.pipe(inner);
    inner.pipe(socket);
  });
}
