/** The servers that a client knows, and which of them it talks to. */
import { type ClientClock } from "./client_clock.d.ts";
import { type ServerConnection } from "./connections.d.ts";
import { ClientError, toClientError } from "./errors.d.ts";
import { type PickedCall } from "./picker.d.ts";
import { RetryBudget } from "./retry_budget.d.ts";
import type { OpenTransport } from "./transport.d.ts";
/** What a failure is told with, beside the server. */
export type FailureAbout = Omit<Parameters<typeof toClientError>[1], "server">;
export interface ServersOptions {
    readonly openTransport: OpenTransport;
    /** Whether a server that answers is asked for the others. */
    readonly learns: boolean;
    /** Whether what may be asked of any server is spread over all. @default where several are named */
    readonly spreads?: boolean | undefined;
    /** Hears of a server that was named and is not used. */
    readonly onRefused?: ((error: ClientError) => void) | undefined;
    readonly clock?: ClientClock | undefined;
}
/** What calls need to know of them. */
export type ServerChoice = Pick<Servers, "current" | "after" | "failed" | "failure" | "answered" | "onClose" | "isClosed" | "clock" | "isVetted" | "vet" | "isGone" | "retries">;
/** Whom an asking for the cluster is for. */
interface Vetting {
    readonly signal?: AbortSignal | undefined;
    readonly msLeft?: number | undefined;
}
/**
 * Calls that change something go to one server until it fails, leaves or is reported failed, then to the next: those that
 * the caller named come first. What any server may answer is spread.
 */
export declare class Servers {
    #private;
    readonly clock: ClientClock;
    /** How often what failed may be tried again. */
    readonly retries: RetryBudget;
    constructor(urls: readonly string[], options: ServersOptions);
    get count(): number;
    /** The one that the next call goes to. */
    get current(): ServerConnection;
    get isClosed(): boolean;
    /** The one that a question goes to which any server can answer, or a consumer. */
    pick(): ServerConnection;
    /** Counts a call to a server, for the next `pick`. Its failure is counted by `failure`. */
    begin(connection: ServerConnection): PickedCall;
    /** All servers in the order in which to try them when this one failed: itself comes last, before it those reported gone. */
    after(connection: ServerConnection): readonly ServerConnection[];
    /** Nobody answers there: later calls go to the next server. */
    failed(connection: ServerConnection): void;
    /** What a failed call throws. */
    failure(error: unknown, connection: ServerConnection, about: FailureAbout): ClientError;
    /** This one answers: now and then it is asked for the others, while nobody waits for that. */
    answered(connection: ServerConnection): void;
    /** Whether others report that it failed or leaves. */
    isGone(connection: ServerConnection): boolean;
    /** Whether it is known to be of this client's cluster, as far as that can be known. */
    isVetted(connection: ServerConnection): boolean;
    /**
     * Asks a server which cluster it belongs to, before anything is written there, within what is left of the caller's time.
     * Rejects with `ClientError`.
     */
    vet(connection: ServerConnection, { signal, msLeft }?: Vetting): Promise<void>;
    /** The ways to the server at an address, `host:port`, that a server gave; undefined where it is none. */
    at(rpcAddress: string): ServerConnection | undefined;
    /** To be told of `close`. The result ends that. */
    onClose(callback: () => void): () => void;
    /** Idempotent. */
    close(): void;
}
export {};
