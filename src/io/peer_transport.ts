/** The connection to one peer: HTTP/2 on Bun and Node, HTTP/1.1 on Deno, whose HTTP/2 client crashes on GOAWAY. */
import http from "node:http";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { h2WindowBytes } from "./listener_h2.ts";

/** A peer that went away without a word is noticed after these two together. */
const pingIntervalMs = 10_000;
const pingTimeoutMs = 5_000;

/** Connections that HTTP/1.1 may open to one peer: one for its Watch stream, the others for pulls. */
const h1ConnectionsMax = 64;

export interface PeerTransport {
  readonly transport: Transport;
  /** Ends all calls and closes the connection. */
  close(): void;
}

/** Prepares calls to `host:port`. Nothing is dialled before the first. */
export function openPeerTransport(address: string, options: { readonly readMaxBytes: number }): PeerTransport {
  // Batches are compressed by those who produce them: asking for more costs much and gains little.
  const common: CommonOptions = { ...options, baseUrl: `http://${address}`, acceptCompression: [] };
  return "Deno" in globalThis ? openH1(common) : openH2(common);
}

interface CommonOptions {
  readonly baseUrl: string;
  readonly readMaxBytes: number;
  readonly acceptCompression: [];
}

function openH1(options: CommonOptions): PeerTransport {
  const agent = new http.Agent({ keepAlive: true, maxSockets: h1ConnectionsMax });
  const transport = createConnectTransport({ ...options, httpVersion: "1.1", nodeOptions: { agent } });
  return { transport, close: () => agent.destroy() };
}

function openH2(options: CommonOptions): PeerTransport {
  const sessionManager = new PeerSession(options.baseUrl);
  const transport = createConnectTransport({ ...options, httpVersion: "2", sessionManager });
  return { transport, close: () => sessionManager.close() };
}

/** Connect's keeper of one HTTP/2 connection, with wide windows and without errors that nobody hears. */
class PeerSession {
  readonly authority: string;
  readonly #manager: Http2SessionManager;
  readonly #prepared = new WeakSet<ClientHttp2Session>();

  constructor(url: string) {
    this.#manager = new Http2SessionManager(
      url,
      { pingIntervalMs, pingTimeoutMs, pingIdleConnection: true },
      { settings: { initialWindowSize: h2WindowBytes, enablePush: false } },
    );
    this.authority = this.#manager.authority;
  }

  async request(...call: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await this.#manager.request(...call);
    const session = stream.session as ClientHttp2Session | undefined;
    if (session !== undefined && !this.#prepared.has(session)) {
      this.#prepared.add(session);
      // A peer that speaks no HTTP/2 fails its session after Connect has stopped listening, on Node uncaught.
      session.on("error", () => {});
      session.setLocalWindowSize?.(2 * h2WindowBytes);
      guardPing(session);
    }
    stream.on("error", () => {});
    return stream;
  }

  notifyResponseByteRead(stream: ClientHttp2Stream): void {
    this.#manager.notifyResponseByteRead(stream);
  }

  close(): void {
    this.#manager.abort(new ConnectError("The connection to this peer was closed", Code.Unavailable));
  }
}

/** Connect may ping a session that was destroyed meanwhile, from a timer, where what it throws would end the process. */
function guardPing(session: ClientHttp2Session): void {
  const ping = session.ping.bind(session) as (...call: unknown[]) => boolean;
  session.ping = (...call: unknown[]) => !session.destroyed && ping(...call);
}
