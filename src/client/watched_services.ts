import type { ServiceChange, ServiceInstance } from "../base/mod.ts";
import type { WatchServicesResponse } from "../gen/grapevine/v1/registry_pb.ts";
import { toChangeType, toInstance } from "./service_messages.ts";

/**
 * What a watcher was told, so that a watch that goes on at another server tells only how that differs. A server that has
 * just started may not have heard of all services yet: those that it lacks are gone only when it still lacks them after
 * a while, and `missing` says so.
 */
export class WatchedServices {
  readonly #told = new Map<string, ServiceInstance>();
  /** What the present server said before it had said all; undefined once it has. */
  #found: Map<string, ServiceInstance> | undefined = new Map();
  readonly #missing = new Set<string>();
  #isFirst = true;

  /** Another server is watched from here on. */
  begin(): void {
    this.#found = new Map();
  }

  /** Services that were told and that the server does not have. */
  get missing(): number {
    return this.#missing.size;
  }

  /** What there is to tell of a response. `server` completes reasons. */
  take(response: WatchServicesResponse, server: string): ServiceChange[] {
    if (response.heartbeat) return this.#complete(server);
    const type = toChangeType(response.change);
    const instance = toInstance(response.instance);
    if (type === undefined || instance === undefined) return [];
    const key = `${instance.node}/${instance.id}`;
    if (this.#found !== undefined && type === "present") {
      this.#found.set(key, instance);
      // A stream may have ended before it had said all: what it did say is not told again.
      if (!this.#isFirst || this.#told.has(key)) return [];
      this.#told.set(key, instance);
      return [{ type, instance, reason: response.reason }];
    }
    this.#missing.delete(key);
    return this.#change(key, type === "removed" ? undefined : instance, { gone: instance, reason: response.reason });
  }

  /** Those that are missing are gone. */
  giveUpMissing(server: string): ServiceChange[] {
    const reason = `no longer known at ${server}, where the watch went on`;
    const keys = [...this.#missing];
    this.#missing.clear();
    return keys.flatMap((key) => this.#change(key, undefined, { reason }));
  }

  /** The server has said all that was there. */
  #complete(server: string): ServiceChange[] {
    const found = this.#found;
    if (found === undefined) return [];
    this.#found = undefined;
    this.#isFirst = false;
    const reason = `found so at ${server}, where the watch went on`;
    this.#missing.clear();
    for (const key of this.#told.keys()) if (!found.has(key)) this.#missing.add(key);
    return [...found].flatMap(([key, instance]) => this.#change(key, instance, { reason }));
  }

  #change(
    key: string,
    instance: ServiceInstance | undefined,
    { gone, reason }: { readonly gone?: ServiceInstance; readonly reason: string },
  ): ServiceChange[] {
    const told = this.#told.get(key);
    if (instance === undefined) {
      this.#told.delete(key);
      return told === undefined ? [] : [{ type: "removed", instance: gone ?? told, reason }];
    }
    this.#told.set(key, instance);
    if (told !== undefined && isSame(told, instance)) return [];
    return [{ type: told === undefined ? "added" : "changed", instance, reason }];
  }
}

/** Apart from how far away it is. */
function isSame(left: ServiceInstance, right: ServiceInstance): boolean {
  return textOf(left) === textOf(right);
}

function textOf(instance: ServiceInstance): string {
  const metadata = Object.entries(instance.metadata).sort(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify({ ...instance, metadata, rttMs: undefined });
}
