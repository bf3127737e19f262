import type { ServerTransport } from "./transport.d.ts";
/** What a page may choose, of each server's streams. */
export interface WebTransportOptions {
    /** Whether all tabs of the page's origin share one stream to a server, where the browser has what it takes. @default true */
    readonly shareTabs?: boolean;
    /** Hears, in words for the developer, why streams do not come. @default `console.warn` */
    readonly onWarning?: (message: string) => void;
}
/** `fetch`, which cannot stream requests. All that is followed at a server comes in one stream. */
export declare function openWebTransport(url: string, options?: WebTransportOptions): ServerTransport;
