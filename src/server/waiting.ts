import type { Clock } from "../base/mod.ts";

/**
 * Waits for something that is announced by calls without content: many calls between two waits count as one. Everything
 * it holds is released when the signal fires, because an abandoned generator's `finally` may never run.
 */
export class Waiting {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #releases: (() => void)[] = [];
  #announced = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Says that what is waited for may have happened. */
  readonly announce = (): void => {
    this.#announced = true;
    this.#wake?.();
  };

  /** Listens to one more source; `subscribe` gets `announce` and answers with how to stop. */
  listen(subscribe: (announce: () => void) => () => void): void {
    if (this.#signal.aborted) return;
    this.#releases.push(subscribe(this.announce));
  }

  /**
   * Resolves with true when something was announced since the last wait, with false after `timeoutMs`. Rejects with the
   * signal's reason once it fired.
   */
  async wait(timeoutMs: number): Promise<boolean> {
    if (!this.#announced && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.schedule(this.#clock.nowMs() + timeoutMs, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
      this.#wake = undefined;
    }
    if (this.#signal.aborted) throw this.#signal.reason;
    const announced = this.#announced;
    this.#announced = false;
    return announced;
  }

  /** Stops listening. */
  release(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    for (const release of this.#releases.splice(0)) release();
  }

  readonly #onAbort = (): void => {
    this.release();
    this.#wake?.();
  };
}
