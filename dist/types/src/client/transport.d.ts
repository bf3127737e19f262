import type { Transport } from "npm:@connectrpc/connect@2.2.0";
import type { Checksum, Codecs, HotTransport } from "../base/mod.d.ts";
import type { PageStreams } from "./page_stream.d.ts";
import type { ServerWatch, ServerWatchOptions } from "./server_watch.d.ts";
/** How to talk to one server. The package's entry for each runtime makes them. */
export interface ServerTransport {
    readonly transport: Transport;
    /** Of streams that keep no process alive. @default `transport` */
    readonly background?: Transport;
    /** A leaner way for the methods that move records. @default they go by `transport` */
    readonly hot?: HotTransport | undefined;
    /** One stream for all that is followed there. @default each has its own */
    readonly page?: PageStreams | undefined;
    /** Whether requests can go on while responses come: HTTP/2 outside browsers. */
    readonly bidirectional: boolean;
    /** Hears of changes of the cluster, where a stream may stay open for that. @default servers are asked now and then */
    readonly watch?: (options: ServerWatchOptions) => ServerWatch;
    /** The runtime's fastest CRC-32. @default the portable one */
    readonly checksum?: Checksum;
    /** How batches can be compressed. @default gzip, by what the web has */
    readonly codecs?: Codecs;
    /** Closes connections. Idempotent. */
    close(): void;
}
/** Makes a transport to the server at this URL (`http://host:port`, nothing after it). */
export type OpenTransport = (url: string) => ServerTransport;
