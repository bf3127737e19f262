import type { Random } from "../base/mod.ts";

/** Doublings after which a wait no longer grows; keeps the arithmetic whole. */
const doublingsMax = 16;

export interface BackoffOptions {
  readonly retryMsMin: number;
  readonly retryMsMax: number;
}

/** Waits that double with each failure in a row, with jitter so that nodes that failed together do not retry together. */
export class Backoff {
  /** Failures in a row. */
  failures = 0;
  /** Nothing is tried before. */
  untilMs = 0;

  fail(nowMs: number, random: Random, options: BackoffOptions): void {
    const doubled = options.retryMsMin * 2 ** Math.min(this.failures, doublingsMax);
    const waitMs = Math.min(doubled, options.retryMsMax);
    this.failures++;
    const half = Math.floor(waitMs / 2);
    this.untilMs = nowMs + waitMs - half + random.below(half + 1);
  }

  succeed(): void {
    this.failures = 0;
    this.untilMs = 0;
  }
}
