/** Time and chance, as the client needs them: browsers have nothing else in common with the other runtimes. */
export interface ClientClock {
  /** Milliseconds since an arbitrary start, never going back. */
  nowMs(): number;
  /**
   * Calls `callback` once, at or after `atMs` on the scale of `nowMs`. The result cancels it. One `inBackground` keeps no
   * process alive, where the runtime lets it.
   */
  schedule(atMs: number, callback: () => void, options?: { readonly inBackground?: boolean }): () => void;
  /** From 0 to below 1: clients that wait for the same server do not come back in step. */
  random(): number;
}

export const clientClock: ClientClock = {
  nowMs: () => performance.now(),
  schedule(atMs, callback, options) {
    const timer = setTimeout(callback, Math.max(0, Math.ceil(atMs - performance.now())));
    if (options?.inBackground) release(timer);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** Node and Bun have timers that know it, Deno has a call for it, browsers have no process. */
function release(timer: unknown): void {
  if (typeof timer === "object") (timer as { unref?(): void } | null)?.unref?.();
  else (globalThis as { Deno?: { unrefTimer(timer: unknown): void } }).Deno?.unrefTimer(timer);
}

/** Resolves after so long, or as soon as `onWake` lets its caller end the wait. */
export function pause(clock: ClientClock, delayMs: number, onWake: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(clock.nowMs() + delayMs, resolve);
    onWake(() => {
      cancel();
      resolve();
    });
  });
}
