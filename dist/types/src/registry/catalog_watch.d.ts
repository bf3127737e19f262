import type { ServiceChange, ServiceInstance } from "../base/mod.d.ts";
import type { ServiceKey } from "./catalog.d.ts";
import { type RoundTrips } from "./query.d.ts";
export interface CatalogWatchOptions {
    /** A service as it is now, if its node is there. */
    readonly find: (key: ServiceKey) => ServiceInstance | undefined;
    readonly isAskedFor: (instance: ServiceInstance) => boolean;
    /** Those asked for that are there when the watch begins. */
    readonly present: Iterable<readonly [ServiceKey, ServiceInstance]>;
    readonly onNews: () => void;
    readonly onEnd: () => void;
}
/**
 * What one watcher was told, and what it has to be told. Between two `take`s only that something happened to a service is
 * noted, and the last reason: so a watcher that is slow hears less often how things are, and what waits for it is never
 * more than there are services.
 */
export declare class CatalogWatch {
    #private;
    constructor(options: CatalogWatchOptions);
    /** Something happened to a service. */
    touched(key: ServiceKey, reason: string): void;
    /** What there is to tell: at first all that was there, nearest first, then how it differs from what was told. */
    take(roundTrips: RoundTrips): ServiceChange[];
    /** No more is told. Idempotent. */
    end(): void;
}
