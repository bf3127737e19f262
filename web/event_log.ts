/** What happened while the page looked on, the newest first. Pure. */

export type EventKind = "member" | "service" | "user" | "query" | "console";

export const eventKinds: readonly EventKind[] = ["member", "service", "user", "query", "console"];

/** How an event is to be taken. */
export type EventTone = "good" | "bad" | "odd" | "plain";

export interface TimelineEvent {
  /** Counts all that were ever told. */
  readonly id: number;
  readonly atMs: number;
  readonly kind: EventKind;
  readonly tone: EventTone;
  /** Whom it is about. */
  readonly subject: string;
  /** What happened to it, in words. */
  readonly what: string;
  /** A reason or a payload. */
  readonly detail?: string | undefined;
}

export const eventsMax = 500;

export class EventLog {
  #events: TimelineEvent[] = [];
  #told = 0;

  /** The newest first. */
  get events(): readonly TimelineEvent[] {
    return this.#events;
  }

  /** How many were ever told: those beyond `eventsMax` are forgotten. */
  get told(): number {
    return this.#told;
  }

  add(event: Omit<TimelineEvent, "id">): void {
    this.#told += 1;
    this.#events = [{ ...event, id: this.#told }, ...this.#events.slice(0, eventsMax - 1)];
  }

  countOf(kind: EventKind): number {
    return this.#events.filter((event) => event.kind === kind).length;
  }
}
