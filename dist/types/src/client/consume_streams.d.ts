import { type Place } from "../base/mod.d.ts";
import { type ConsumeRequest } from "../gen/log/v1/log_pb.d.ts";
import type { ServerConnection } from "./connections.d.ts";
import { ClientError } from "./errors.d.ts";
import type { ConsumeAnswer } from "./hot_messages.d.ts";
import type { Servers } from "./servers.d.ts";
import { type End } from "./topic_end.d.ts";
/** What a consumer is told when it goes on at another server, or tries the same one again. */
export interface ConsumeFailover {
    /** What went wrong. */
    readonly error: ClientError;
    /** URL of the server that is asked next. */
    readonly server: string;
}
export interface ConsumeStreamsOptions {
    readonly servers: Servers;
    /** The server that is asked first. */
    readonly first: ServerConnection;
    /** With the start that the caller chose. */
    readonly request: ConsumeRequest;
    readonly follow: boolean;
    /** How long, from a failure on, other servers are tried. 0: not at all. */
    readonly failoverMs: number;
    /** Whether a server that lacks what comes next is left for others, and only then told to go on without it. */
    readonly leavesHoles: boolean;
    /** For questions around the stream. */
    readonly timeoutMs: number;
    readonly onFailover: ((failover: ConsumeFailover) => void) | undefined;
    readonly signal: AbortSignal;
}
export declare class ConsumeStreams {
    #private;
    constructor(options: ConsumeStreamsOptions);
    /** The URL of the server that is read from. */
    get server(): string;
    /** How many streams there were. The answers of each begin where the one before was read to. */
    get opened(): number;
    /** Where to stop; undefined where what comes is followed. Known once there was an answer. */
    get end(): End | undefined;
    /**
     * Gives the next answer to `take`; false when there is nothing to read. `place` tells what was read, as far as that is
     * known: all answers so far. What `take` throws counts as the server's failure. Rejects when no server answers in time.
     */
    next(place: () => Place | undefined, take: (answer: ConsumeAnswer) => void): Promise<boolean>;
    /** Ends everything: whoever waits for an answer is told an error. */
    close(): void;
}
