/** Retries that a call may make possible: of five calls one may be tried again. */
const perCall = 0.2;
/** Kept for bad moments, and given back one a second, so that a caller who seldom calls may try again, too. */
const burst = 10;
const perSecond = 1;

/**
 * How many retries there may be: a fifth of the calls, and a few. When all servers fail, retries would otherwise multiply
 * the load that they fail under.
 */
export class RetryBudget {
  #left = burst;
  #atMs = Number.NEGATIVE_INFINITY;

  /** Counts a first try. */
  called(nowMs: number): void {
    this.#refill(nowMs);
    this.#left = Math.min(burst, this.#left + perCall);
  }

  /** Whether there may be a retry now. If so it is counted. */
  take(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  #refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#atMs = nowMs;
    this.#left = Math.min(burst, this.#left + (elapsedMs * perSecond) / 1_000);
  }
}
