import type { HealthState } from "../base/mod.d.ts";
/** There is no instance of a service that a call could go to, and none came in time. */
export declare class NoInstanceError extends Error {
    readonly name = "NoInstanceError";
    readonly code = "NO_INSTANCE";
    readonly service: string;
    /** How many are registered with the tags that were asked for, by their states. */
    readonly seen: Readonly<Record<HealthState, number>>;
    constructor(service: string, seen: NoInstanceError["seen"], { reason, cause }: {
        readonly reason: string;
        readonly cause?: unknown;
    });
}
