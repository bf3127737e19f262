import type { HealthState, ServiceInstance, ServiceQuery } from "../base/mod.d.ts";
/** From best to worst. */
export declare const healthStates: readonly HealthState[];
/** What is asked for, with nothing left open. */
export interface ResolvedQuery {
    /** As names are compared; undefined: all. */
    readonly nameKey: string | undefined;
    readonly tags: readonly string[];
    readonly states: readonly HealthState[];
    readonly node: string | undefined;
    readonly near: string | undefined;
}
/** Throws `InvalidServiceQueryError`. Empty texts say nothing, as they do in requests. */
export declare function resolveQuery(query: ServiceQuery): ResolvedQuery;
/** Whether a service is one of those asked for. */
export declare function isAskedFor(instance: ServiceInstance, query: ResolvedQuery): boolean;
/** Milliseconds to a node and back; undefined when that is not known. */
export type RoundTrips = (node: string) => number | undefined;
/** With what is known of the way to each, nearest first; those of which nothing is known come last. */
export declare function nearestFirst(instances: readonly ServiceInstance[], roundTrips: RoundTrips): ServiceInstance[];
