import type { Cancellation } from "../base/mod.ts";

/**
 * One listener at a signal for all calls that it may end: callers give one signal to any number of calls, and runtimes
 * warn of a leak at the eleventh listener.
 */
class SharedCancellation implements Cancellation {
  readonly #signal: AbortSignal;
  readonly #listeners = new Set<() => void>();
  readonly #onAbort = (): void => {
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get aborted(): boolean {
    return this.#signal.aborted;
  }

  get reason(): unknown {
    return this.#signal.reason;
  }

  addEventListener(_: "abort", listener: () => void): void {
    if (this.#listeners.size === 0) this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#listeners.add(listener);
  }

  removeEventListener(_: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#signal.removeEventListener("abort", this.#onAbort);
  }
}

const shared = new WeakMap<AbortSignal, SharedCancellation>();

/** What listens to the signal for everybody. */
export function cancellationOf(signal: AbortSignal): Cancellation {
  const known = shared.get(signal);
  if (known !== undefined) return known;
  const cancellation = new SharedCancellation(signal);
  shared.set(signal, cancellation);
  return cancellation;
}
