import type { ServiceChange, ServiceInstance } from "../../src/base/mod.ts";
import type { ServiceWatcher } from "../../src/client/mod.ts";

/** Tells of services as the cluster's registry does: what there is, then what changes, until it breaks. */
export class FakeRegistry implements ServiceWatcher {
  readonly #instances = new Map<string, ServiceInstance>();
  readonly #watches = new Set<Watch>();
  /** Whether watches fail. */
  isDown = false;
  /** How many watches were begun. */
  watches = 0;

  put(id: string, port: number, about: Partial<ServiceInstance> = {}): void {
    const type = this.#instances.has(id) ? "changed" : "added";
    const base = { name: "payments", node: "alder", address: "127.0.0.1", tags: [], metadata: {}, checks: [] };
    const instance: ServiceInstance = { ...base, state: "passing", sinceMs: 0, ...about, id, port };
    this.#instances.set(id, instance);
    this.#tell({ type, instance, reason: "registered" });
  }

  remove(id: string): void {
    const instance = this.#instances.get(id) as ServiceInstance;
    this.#instances.delete(id);
    this.#tell({ type: "removed", instance, reason: "deregistered" });
  }

  /** Ends all watches. */
  breakOff(): void {
    for (const watch of this.#watches) watch.fail();
    this.#watches.clear();
  }

  get open(): number {
    return this.#watches.size;
  }

  async *watch(_: unknown, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ServiceChange> {
    this.watches++;
    if (this.isDown) throw new Error("Cannot watch services: nobody answers");
    const watch = new Watch();
    this.#watches.add(watch);
    signal?.addEventListener("abort", () => watch.wake(), { once: true });
    try {
      for (const instance of this.#instances.values()) yield { type: "present", instance, reason: "registered" };
      while (!signal?.aborted) {
        for (const change of watch.changes.splice(0)) yield change;
        if (watch.isBroken) throw new Error("Cannot watch services: the stream broke");
        await watch.changed();
      }
    } finally {
      this.#watches.delete(watch);
    }
  }

  #tell(change: ServiceChange): void {
    for (const watch of this.#watches) watch.push(change);
  }
}

class Watch {
  readonly changes: ServiceChange[] = [];
  isBroken = false;
  wake: () => void = () => {};

  push(change: ServiceChange): void {
    this.changes.push(change);
    this.wake();
  }

  fail(): void {
    this.isBroken = true;
    this.wake();
  }

  changed(): Promise<void> {
    if (this.changes.length > 0 || this.isBroken) return Promise.resolve();
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}
