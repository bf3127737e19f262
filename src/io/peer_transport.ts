/** The connection to one peer: HTTP/2 on Bun and Node, HTTP/1.1 on Deno, whose HTTP/2 client crashes on GOAWAY. */
import http from "node:http";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { HotTransport } from "../base/mod.ts";
import { H2Session } from "./h2_session.ts";
import { HotClient } from "./hot_client.ts";

/** A peer that went away without a word is noticed after these two together. */
const pingIntervalMs = 10_000;
const pingTimeoutMs = 5_000;

/** Connections that HTTP/1.1 may open to one peer: one for its Watch stream, the others for pulls. */
const h1ConnectionsMax = 64;

export interface PeerTransport {
  readonly transport: Transport;
  /** Absent where calls go by HTTP/1.1. */
  readonly hot?: HotTransport | undefined;
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
  const session = new H2Session(options.baseUrl, { pingIntervalMs, pingTimeoutMs, pingIdleConnection: true });
  return {
    transport: createConnectTransport({ ...options, httpVersion: "2", sessionManager: session }),
    hot: new HotClient(session),
    close: () => session.abort(new ConnectError("The connection to this peer was closed", Code.Unavailable)),
  };
}
