/** Time and chance, as the client needs them: browsers have nothing else in common with the other runtimes. */
export interface ClientClock {
    /** Milliseconds since an arbitrary start, never going back. */
    nowMs(): number;
    /**
     * Calls `callback` once, at or after `atMs` on the scale of `nowMs`. The result cancels it. One `inBackground` keeps no
     * process alive, where the runtime lets it.
     */
    schedule(atMs: number, callback: () => void, options?: {
        readonly inBackground?: boolean;
    }): () => void;
    /** From 0 to below 1: clients that wait for the same server do not come back in step. */
    random(): number;
}
export declare const clientClock: ClientClock;
/** Resolves after so long, or as soon as `onWake` lets its caller end the wait. */
export declare function pause(clock: ClientClock, delayMs: number, onWake: (wake: () => void) => void): Promise<void>;
