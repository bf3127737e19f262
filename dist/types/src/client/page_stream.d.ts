/**
 * All that a page follows at one server, in one stream: over HTTP/1.1 a browser keeps no more than six connections to a
 * host, for all of its tabs. When something is added, left, or not read for a while, the stream is opened anew without it,
 * from where each of the others stands: that keeps it exact without a flow control of its own.
 */
import { type Client } from "npm:@connectrpc/connect@2.2.0";
import type { Page } from "../gen/grapevine/v1/page_pb.d.ts";
import type { ClientClock } from "./client_clock.d.ts";
import type { FollowAnswer, FollowAsks } from "./followed.d.ts";
/** The way of all that a page follows at a server. */
export interface PageStreams {
    /** The answers to a subscription, until the signal fires. */
    follow(asks: FollowAsks, signal: AbortSignal): AsyncGenerator<FollowAnswer, void>;
    /** Ends everything. Idempotent. */
    close(): void;
}
export interface PageStreamOptions {
    readonly url: string;
    readonly client: Client<typeof Page>;
    readonly clock: ClientClock;
    /** Hears, in words for the developer, why nothing comes. */
    readonly onWarning: (message: string) => void;
}
export declare class PageStream implements PageStreams {
    #private;
    constructor(options: PageStreamOptions);
    follow(asks: FollowAsks, signal: AbortSignal): AsyncGenerator<FollowAnswer, void>;
    close(): void;
}
