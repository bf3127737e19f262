/** The servers that a client knows, and which of them it talks to. */
import { type ClientClock } from "./client_clock.d.ts";
import { type ServerConnection } from "./connections.d.ts";
import { ClientError, toClientError } from "./errors.d.ts";
import type { OpenTransport } from "./transport.d.ts";
/** What a failure is told with, beside the server. */
export type FailureAbout = Omit<Parameters<typeof toClientError>[1], "server">;
export interface ServersOptions {
    readonly openTransport: OpenTransport;
    /** Whether a server that answers is asked for the others. */
    readonly learns: boolean;
    readonly clock?: ClientClock | undefined;
}
/** What calls need to know of them. */
export type ServerChoice = Pick<Servers, "current" | "after" | "failed" | "failure" | "answered" | "onClose" | "isClosed" | "clock">;
/** Calls go to one server until it proves unreachable, then to the next: those that the caller named come first. */
export declare class Servers {
    #private;
    readonly clock: ClientClock;
    constructor(urls: readonly string[], options: ServersOptions);
    get count(): number;
    /** The one that the next call goes to. */
    get current(): ServerConnection;
    get isClosed(): boolean;
    /** All servers in the order in which to try them when this one failed: itself comes last. */
    after(connection: ServerConnection): readonly ServerConnection[];
    /** Nobody answers there: later calls go to the next server. */
    failed(connection: ServerConnection): void;
    /** What a failed call throws. */
    failure(error: unknown, connection: ServerConnection, about: FailureAbout): ClientError;
    /** This one answers: now and then it is asked for the others, while nobody waits for that. */
    answered(connection: ServerConnection): void;
    /** The ways to the server at an address, `host:port`, that a server gave; undefined where it is none. */
    at(rpcAddress: string): ServerConnection | undefined;
    /** To be told of `close`. The result ends that. */
    onClose(callback: () => void): () => void;
    /** Idempotent. */
    close(): void;
}
