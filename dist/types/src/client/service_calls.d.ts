/** What a client asks about services. */
import type { HealthState, ServiceChange, ServiceDefinition, ServiceInstance, ServiceQuery } from "../base/mod.d.ts";
import { type CallOptions } from "./questions.d.ts";
import type { Servers } from "./servers.d.ts";
/** What a service says of itself. */
export interface HealthReport {
    readonly state: HealthState;
    /** Name of the check that waits for it. @default the only one that does */
    readonly check?: string | undefined;
    /** Why, in words: up to 1 KiB is kept. @default none */
    readonly output?: string | undefined;
}
export interface ServiceWatchOptions {
    readonly signal?: AbortSignal | undefined;
    /** How long, from a failure on, servers are tried, in milliseconds. 0: not at all. @default 60,000 */
    readonly failoverMs?: number | undefined;
}
export interface ServiceCallsOptions {
    readonly timeoutMs: number;
    readonly failoverMs: number;
}
/**
 * Services are registered with the asked node, and belong to it: it checks them, and takes them along when it goes. Look-ups
 * find those of all nodes, whichever is asked.
 */
export declare class ServiceCalls {
    #private;
    constructor(servers: Servers, options: ServiceCallsOptions);
    /** Registers a service with the asked node. The same name and id there replace what was registered before. */
    register(definition: ServiceDefinition, options?: CallOptions): Promise<ServiceInstance>;
    /** Takes a service of the asked node out. Fails with `NOT_FOUND` when that has none of the id. */
    deregister(id: string, options?: CallOptions): Promise<void>;
    /** What a service of the asked node says of itself. */
    report(id: string, { state, check, output }: HealthReport, options?: CallOptions): Promise<void>;
    /** Services of all nodes that are there, nearest first; those that pass or warn, unless others are asked for. */
    lookUp(query?: ServiceQuery, options?: CallOptions): Promise<ServiceInstance[]>;
    /**
     * What `lookUp` finds now, as changes of type `present`, then each change with its reason, until the loop is left or the
     * signal fires. Goes on at another server when one fails, and tells only what is different there.
     */
    watch(query?: ServiceQuery, options?: ServiceWatchOptions): AsyncGenerator<ServiceChange>;
}
