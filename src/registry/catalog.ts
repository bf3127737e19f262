/** All services of all nodes that are there, found by name, and those who want to hear what changes about them. */
import type { ServiceInstance, ServiceQuery } from "../base/mod.ts";
import { CatalogWatch } from "./catalog_watch.ts";
import { sameNameKey } from "./definition.ts";
import { TooManyWatchesError } from "./errors.ts";
import { watchesMax } from "./limits.ts";
import { isAskedFor, nearestFirst, type ResolvedQuery, type RoundTrips, resolveQuery } from "./query.ts";

/** What names a service among those of all nodes. No name of a node has a slash in it. */
export type ServiceKey = string;

export function serviceKey(node: string, id: string): ServiceKey {
  return `${node}/${id}`;
}

/**
 * An entry belongs to its node: it is found while the node is there, and only then.
 * Invariant: watches are told of whatever makes `lookUp` answer otherwise than before.
 */
export class Catalog {
  readonly #instances = new Map<ServiceKey, ServiceInstance>();
  readonly #byName = new Map<string, Map<ServiceKey, ServiceInstance>>();
  readonly #byNode = new Map<string, Map<ServiceKey, ServiceInstance>>();
  readonly #present = new Set<string>();
  readonly #watches = new Set<CatalogWatch>();

  /** A service is as told here; undefined: it is no longer registered. `reason` says why, in words. */
  settle(key: ServiceKey, instance: ServiceInstance | undefined, reason: string): void {
    const before = this.#instances.get(key);
    if (before !== undefined) this.#forget(key, before);
    if (instance !== undefined) this.#keep(key, instance);
    const node = (instance ?? before)?.node;
    if (node !== undefined && this.#present.has(node)) this.#tell(key, reason);
  }

  /** A node is there from now on, or is not. `reason` says why, in words. */
  setPresent(node: string, isPresent: boolean, reason: string): void {
    if (this.#present.has(node) === isPresent) return;
    if (isPresent) this.#present.add(node);
    else this.#present.delete(node);
    for (const key of this.#byNode.get(node)?.keys() ?? []) this.#tell(key, reason);
  }

  isPresent(node: string): boolean {
    return this.#present.has(node);
  }

  /** Those asked for, nearest first. Throws `InvalidServiceQueryError`. */
  lookUp(query: ServiceQuery, roundTrips: RoundTrips): ServiceInstance[] {
    const resolved = resolveQuery(query);
    return nearestFirst(
      [...this.#asked(resolved)].map(([, instance]) => instance),
      roundTrips,
    );
  }

  /**
   * What `lookUp` answers now, then each change. `onNews` is called when there is something to take. Throws
   * `InvalidServiceQueryError` or `TooManyWatchesError`.
   */
  watch(query: ServiceQuery, onNews: () => void): CatalogWatch {
    const resolved = resolveQuery(query);
    if (this.#watches.size >= watchesMax) throw new TooManyWatchesError(this.#watches.size);
    const watch = new CatalogWatch({
      find: (key) => this.#find(key),
      isAskedFor: (instance) => isAskedFor(instance, resolved),
      present: this.#asked(resolved),
      onNews,
      onEnd: () => this.#watches.delete(watch),
    });
    this.#watches.add(watch);
    return watch;
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** Nodes that have services, there or not. */
  get nodes(): Iterable<string> {
    return this.#byNode.keys();
  }

  /** All that is registered by a node, whether that is there or not. */
  of(node: string): Iterable<ServiceInstance> {
    return this.#byNode.get(node)?.values() ?? [];
  }

  /** Those that look-ups find. */
  *found(): Generator<ServiceInstance> {
    for (const instance of this.#instances.values()) if (this.#present.has(instance.node)) yield instance;
  }

  #find(key: ServiceKey): ServiceInstance | undefined {
    const instance = this.#instances.get(key);
    return instance !== undefined && this.#present.has(instance.node) ? instance : undefined;
  }

  *#asked(query: ResolvedQuery): Generator<[ServiceKey, ServiceInstance]> {
    const { nameKey, node } = query;
    const byName = nameKey === undefined ? this.#instances : (this.#byName.get(nameKey) ?? []);
    const some = nameKey === undefined && node !== undefined ? (this.#byNode.get(node) ?? []) : byName;
    for (const [key, instance] of some) {
      if (this.#present.has(instance.node) && isAskedFor(instance, query)) yield [key, instance];
    }
  }

  #keep(key: ServiceKey, instance: ServiceInstance): void {
    this.#instances.set(key, instance);
    addTo(this.#byName, sameNameKey(instance.name), key, instance);
    addTo(this.#byNode, instance.node, key, instance);
  }

  #forget(key: ServiceKey, instance: ServiceInstance): void {
    this.#instances.delete(key);
    removeFrom(this.#byName, sameNameKey(instance.name), key);
    removeFrom(this.#byNode, instance.node, key);
  }

  #tell(key: ServiceKey, reason: string): void {
    for (const watch of this.#watches) watch.touched(key, reason);
  }
}

type Index = Map<string, Map<ServiceKey, ServiceInstance>>;

function addTo(index: Index, by: string, key: ServiceKey, instance: ServiceInstance): void {
  const group = index.get(by) ?? new Map<ServiceKey, ServiceInstance>();
  group.set(key, instance);
  index.set(by, group);
}

function removeFrom(index: Index, by: string, key: ServiceKey): void {
  const group = index.get(by);
  group?.delete(key);
  if (group?.size === 0) index.delete(by);
}
