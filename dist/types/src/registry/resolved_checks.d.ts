import type { HealthCheckKind } from "../base/mod.d.ts";
/** A check with nothing left open. */
export type ResolvedCheck = HealthCheckKind & {
    /** Unique in its service. */
    readonly name: string;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly passingAfter: number;
    readonly criticalAfter: number;
};
/** Checks of one service, with their defaults filled in. Throws `InvalidServiceError`. */
export declare function resolveChecks(given: unknown): readonly ResolvedCheck[];
/** The field of the first check that runs a program. */
export declare function commandCheckOf({ checks }: {
    readonly checks: readonly ResolvedCheck[];
}): string | undefined;
