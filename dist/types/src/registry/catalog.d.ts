/** All services of all nodes that are there, found by name, and those who want to hear what changes about them. */
import type { ServiceInstance, ServiceQuery } from "../base/mod.d.ts";
import { CatalogWatch } from "./catalog_watch.d.ts";
import { type RoundTrips } from "./query.d.ts";
/** What names a service among those of all nodes. No name of a node has a slash in it. */
export type ServiceKey = string;
export declare function serviceKey(node: string, id: string): ServiceKey;
/**
 * An entry belongs to its node: it is found while the node is there, and only then.
 * Invariant: watches are told of whatever makes `lookUp` answer otherwise than before.
 */
export declare class Catalog {
    #private;
    /** A service is as told here; undefined: it is no longer registered. `reason` says why, in words. */
    settle(key: ServiceKey, instance: ServiceInstance | undefined, reason: string): void;
    /** A node is there from now on, or is not. `reason` says why, in words. */
    setPresent(node: string, isPresent: boolean, reason: string): void;
    isPresent(node: string): boolean;
    /** Those asked for, nearest first. Throws `InvalidServiceQueryError`. */
    lookUp(query: ServiceQuery, roundTrips: RoundTrips): ServiceInstance[];
    /**
     * What `lookUp` answers now, then each change. `onNews` is called when there is something to take. Throws
     * `InvalidServiceQueryError` or `TooManyWatchesError`.
     */
    watch(query: ServiceQuery, onNews: () => void): CatalogWatch;
    get watches(): number;
    /** Nodes that have services, there or not. */
    get nodes(): Iterable<string>;
    /** All that is registered by a node, whether that is there or not. */
    of(node: string): Iterable<ServiceInstance>;
    /** Those that look-ups find. */
    found(): Generator<ServiceInstance>;
}
