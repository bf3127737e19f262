import { createConnectTransport } from "@connectrpc/connect-web";
import type { ServerTransport } from "./transport.ts";

/** `fetch`, which cannot stream requests. */
export function openWebTransport(url: string): ServerTransport {
  return {
    transport: createConnectTransport({ baseUrl: url, useBinaryFormat: true }),
    bidirectional: false,
    close() {},
  };
}
