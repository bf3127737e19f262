import type { HealthCheckStatus, HealthState, Wake } from "../base/mod.d.ts";
import type { ResolvedCheck } from "./resolved_checks.d.ts";
/** How well a service is, and each of its checks in the order of their definition. */
export interface ServiceHealth {
    /** The worst of its checks; a service without checks passes. */
    readonly state: HealthState;
    /** Unix time since when the state is this. */
    readonly sinceMs: number;
    readonly checks: readonly HealthCheckStatus[];
}
/** What was known of a service before this process began. */
export interface FormerHealth {
    /** Checks as they were defined then: of those that did not change, the state is kept. */
    readonly definitions: readonly ResolvedCheck[];
    readonly health: ServiceHealth;
}
export type CheckInput = Wake
/** From now on the service is checked. The same id again replaces what was registered. */
 | {
    readonly type: "register";
    readonly id: string;
    readonly checks: readonly ResolvedCheck[];
    /** Undefined: it stays, however long it is critical. */
    readonly deregisterAfterMs: number | undefined;
    readonly former?: FormerHealth | undefined;
}
/** It is checked no more. */
 | {
    readonly type: "deregister";
    readonly id: string;
}
/** What a run found. Taken from each run once, and until a second after it was cancelled. */
 | {
    readonly type: "result";
    readonly runId: number;
    readonly outcome: CheckOutcome;
}
/** What a service says of itself. Ignored unless `reportFault` finds nothing wrong. */
 | {
    readonly type: "report";
    readonly id: string;
    /** Undefined: the only check that waits for reports. */
    readonly check: string | undefined;
    readonly outcome: CheckOutcome;
};
export type CheckEffect = 
/** A run is to be started. Its result, and be it after `cancel`, is to come back. */
{
    readonly type: "run";
    readonly runId: number;
    readonly id: string;
    readonly check: ActiveCheck;
}
/** The run is to be ended at once: its time is up, or nobody wants to know any more. */
 | {
    readonly type: "cancel";
    readonly runId: number;
}
/** The state of a check changed, or for a minute what one says that does not pass. To be told to everybody. */
 | {
    readonly type: "changed";
    readonly id: string;
    readonly health: ServiceHealth;
    readonly reason: string;
}
/** Critical for so long that it is taken out. Told once; it is checked no more. */
 | {
    readonly type: "deregister";
    readonly id: string;
    readonly reason: string;
};
/** What one run, or one report, says. */
export interface CheckOutcome {
    readonly state: HealthState;
    /** For people, as long as it likes: it is cut. */
    readonly output: string;
}
/** A check that the node runs, other than one that waits for reports. */
export type ActiveCheck = Exclude<ResolvedCheck, {
    readonly type: "ttl";
}>;
/** The part of an `AbortSignal` that runs need. */
export interface RunCancellation {
    readonly aborted: boolean;
    addEventListener(type: "abort", listener: () => void): void;
    removeEventListener(type: "abort", listener: () => void): void;
}
/**
 * Runs a check of one kind once. Never rejects: what goes wrong is an outcome. Once the signal aborts it lets go of all it
 * holds and resolves within moments, to words that say how far it came.
 */
export type RunCheck<Kind, Signal extends RunCancellation = RunCancellation> = (check: Kind, signal: Signal) => Promise<CheckOutcome>;
