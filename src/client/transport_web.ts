import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { Page } from "../gen/grapevine/v1/page_pb.ts";
import { clientClock } from "./client_clock.ts";
import { PageStream } from "./page_stream.ts";
import { type TabMeans, TabShare } from "./tab_share.ts";
import type { ServerTransport } from "./transport.ts";

/** What a page may choose, of each server's streams. */
export interface WebTransportOptions {
  /** Whether all tabs of the page's origin share one stream to a server, where the browser has what it takes. @default true */
  readonly shareTabs?: boolean;
  /** Hears, in words for the developer, why streams do not come. @default `console.warn` */
  readonly onWarning?: (message: string) => void;
}

/** `fetch`, which cannot stream requests. All that is followed at a server comes in one stream. */
export function openWebTransport(url: string, options: WebTransportOptions = {}): ServerTransport {
  const transport = createConnectTransport({ baseUrl: url, useBinaryFormat: true });
  const { shareTabs = true, onWarning = (message: string): void => console.warn(message) } = options;
  const own = new PageStream({ url, client: createClient(Page, transport), clock: clientClock, onWarning });
  const means = shareTabs ? tabMeans() : undefined;
  const page = means === undefined ? own : new TabShare({ url, own, means, clock: clientClock });
  return { transport, page, bidirectional: false, close: () => page.close() };
}

/** Undefined where pages cannot share: without a secure origin browsers have no locks, and other runtimes have no tabs. */
function tabMeans(): TabMeans | undefined {
  const { navigator, document } = globalThis as {
    readonly navigator?: { readonly locks?: { readonly request: TabMeans["lock"] } };
    readonly document?: unknown;
  };
  const locks = navigator?.locks;
  if (locks === undefined || document === undefined) return undefined;
  return {
    lock: (name, lockOptions, hold) => locks.request(name, lockOptions, hold),
    channel: (name) => new BroadcastChannel(name),
    tab: crypto.randomUUID(),
  };
}
