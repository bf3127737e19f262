import { crc32 as nativeCrc32 } from "node:zlib";
import { createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { type Checksum, crc32, responseBytesMax } from "../base/mod.ts";
import type { ServerTransport } from "./transport.ts";

/** Bytes on their way that a stream and a connection may hold: the default of 64 KiB halves throughput and more. */
const streamWindowBytes = 8 * 1_048_576;
const connectionWindowBytes = 2 * streamWindowBytes;

/** Without bytes for so long, the connection is probed, so that a peer that vanished without a word is noticed. */
const pingIntervalMs = 15_000;

type SessionRequest = Http2SessionManager["request"];

/** What each connection needs and its options cannot say: a wider window, and no error that nobody can catch. */
class TunedSessionManager extends Http2SessionManager {
  readonly #tuned = new WeakSet<object>();

  override async request(...request: Parameters<SessionRequest>): ReturnType<SessionRequest> {
    const stream = await super.request(...request);
    const session = stream.session;
    if (session !== undefined && !this.#tuned.has(session)) {
      this.#tuned.add(session);
      tune(session);
    }
    return stream;
  }
}

type Session = NonNullable<Awaited<ReturnType<SessionRequest>>["session"]>;

function tune(session: Session): void {
  session.setLocalWindowSize(connectionWindowBytes);
  // A server that speaks no HTTP/2 fails its session after the manager has stopped listening.
  session.on("error", () => {});
  const ping = session.ping.bind(session);
  // The manager's timer may ping a session that is gone already, which throws where nobody can catch it.
  session.ping = ((...request: Parameters<typeof ping>) => !session.destroyed && ping(...request)) as typeof ping;
}

/** Bytes from which on a call into native code costs less than the loop in JavaScript. */
const nativeFromBytes = 256;

const checksum: Checksum = (bytes, seed = 0) =>
  bytes.length < nativeFromBytes ? crc32(bytes, seed) : nativeCrc32(bytes, seed);

/** HTTP/2 on Bun and Node. Deno's HTTP/2 client crashes the process when a server says goodbye: HTTP/1.1 there. */
export function openNodeTransport(url: string): ServerTransport {
  const common = { baseUrl: url, acceptCompression: [], readMaxBytes: responseBytesMax };
  if ("Deno" in globalThis) {
    return {
      transport: createConnectTransport({ ...common, httpVersion: "1.1" }),
      bidirectional: false,
      checksum,
      close() {},
    };
  }
  const sessionManager = new TunedSessionManager(
    url,
    { pingIntervalMs },
    { settings: { initialWindowSize: streamWindowBytes } },
  );
  return {
    transport: createConnectTransport({ ...common, httpVersion: "2", sessionManager }),
    bidirectional: true,
    checksum,
    close: () => sessionManager.abort(),
  };
}
