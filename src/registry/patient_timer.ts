import type { Schedule, Timer } from "../base/mod.ts";

/** A wake that comes later than this tells that the node stood still: what came in meanwhile was not seen yet. */
const lateMsMax = 20;

/** However often a node stands still, so often a deadline is put off for it, and for so long each time. */
const extensionsMax = 3;
const extensionMsMax = 10_000;

/**
 * A deadline against which the time does not count in which the node itself stood still, so that nobody is found slow who is
 * not: it is put off by as much as its wake was late.
 */
export function patientTimer(schedule: Schedule, atMs: number, run: (nowMs: number) => void): Timer {
  let extensions = 0;
  const fire = (nowMs: number): void => {
    const lateMs = nowMs - timer.atMs;
    if (lateMs <= lateMsMax || extensions === extensionsMax) {
      run(nowMs);
      return;
    }
    extensions++;
    timer = schedule.at(nowMs + Math.min(lateMs, extensionMsMax), fire);
  };
  let timer = schedule.at(atMs, fire);
  return {
    get atMs() {
      return timer.atMs;
    },
    cancel: () => timer.cancel(),
  };
}
