/**
 * Which of several targets the next call goes to. Of two that chance names, the one with less to do: calls in flight times
 * the round trip that was measured lately. A target that fails far more than the others is left out for a while. No
 * clock and no timer: whoever asks says what time it is.
 */
/** How a call ended, as far as its target is concerned. */
export type CallOutcome = 
/** It answered, also with an error that is the caller's own. */
"answered"
/** It failed, broke off, or did not answer in time. */
 | "failed"
/** No connection came about: surely nothing was sent. */
 | "unreachable"
/** The caller lost interest. */
 | "abandoned";
/** A call on its way. */
export interface PickedCall {
    /** It answers, and goes on: how long it goes on says nothing of how fast its target is. */
    begun(nowMs: number): void;
    /** To be called once, when it is over. Later ones do nothing. */
    end(nowMs: number, outcome: CallOutcome): void;
}
export declare class Picker<Target extends object> {
    #private;
    constructor(random: () => number);
    /** Those that may be picked from now on. What is known of those that stay is kept. */
    set(targets: readonly Target[]): void;
    get targets(): readonly Target[];
    /** Undefined when there is none but those excepted. One that is left out is picked only when there is no other. */
    pick(nowMs: number, except?: ReadonlySet<Target>): Target | undefined;
    /** Counts a call to a target. */
    begin(target: Target, nowMs: number): PickedCall;
    isEjected(target: Target, nowMs: number): boolean;
    inFlight(target: Target): number;
}
