import type { Core } from "./core.ts";
import type { UserEvent } from "./messages.ts";

/** Names of events that wait at the same time: one more and all are told at once. */
const namesMax = 1_024;

/** Events of one name and one Lamport time that wait: more of them are not kept. */
const perNameMax = 64;

/**
 * Holds back events that may be coalesced, and of each name tells only the latest: when nothing came for a while, and at
 * the end of the window at the latest. This changes what is told, never what is passed on.
 */
export class EventCoalescer {
  readonly #core: Core;
  readonly #deliver: (event: UserEvent) => void;
  /** The latest of each name; those of one Lamport time are all kept, for none of them is later. */
  #waiting = new Map<string, UserEvent[]>();
  #window: { cancel(): void } | undefined;
  #quiet: { cancel(): void } | undefined;

  constructor(core: Core, deliver: (event: UserEvent) => void) {
    this.#core = core;
    this.#deliver = deliver;
  }

  add(event: UserEvent): void {
    const { coalesceWindowMs, coalesceQuietMs } = this.#core.options;
    if (!event.coalesce || coalesceWindowMs === 0) {
      this.#deliver(event);
      return;
    }
    const latest = this.#waiting.get(event.name);
    const lamport = latest?.[0]?.lamport ?? -1;
    const { counts } = this.#core;
    if (event.lamport > lamport) {
      counts.eventsCoalesced += latest?.length ?? 0;
      this.#waiting.set(event.name, [event]);
    } else if (event.lamport === lamport && latest !== undefined && latest.length < perNameMax) latest.push(event);
    else counts.eventsCoalesced++;
    this.#quiet?.cancel();
    this.#quiet = this.#core.after(coalesceQuietMs, () => this.#flush());
    this.#window ??= this.#core.after(coalesceWindowMs, () => this.#flush());
    if (this.#waiting.size > namesMax) this.#flush();
  }

  #flush(): void {
    this.#quiet?.cancel();
    this.#window?.cancel();
    this.#quiet = undefined;
    this.#window = undefined;
    const events = [...this.#waiting.values()].flat();
    // Emptied, or what was told now would be told again with every later event.
    this.#waiting = new Map();
    for (const event of events) this.#deliver(event);
  }
}
