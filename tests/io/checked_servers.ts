/** Servers that answer well, badly and not at all, for checks to ask. */
import { Buffer } from "node:buffer";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";

export interface CheckedServer {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: () => number;
  /** Resolves at the next connection. */
  readonly connected: () => Promise<void>;
  readonly close: () => Promise<void>;
}

async function listen(server: net.Server, host: string): Promise<CheckedServer> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    open: () => sockets.size,
    connected: () => new Promise((resolve) => server.once("connection", () => resolve())),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function serveTcp(onConnection: (socket: net.Socket) => void, host = "127.0.0.1"): Promise<CheckedServer> {
  return listen(net.createServer(onConnection), host);
}

/** Paths name what becomes of a request. */
export function serveHttp(host = "127.0.0.1"): Promise<CheckedServer> {
  return listen(http.createServer(answer), host);
}

function answer(request: http.IncomingMessage, response: http.ServerResponse): void {
  const redirect = (location: string): void => void response.writeHead(302, { location }).end();
  switch (request.url) {
    case "/fine":
      response.end(`${request.method} ${request.headers["x-question"] ?? "without a question"}\n`);
      return;
    case "/slow-down":
      response.writeHead(429).end("slow down");
      return;
    case "/broken":
      response.writeHead(500).end("broken");
      return;
    case "/nothing":
      response.writeHead(204).end();
      return;
    case "/endless": {
      const timer = setInterval(() => response.write("x".repeat(200)), 1);
      response.once("close", () => clearInterval(timer));
      return;
    }
    case "/stuck":
      response.write("begin");
      return;
    case "/cut":
      response.writeHead(200, { "content-length": "100" });
      response.write("part", () => response.destroy());
      return;
    case "/moved":
      redirect("/fine");
      return;
    case "/round":
      redirect("/round");
      return;
    case "/away":
      redirect("http://other.invalid/");
      return;
    default:
    // The headers never come.
  }
}

export type GrpcMode = "SERVING" | "NOT_SERVING" | "unimplemented" | "not-found" | "no-grpc" | "goodbye" | "nonsense";

/** A server of grpc.health.v1 over HTTP/2, that answers a request as `mode` says at the time. */
export function serveGrpc(mode: (request: string) => GrpcMode): Promise<CheckedServer> {
  const server = http2.createServer();
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    let request = "";
    stream.on("data", (part: Uint8Array) => {
      request += new TextDecoder().decode(part);
    });
    stream.once("end", () => answerGrpc(stream, mode(request)));
  });
  return listen(server as unknown as net.Server, "127.0.0.1");
}

function answerGrpc(stream: http2.ServerHttp2Stream, mode: GrpcMode): void {
  const type = { ":status": 200, "content-type": "application/grpc" };
  if (mode === "no-grpc") {
    stream.respond({ ":status": 404 });
    stream.end();
  } else if (mode === "not-found") {
    stream.respond({ ...type, "grpc-status": "5", "grpc-message": "no%20such" }, { endStream: true });
  } else {
    const { session } = stream;
    if (mode === "goodbye") {
      session?.goaway(0);
      // Node's server reads no more after its goodbye, and does not notice that the caller is gone.
      stream.once("close", () => session?.destroy());
    }
    stream.respond(type, { waitForTrailers: true });
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": mode === "unimplemented" ? "12" : "0" }));
    const message = mode === "nonsense" ? [0, 0, 0, 0, 9, 8, 1] : [0, 0, 0, 0, 2, 8, mode === "NOT_SERVING" ? 2 : 1];
    stream.end(mode === "unimplemented" ? undefined : Buffer.from(message));
  }
}
