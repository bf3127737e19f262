import type { HealthState, ServiceChange, ServiceDefinition, ServiceInstance, ServiceQuery } from "../base/mod.d.ts";
/** What a service says of itself. */
export interface HealthReport {
    readonly state: HealthState;
    /** Name of the check that waits for it. @default the only one that does */
    readonly check?: string | undefined;
    /** Why, in words: up to 1 KiB is kept. @default none */
    readonly output?: string | undefined;
}
/** Services that this node registers and checks, and those of all nodes. */
export interface AgentServices {
    /**
     * Registers a service with this node, which checks it from then on, and again after a restart. The same name and id
     * replace what was registered before. Resolves once that is fsynced and found here. Rejects with `InvalidServiceError`,
     * `ServiceIdTakenError`, `TooManyServicesError`, or as produce does.
     */
    register(definition: ServiceDefinition): Promise<ServiceInstance>;
    /** Takes a service of this node out. Resolves once it is gone here. Rejects with `UnknownServiceError`, or as produce does. */
    deregister(id: string): Promise<void>;
    /**
     * What a service of this node says of itself. Resolves once that is found here; what cannot be written now is written
     * later. Rejects with `UnknownServiceError` or `NotReportableError`.
     */
    report(id: string, report: HealthReport): Promise<void>;
    /** Services of all nodes that are there, nearest first; those that pass or warn, unless others are asked for. */
    lookUp(query?: ServiceQuery): ServiceInstance[];
    /**
     * What `lookUp` finds now, as changes of type `present`, then each change with its reason, until the loop is left, the
     * signal fires or the node stops. Whoever is slow hears of the latest and not of each step.
     */
    watch(query?: ServiceQuery, options?: {
        readonly signal?: AbortSignal | undefined;
    }): AsyncGenerator<ServiceChange>;
}
