/** Time as the drivers see it. Machines never see a clock: they are told `nowMs`. */
export interface Clock {
    /** Milliseconds since an arbitrary start, never going back. */
    nowMs(): number;
    /** Milliseconds since 1970-01-01 UTC. Only for records and logs. */
    wallMs(): number;
    /** Calls `callback` once, at or after `atMs` on the scale of `nowMs`. The result cancels it. */
    schedule(atMs: number, callback: () => void): () => void;
}
