import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { Page } from "../gen/grapevine/v1/page_pb.ts";
import { clientClock } from "./client_clock.ts";
import { PageStream } from "./page_stream.ts";
import type { ServerTransport } from "./transport.ts";

/** What a page may choose, of each server's streams. */
export interface WebTransportOptions {
  /** Hears, in words for the developer, why streams do not come. @default `console.warn` */
  readonly onWarning?: (message: string) => void;
}

/** `fetch`, which cannot stream requests. All that is followed at a server comes in one stream. */
export function openWebTransport(url: string, options: WebTransportOptions = {}): ServerTransport {
  const transport = createConnectTransport({ baseUrl: url, useBinaryFormat: true });
  const { onWarning = (message: string): void => console.warn(message) } = options;
  const page = new PageStream({ url, client: createClient(Page, transport), clock: clientClock, onWarning });
  return { transport, page, bidirectional: false, close: () => page.close() };
}
