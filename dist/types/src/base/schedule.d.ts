/** A callback that waits for its time. */
export interface Timer {
    readonly atMs: number;
    cancel(): void;
}
/**
 * Deadlines of one machine: a binary heap by time, then by order of arrival, so that equal times never depend on
 * anything else. Cancelled entries stay until they come up; `compactAbove` keeps them from piling up.
 */
export declare class Schedule {
    #private;
    /** Time of the earliest deadline; Infinity when there is none. */
    get nextAtMs(): number;
    /** Calls `run` once, in the first `runDue` at or after `atMs`. */
    at(atMs: number, run: (nowMs: number) => void): Timer;
    /** Runs everything due, also what becomes due meanwhile, in order of time. */
    runDue(nowMs: number): void;
}
