import type { ServiceChange, ServiceInstance } from "../base/mod.ts";
import type { ServiceKey } from "./catalog.ts";
import { reasonOfState } from "./output.ts";
import { nearestFirst, type RoundTrips } from "./query.ts";

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
export class CatalogWatch {
  readonly #options: CatalogWatchOptions;
  readonly #told = new Map<ServiceKey, ServiceInstance>();
  readonly #touched = new Map<ServiceKey, string>();
  #present: readonly (readonly [ServiceKey, ServiceInstance])[] | undefined;

  constructor(options: CatalogWatchOptions) {
    this.#options = options;
    this.#present = [...options.present];
    for (const [key, instance] of this.#present) this.#told.set(key, instance);
  }

  /** Something happened to a service. */
  touched(key: ServiceKey, reason: string): void {
    if (!this.#touched.has(key) && !this.#told.has(key) && !this.#isAskedFor(this.#options.find(key))) return;
    // The latest comes last.
    this.#touched.delete(key);
    this.#touched.set(key, reason);
    this.#options.onNews();
  }

  /** What there is to tell: at first all that was there, nearest first, then how it differs from what was told. */
  take(roundTrips: RoundTrips): ServiceChange[] {
    const changes: ServiceChange[] = [];
    if (this.#present !== undefined) {
      const present = nearestFirst(
        this.#present.map(([, instance]) => instance),
        roundTrips,
      );
      for (const instance of present) changes.push({ type: "present", instance, reason: reasonOfState(instance) });
      this.#present = undefined;
    }
    for (const [key, reason] of this.#touched) {
      const change = this.#change(key, reason, roundTrips);
      if (change !== undefined) changes.push(change);
    }
    this.#touched.clear();
    return changes;
  }

  /** No more is told. Idempotent. */
  end(): void {
    this.#options.onEnd();
  }

  #isAskedFor(found: ServiceInstance | undefined): found is ServiceInstance {
    return found !== undefined && this.#options.isAskedFor(found);
  }

  #change(key: ServiceKey, reason: string, roundTrips: RoundTrips): ServiceChange | undefined {
    const told = this.#told.get(key);
    const found = this.#options.find(key);
    const located = found && { ...found, rttMs: roundTrips(found.node) };
    if (!this.#isAskedFor(found)) {
      this.#told.delete(key);
      return told && { type: "removed", instance: located ?? told, reason };
    }
    this.#told.set(key, found);
    if (told === found) return undefined;
    return { type: told === undefined ? "added" : "changed", instance: located as ServiceInstance, reason };
  }
}
