/** Questions that change nothing, and may be asked of another server when one does not answer. */
import type { ServerConnection } from "./connections.d.ts";
import { type ProduceFate } from "./errors.d.ts";
import type { Servers } from "./servers.d.ts";
/** What every call may choose. */
export interface CallOptions {
    /** Ends the waiting, with `ABORTED`. What a change did is not known then. */
    readonly signal?: AbortSignal | undefined;
    /** How long the call may take in all, in milliseconds. @default that of the client */
    readonly timeoutMs?: number | undefined;
}
/** What a call to one server is given. */
export interface OneCall {
    readonly signal?: AbortSignal;
    readonly timeoutMs: number;
}
export interface Question extends CallOptions {
    /** Completes "Cannot …". */
    readonly doing: string;
    readonly timeoutMs: number;
    /** Whether any server can answer. Otherwise the one is asked first that changes go to. */
    readonly spreads?: boolean | undefined;
    /** What became of records where the question is a part of producing them. */
    readonly fate?: ProduceFate | undefined;
}
/** Each server is tried once, all within the time of the call. */
export declare function ask<Answer>(servers: Servers, { doing, timeoutMs, signal, spreads }: Question, question: (connection: ServerConnection, call: OneCall) => Promise<Answer>): Promise<Answer>;
/** Asks one server. Rejects with `ClientError`. */
export declare function askOne<Answer>(servers: Servers, connection: ServerConnection, { doing, timeoutMs, signal, fate }: Question, question: (connection: ServerConnection, call: OneCall) => Promise<Answer>): Promise<Answer>;
