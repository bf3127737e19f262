import { createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { messageBytesMax } from "../base/mod.ts";
import type { ServerTransport } from "./transport.ts";

/** Bytes on their way that a stream and a connection may hold: the default of 64 KiB halves throughput and more. */
const streamWindowBytes = 8 * 1_048_576;
const connectionWindowBytes = 2 * streamWindowBytes;

/** Without bytes for so long, the connection is probed, so that a peer that vanished without a word is noticed. */
const pingIntervalMs = 15_000;

type SessionRequest = Http2SessionManager["request"];

/** Widens the window of each connection, which the options of a connection cannot say. */
class WideSessionManager extends Http2SessionManager {
  readonly #widened = new WeakSet<object>();

  override async request(...request: Parameters<SessionRequest>): ReturnType<SessionRequest> {
    const stream = await super.request(...request);
    const session = stream.session;
    if (session !== undefined && !this.#widened.has(session)) {
      this.#widened.add(session);
      session.setLocalWindowSize(connectionWindowBytes);
    }
    return stream;
  }
}

/** HTTP/2 on Bun and Node. Deno's HTTP/2 client crashes the process when a server says goodbye: HTTP/1.1 there. */
export function openNodeTransport(url: string): ServerTransport {
  const common = { baseUrl: url, acceptCompression: [], readMaxBytes: messageBytesMax };
  if ("Deno" in globalThis) {
    return {
      transport: createConnectTransport({ ...common, httpVersion: "1.1" }),
      bidirectional: false,
      close() {},
    };
  }
  const sessionManager = new WideSessionManager(
    url,
    { pingIntervalMs },
    { settings: { initialWindowSize: streamWindowBytes } },
  );
  return {
    transport: createConnectTransport({ ...common, httpVersion: "2", sessionManager }),
    bidirectional: true,
    close: () => sessionManager.abort(),
  };
}
