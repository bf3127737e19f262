import { toBytes } from "../base/mod.ts";
import { EventCoalescer } from "./coalescing.ts";
import type { Core } from "./core.ts";
import { UserEventTooLargeError } from "./errors.ts";
import { LamportClock } from "./lamport.ts";
import { encodeSerfMessage, type SerfState, type UserEvent } from "./messages.ts";
import { Recents } from "./recents.ts";
import type { UserEventRequest } from "./types.ts";

/** Bytes of a user event that is remembered and passed on: Serf's absolute limit, with room for the envelope. */
const eventBytesMax = 9_728;

/** User events: each is taken in, told and passed on once, and then told to those who join. */
export class UserEvents {
  readonly clock: LamportClock = new LamportClock();
  readonly #core: Core;
  readonly #recents = new Recents<UserEvent>();
  readonly #coalescer: EventCoalescer;

  constructor(core: Core) {
    this.#core = core;
    this.#coalescer = new EventCoalescer(core, ({ lamport, name, payload, coalesce }) => {
      core.counts.eventsDelivered++;
      core.emit({ type: "user-event", event: { lamport, name, payload, coalesce } });
    });
  }

  /** Throws `UserEventTooLargeError` for an event that this node would not send now. */
  check(request: UserEventRequest): void {
    this.#encode(request);
  }

  /** Sends an event to everybody, this node included. */
  send(request: UserEventRequest): void {
    const { event, bytes } = this.#encode(request);
    this.#core.counts.eventsSent++;
    this.clock.increment();
    if (this.#take(event, bytes.length)) this.#coalescer.add(event);
    this.#core.spread("event", bytes);
  }

  /** An event came: tells it and passes it on, when it is news. */
  receive(event: UserEvent, bytes: Uint8Array): void {
    this.#core.counts.eventsReceived++;
    if (!this.#take(event, bytes.length)) return;
    this.#core.counts.eventsRelayed++;
    this.#core.spread("event", bytes);
    this.#coalescer.add(event);
  }

  /** Events that a peer remembers: those that are news here are told, oldest first. It passes them on itself. */
  replay(events: SerfState["events"]): void {
    const sorted = [...events].sort((left, right) => left.lamport - right.lamport);
    for (const { lamport, name, payload } of sorted) {
      const event: UserEvent = { type: "user-event", lamport, name, payload, coalesce: false };
      this.#core.counts.eventsReceived++;
      if (this.#take(event, payload.length)) this.#coalescer.add(event);
    }
  }

  /** What is below this happened before this node joined. */
  ignoreBelow(lamport: number): void {
    this.#recents.ignoreBelow(lamport);
  }

  /** The recent ones, oldest first. */
  all(): UserEvent[] {
    return this.#recents.all();
  }

  #encode({ name, payload, coalesce }: UserEventRequest): { event: UserEvent; bytes: Uint8Array } {
    const bytesMax = Math.min(this.#core.options.userEventBytesMax, this.#core.spreadBytesMax);
    const bareBytes = toBytes(name).length + payload.length;
    if (bareBytes > bytesMax) {
      throw new UserEventTooLargeError(name, "name and payload have", { bytes: bareBytes, bytesMax });
    }
    const event: UserEvent = { type: "user-event", lamport: this.clock.time, name, payload, coalesce };
    const bytes = encodeSerfMessage(event);
    if (bytes.length > bytesMax) {
      throw new UserEventTooLargeError(name, "encoded it takes", { bytes: bytes.length, bytesMax });
    }
    return { event, bytes };
  }

  /** Remembers an event of so many bytes; true when it is news. */
  #take(event: UserEvent, bytes: number): boolean {
    if (!this.#core.believes(this.clock, event.lamport)) return false;
    this.clock.witness(event.lamport);
    const { counts } = this.#core;
    if (bytes > eventBytesMax) {
      counts.eventsOversize++;
      return false;
    }
    // Push/pulls do not say whether an event coalesces: it is the same event either way.
    const identity = encodeSerfMessage({ ...event, coalesce: false });
    const isNews = this.#recents.add(event, { lamport: event.lamport, now: this.clock.time, identity });
    if (!isNews) counts.eventsRepeated++;
    return isNews;
  }
}
