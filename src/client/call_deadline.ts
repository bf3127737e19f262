import type { ClientClock } from "./client_clock.ts";

export interface DeadlineOptions {
  /** 0: there is no limit. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Completes "Cannot …". */
  readonly doing: string;
}

/** Ends what it is given to when the caller's signal fires, or when the time is over: whichever comes first. */
export class CallDeadline {
  readonly signal: AbortSignal;
  /** On the clock's scale; infinite where there is no limit. */
  readonly atMs: number;
  readonly timeoutMs: number;
  readonly #clock: ClientClock;
  readonly #caller: AbortSignal | undefined;
  readonly #controller = new AbortController();
  readonly #onAbort = (): void => this.#controller.abort(this.#caller?.reason);
  readonly #cancel: () => void;
  #isOver = false;
  #isStopped = false;

  constructor(clock: ClientClock, { timeoutMs, signal: caller, doing }: DeadlineOptions) {
    this.#clock = clock;
    this.#caller = caller;
    this.signal = this.#controller.signal;
    this.timeoutMs = timeoutMs;
    this.atMs = timeoutMs > 0 ? clock.nowMs() + timeoutMs : Number.POSITIVE_INFINITY;
    this.#cancel = timeoutMs > 0 ? clock.schedule(this.atMs, () => this.#expire(doing, timeoutMs)) : () => {};
    if (caller?.aborted) this.#onAbort();
    else caller?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Whether the time was over first. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get msLeft(): number {
    return this.atMs - this.#clock.nowMs();
  }

  /** From here on only the caller's signal ends it. */
  stopClock(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** To be called when the call is over. Idempotent. */
  release(): void {
    this.#cancel();
    this.#caller?.removeEventListener("abort", this.#onAbort);
  }

  #expire(doing: string, timeoutMs: number): void {
    if (this.signal.aborted) return;
    this.#isOver = true;
    const message = `Cannot ${doing}: there was no answer within ${timeoutMs} ms`;
    this.#controller.abort(new DOMException(message, "TimeoutError"));
  }
}
