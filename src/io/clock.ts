import type { Clock } from "../base/mod.ts";

/** The runtime's monotonic clock and timers. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  schedule(atMs, callback) {
    const timer = setTimeout(callback, Math.max(0, Math.ceil(atMs - performance.now())));
    return () => clearTimeout(timer);
  },
};
