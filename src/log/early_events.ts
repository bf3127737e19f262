import { Listeners } from "../base/mod.ts";
import type { LogEvent } from "./events.ts";

/** Events that are kept for the first listener: what happens while the log is being opened. */
const earlyEventsMax = 1_000;

/** Events and who hears of them. The first listener is told also what happened before. */
export class EarlyEvents {
  readonly #listeners: Listeners<LogEvent>;
  #early: LogEvent[] | undefined = [];

  constructor(onListenerError: (error: unknown) => void) {
    this.#listeners = new Listeners(onListenerError);
  }

  add(listener: (event: LogEvent) => void): () => void {
    const remove = this.#listeners.add(listener);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) this.#listeners.emit(event);
    return remove;
  }

  emit(event: LogEvent): void {
    if (this.#early === undefined) this.#listeners.emit(event);
    else if (this.#early.length < earlyEventsMax) this.#early.push(event);
  }
}
