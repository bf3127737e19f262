import type { Clock, Machine, Wake } from "../base/mod.ts";

/**
 * Performs one effect. What becomes of it comes back as an input: now, by the promise, or later through
 * `Driver.push`. A rejected promise is a broken promise of the performer: it must turn failures into inputs.
 */
export type Perform<Input, Effect> = (effect: Effect, signal: AbortSignal) => Promise<Input | undefined> | undefined;

/** Longest sleep that every runtime's timer can take: 2^31 − 1 ms. */
const sleepMsMax = 2_147_483_647;

/** Runs a machine in real time: feeds it, performs its effects, and keeps exactly one timer for `wakeAtMs`. */
export class Driver<Input, Effect> implements AsyncDisposable {
  readonly #machine: Machine<Input | Wake, Effect>;
  readonly #clock: Clock;
  readonly #perform: Perform<Input, Effect>;
  readonly #abort = new AbortController();
  readonly #performing = new Set<Promise<void>>();
  readonly #inputs: (Input | Wake)[] = [];
  #stepping = false;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(machine: Machine<Input | Wake, Effect>, clock: Clock, perform: Perform<Input, Effect>) {
    this.#machine = machine;
    this.#clock = clock;
    this.#perform = perform;
    this.#arm();
  }

  /** Steps the machine. A push from within an effect waits its turn. After disposal nothing happens. */
  push(input: Input | Wake): void {
    if (this.#abort.signal.aborted) return;
    this.#inputs.push(input);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        for (const effect of this.#machine.step(next, this.#clock.nowMs())) this.#start(effect);
      }
    } finally {
      this.#stepping = false;
    }
    this.#arm();
  }

  /** Stops: aborts what is being performed, clears the timer, waits for what was in flight. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#cancelTimer?.();
    await Promise.allSettled(this.#performing);
  }

  #start(effect: Effect): void {
    const performed = this.#perform(effect, this.#abort.signal);
    if (performed === undefined) return;
    const settled: Promise<void> = performed.then((input) => {
      this.#performing.delete(settled);
      if (input !== undefined) this.push(input);
    });
    this.#performing.add(settled);
  }

  #arm(): void {
    const wakeAtMs = this.#machine.wakeAtMs;
    if (wakeAtMs === this.#timerAtMs || this.#abort.signal.aborted) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerAtMs = wakeAtMs;
    if (wakeAtMs === Number.POSITIVE_INFINITY) return;
    const atMs = Math.min(wakeAtMs, this.#clock.nowMs() + sleepMsMax);
    this.#cancelTimer = this.#clock.schedule(atMs, () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.push({ type: "wake" });
    });
  }
}
