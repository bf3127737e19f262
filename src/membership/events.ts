import { LamportClock } from "./lamport.ts";
import { encodeSerfMessage, type UserEvent } from "./messages.ts";
import { Recents } from "./recents.ts";

/** Bytes of a user event that is remembered and passed on: Serf's absolute limit, with room for the envelope. */
const eventBytesMax = 9_728;

/** User events as they pass through this node: each is taken in once, and then told to those who join. */
export class UserEvents {
  readonly clock: LamportClock = new LamportClock();
  readonly #recents = new Recents<UserEvent>();

  /** Takes an event of so many bytes in; true when it is news. */
  take(event: UserEvent, bytes: number): boolean {
    this.clock.witness(event.lamport);
    if (bytes > eventBytesMax) return false;
    // Push/pulls do not say whether an event coalesces: it is the same event either way.
    const identity = encodeSerfMessage({ ...event, coalesce: false });
    return this.#recents.add(event, { lamport: event.lamport, now: this.clock.time, identity });
  }

  /** What is below this happened before this node joined. */
  ignoreBelow(lamport: number): void {
    this.#recents.ignoreBelow(lamport);
  }

  /** The recent ones, oldest first. */
  all(): UserEvent[] {
    return this.#recents.all();
  }
}
