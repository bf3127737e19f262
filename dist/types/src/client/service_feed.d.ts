/** The instances of a service, as a watch tells of them. */
import type { HealthState, ServiceChange, ServiceInstance, ServiceQuery } from "../base/mod.d.ts";
import { type ClientClock } from "./client_clock.d.ts";
/** Who tells of services: `client.services` and `agent.services` do. */
export interface ServiceWatcher {
    watch(query: ServiceQuery, options?: {
        readonly signal?: AbortSignal;
    }): AsyncIterable<ServiceChange>;
    /** Asked while no instance is known: a watch that tells of none does not say whether anybody would. */
    lookUp?(query: ServiceQuery, options?: {
        readonly signal?: AbortSignal;
    }): Promise<readonly ServiceInstance[]> | readonly ServiceInstance[];
}
/** Where one instance is reached. It stays the same object while the instance is the same one at the same place. */
export interface Endpoint {
    /** As it was told of last. */
    instance: ServiceInstance;
}
export interface ServiceFeedOptions {
    readonly services: ServiceWatcher;
    readonly clock: ClientClock;
    readonly name: string;
    readonly tags: readonly string[];
    /** Called whenever something changed. */
    readonly onChange: () => void;
}
/** Watches until it is closed. While nobody tells, what was told last stays. */
export declare class ServiceFeed {
    #private;
    constructor(options: ServiceFeedOptions);
    get endpoints(): readonly Endpoint[];
    /** Why nobody tells; undefined where somebody does, as far as is known. */
    get failure(): unknown;
    /** Finds out whether somebody would tell if there were an instance. */
    inquire(): Promise<void>;
    /** How many there are in each state. */
    counts(): Readonly<Record<HealthState, number>>;
    /** Idempotent. */
    close(): void;
}
