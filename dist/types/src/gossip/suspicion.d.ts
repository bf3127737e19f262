/** How long a suspect has to refute (Lifeguard): the more nodes accuse it on their own, the less. */
import type { Timer } from "../base/mod.d.ts";
export interface SuspicionSettings {
    readonly suspicionMult: number;
    readonly suspicionMaxTimeoutMult: number;
    readonly probeIntervalMs: number;
}
export interface SuspicionTimes {
    readonly minMs: number;
    readonly maxMs: number;
    /** Independent accusers, after the first, that bring the time down to the minimum. */
    readonly confirmationsWanted: number;
}
/** The times for a cluster of so many nodes, itself included. */
export declare function suspicionTimes(settings: SuspicionSettings, nodes: number, wanted?: number): SuspicionTimes;
/** The whole time from the first accusation on, after so many confirmations. */
export declare function suspicionTimeoutMs(times: SuspicionTimes, confirmations: number): number;
/** A running accusation. */
export declare class Suspicion {
    #private;
    readonly times: SuspicionTimes;
    readonly startedAtMs: number;
    /** Fires when the time is over. */
    timer: Timer;
    constructor(times: SuspicionTimes, startedAtMs: number, accuser: string, timer: Timer);
    /** When the suspect is declared dead, as things stand. */
    get deadlineMs(): number;
    /** Counts an accusation. False when it adds nothing: known accuser, or enough confirmations already. */
    confirm(accuser: string): boolean;
}
