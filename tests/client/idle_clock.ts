import { Random } from "../../src/base/mod.ts";
import type { ClientClock } from "../../src/client/client_clock.ts";

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Time that goes on only when nothing else does: the next timer is due as soon as the event loop has turned idle. */
export class IdleClock implements ClientClock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();
  readonly #random = new Random("idle clock");
  #isStepping = false;

  nowMs(): number {
    return this.#nowMs;
  }

  schedule(atMs: number, callback: () => void): () => void {
    const timer = { atMs, callback };
    this.#timers.add(timer);
    this.#stepSoon();
    return () => this.#timers.delete(timer);
  }

  random(): number {
    return this.#random.uint32() / 2 ** 32;
  }

  /** Resolves after so long. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.schedule(this.#nowMs + delayMs, resolve);
    });
  }

  #stepSoon(): void {
    if (this.#isStepping) return;
    this.#isStepping = true;
    // Two turns: what one timer began may need another turn to come to rest.
    setImmediate(() => setImmediate(() => this.#step()));
  }

  #step(): void {
    this.#isStepping = false;
    let first: Timer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.atMs < first.atMs) first = timer;
    if (first === undefined) return;
    this.#timers.delete(first);
    this.#nowMs = Math.max(this.#nowMs, first.atMs);
    first.callback();
    if (this.#timers.size > 0) this.#stepSoon();
  }
}
