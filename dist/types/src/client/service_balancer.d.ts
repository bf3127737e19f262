/** Calls to the instances of a service that the cluster's registry knows: which one each goes to, and which are tried again. */
import { type HealthState, type ServiceInstance } from "../base/mod.d.ts";
import { type ClientClock } from "./client_clock.d.ts";
import { type CallOutcome } from "./picker.d.ts";
import { type ServiceWatcher } from "./service_feed.d.ts";
/** Which service, who tells of its instances, and how calls are spread over them. */
export interface ServiceBalancerOptions {
    /** The name that its instances are registered under. */
    readonly service: string;
    /** Who tells of them: `client.services` of a connected client, or `agent.services`. */
    readonly services: ServiceWatcher;
    /** Only instances that have all of these. @default none */
    readonly tags?: readonly string[] | undefined;
    /** Only instances in these states. @default passing and warning */
    readonly states?: readonly HealthState[] | undefined;
    /** @default what the instance's metadata says as `scheme`, and "http" */
    readonly scheme?: "http" | "https" | undefined;
    /** The port that is called. @default the one that is registered */
    readonly port?: ((instance: ServiceInstance) => number) | undefined;
    /**
     * `nearest`: instances about as near as the nearest one, by the round trip from the node that tells of them, while one of
     * them is well; `spread`: all. @default "spread"
     */
    readonly prefer?: "nearest" | "spread" | undefined;
    /** How long a call may take, with all its tries, where it does not say so itself. 0: no limit. @default 10000 */
    readonly timeoutMs?: number | undefined;
    /** How often a call is tried in all, if it may be. @default 4 */
    readonly triesMax?: number | undefined;
    /** Called once when the balancer is closed. */
    readonly onClose?: (() => void) | undefined;
    /** @default the runtime's */
    readonly clock?: ClientClock | undefined;
}
/** How one call goes. */
export interface BalancedCallOptions {
    readonly signal?: AbortSignal | undefined;
    /** For all tries together, and the waiting for an instance. 0: no limit. @default that of the balancer */
    readonly timeoutMs?: number | undefined;
    /** Whether it may be sent again though it may have been done. What surely was not sent is always tried again. @default false */
    readonly idempotent?: boolean | undefined;
}
/** What one try of a call is given. */
export interface Try {
    readonly instance: ServiceInstance;
    /** `http://host:port` */
    readonly baseUrl: string;
    /** Fires when the time for the whole call is over, or the caller's signal does. */
    readonly signal: AbortSignal;
    readonly msLeft: number;
    /** For what goes on after its beginning: the time no longer ends it, and the result is to be told how it ended. */
    takeOver(): (outcome: CallOutcome) => void;
}
/** What became of a try, for whoever picks the next one. */
export interface Verdict {
    readonly outcome: CallOutcome;
    /** Whether another instance may do better, for what may be done twice. */
    readonly mayRetry: boolean;
}
export declare class ServiceBalancer implements AsyncDisposable {
    #private;
    constructor(options: ServiceBalancerOptions);
    /** Those that calls may go to, as far as is known. None before the first call. */
    get instances(): readonly ServiceInstance[];
    /** Waits for an instance, and gives the one that a call should go to now. What becomes of that call is not counted. */
    pick(options?: Omit<BalancedCallOptions, "idempotent">): Promise<{
        readonly instance: ServiceInstance;
        readonly baseUrl: string;
    }>;
    /**
     * Fetches a path of an instance. Answers of 429, 502, 503 and 504, and calls that break off, are tried elsewhere when the method
     * may be done twice (GET, HEAD, OPTIONS, PUT, DELETE, or `idempotent`); any answer of the last try is returned. The time
     * is that until the answer begins.
     */
    fetch(path: string, init?: RequestInit & BalancedCallOptions): Promise<Response>;
    /** Runs a call at an instance, and again at others where that is allowed and may help. Rejects with what the last try did. */
    call<Answer>(run: (one: Try) => Promise<Answer>, judge: (error: unknown) => Verdict, options?: BalancedCallOptions): Promise<Answer>;
    /** Idempotent. Calls on their way go on. */
    close(): void;
    [Symbol.asyncDispose](): Promise<void>;
}
