/** A protocol without I/O: inputs and time go in, effects come out. */
export interface Machine<Input, Effect> {
    /** Applies one input. Total: never throws on remote data, never awaits. */
    step(input: Input, nowMs: number): Effect[];
    /** When a `wake` input is next due; `Infinity` when nothing is pending. Early wakes are no-ops. */
    readonly wakeAtMs: number;
}
/** Every input union of a machine includes this one. Early and repeated wakes change nothing. */
export interface Wake {
    readonly type: "wake";
}
