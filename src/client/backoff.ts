import type { ClientClock } from "./client_clock.ts";

/** The first wait is about so long, each next one twice that, up to the greatest. */
const firstMs = 50;
const greatestMs = 2_000;

/** How long to wait between rounds of tries: longer each time, and never in step with others who wait. */
export class Backoff {
  readonly #clock: Pick<ClientClock, "random">;
  #delayMs = firstMs;

  constructor(clock: Pick<ClientClock, "random">) {
    this.#clock = clock;
  }

  /** The next wait: between half and all of what it may be. */
  next(): number {
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(2 * delayMs, greatestMs);
    return delayMs * (0.5 + this.#clock.random() / 2);
  }

  reset(): void {
    this.#delayMs = firstMs;
  }
}
