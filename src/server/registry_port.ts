import type { HealthState, ServiceChange, ServiceDefinition, ServiceInstance, ServiceQuery } from "../base/mod.ts";

/** Services that nodes register. What makes no sense is thrown, with a `code`. */
export interface ServedRegistry {
  /** Registers a service for a caller that may be anybody. Resolves once that is fsynced on this node. */
  registerForCaller(definition: ServiceDefinition): Promise<ServiceInstance>;
  deregister(id: string): Promise<void>;
  report(
    id: string,
    report: { readonly state: HealthState; readonly check: string; readonly output: string },
  ): Promise<void>;
  lookUp(query: ServiceQuery): ServiceInstance[];
  /** `onNews` is called when there is something to take. What waits for a slow taker is bounded. */
  openWatch(query: ServiceQuery, onNews: () => void): { take(): ServiceChange[]; end(): void };
}
