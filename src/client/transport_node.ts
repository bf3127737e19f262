import type { Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { responseBytesMax } from "../base/mod.ts";
import { backgroundAgent } from "../io/background_agent.ts";
import { fastCrc32 } from "../io/checksum.ts";
import { nodeCodecs } from "../io/codecs.ts";
import { H2Session } from "../io/h2_session.ts";
import { HotClient } from "../io/hot_client.ts";
import { ServerWatch, type ServerWatchOptions } from "./server_watch.ts";
import type { ServerTransport } from "./transport.ts";

/** Without bytes for so long, the connection is probed, so that a peer that vanished without a word is noticed. */
const pingIntervalMs = 15_000;

const watchServers = (options: ServerWatchOptions): ServerWatch => new ServerWatch(options);

/** HTTP/2 on Bun and Node. Deno's HTTP/2 client crashes the process when a server says goodbye: HTTP/1.1 there. */
export function openNodeTransport(url: string): ServerTransport {
  const common = { baseUrl: url, acceptCompression: [], readMaxBytes: responseBytesMax };
  if ("Deno" in globalThis) {
    return {
      transport: createConnectTransport({ ...common, httpVersion: "1.1" }),
      background: createConnectTransport({
        ...common,
        httpVersion: "1.1",
        nodeOptions: { agent: backgroundAgent(url) },
      }),
      bidirectional: false,
      watch: watchServers,
      checksum: fastCrc32,
      codecs: nodeCodecs,
      close() {},
    };
  }
  const session = new H2Session(url, { pingIntervalMs });
  return {
    transport: createConnectTransport({ ...common, httpVersion: "2", sessionManager: session }),
    background: createConnectTransport({ ...common, httpVersion: "2", sessionManager: session.background }),
    hot: new HotClient(session),
    bidirectional: true,
    watch: watchServers,
    checksum: fastCrc32,
    codecs: nodeCodecs,
    close: () => session.abort(),
  };
}

/** To a server of any service, by the protocol and the version of HTTP that all of Connect's servers have. */
export function openServiceTransport(baseUrl: string): Transport {
  return createConnectTransport({ baseUrl, httpVersion: "1.1" });
}
