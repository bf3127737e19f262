import type { Core } from "./core.ts";
import { encodeSerfMessage, type JoinIntent, type LeaveIntent } from "./messages.ts";

/** How long a goodbye may take to arrive, before a leaving member is forgotten. */
const pruneDelayMs = 5_000;

/** How often members are looked for that go on leaving: a goodbye takes no longer. */
export const challengeIntervalMs = 10_000;

/** What members announce about themselves and one another: that they join, and that they leave. */
export class Intents {
  readonly #core: Core;
  /** Leaving members that are to be forgotten. */
  readonly #pruning = new Set<string>();
  /** Members that were leaving at the last look. */
  #lingering: ReadonlySet<string> = new Set();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Tells everybody that this node is a member and means it. */
  announceJoin(): void {
    const { clock, localName, roster, nowMs } = this.#core;
    const intent: JoinIntent = { type: "join", lamport: clock.time, node: localName };
    roster.joinIntent(intent, nowMs);
    this.#core.spread("intent", encodeSerfMessage(intent));
  }

  /** Takes a join in; true when it is news. */
  join(intent: JoinIntent): boolean {
    this.#core.counts.joinIntents++;
    const { roster, clock, nowMs } = this.#core;
    return this.#core.believes(clock, intent.lamport) && roster.joinIntent(intent, nowMs);
  }

  /** Takes the time of a member's status in, as a peer's state tells it. Who just joins announces it anyway. */
  hearsay(intent: JoinIntent, staying: boolean): void {
    const { roster, clock, nowMs } = this.#core;
    if (!this.#core.believes(clock, intent.lamport)) return;
    if (staying && roster.isBehind(intent)) {
      clock.witness(intent.lamport);
      this.announceJoin();
    } else roster.hearsay(intent, nowMs);
  }

  /** Takes a leave in; true when it is news. One that others tell of this node is contradicted while it stays. */
  leave(intent: LeaveIntent, staying: boolean): boolean {
    this.#core.counts.leaveIntents++;
    const { roster, clock, nowMs } = this.#core;
    if (!this.#core.believes(clock, intent.lamport)) return false;
    if (staying && roster.contradicts(intent)) {
      clock.witness(intent.lamport);
      this.announceJoin();
      return false;
    }
    const isNew = roster.leaveIntent(intent, nowMs);
    if (isNew && intent.prune) this.#prune(intent.node);
    return isNew;
  }

  /** Declares, on behalf of a member that cannot, that it leaves. */
  forceLeave(node: string, prune: boolean): void {
    const { clock, roster } = this.#core;
    const intent: LeaveIntent = { type: "leave", lamport: clock.time, node, prune };
    clock.increment();
    this.leave(intent, true);
    const bytes = encodeSerfMessage(intent);
    // Straight to the member as well: one that stays must hear of it to contradict, and gossip may miss it.
    const member = roster.get(node);
    if (member?.status === "leaving") this.#core.send(member.address, bytes);
    this.#core.spread("leave", bytes);
  }

  /**
   * Tells members that are still leaving since the last look that they leave. Who was forced to and stays may never have
   * heard of it: agents of Serf tell the time of a leave as that of a join, and whoever has that from them takes the leave
   * itself for old. A later one, told to such a member alone, makes it contradict; who does leave is not disturbed by it.
   */
  challenge(): void {
    const { clock, roster, localName } = this.#core;
    const leaving = roster.withStatus("leaving").filter(({ name }) => name !== localName);
    for (const { name, address } of leaving) {
      if (!this.#lingering.has(name)) continue;
      clock.increment();
      this.#core.send(address, encodeSerfMessage({ type: "leave", lamport: clock.time, node: name, prune: false }));
    }
    this.#lingering = new Set(leaving.map(({ name }) => name));
  }

  /** A member that is just leaving is forgotten only once its goodbye had time to arrive. */
  #prune(name: string): void {
    const { roster, options } = this.#core;
    if (roster.get(name)?.status !== "leaving") {
      roster.prune(name);
      return;
    }
    // Whoever repeats it does not get a timer each time.
    if (this.#pruning.has(name)) return;
    this.#pruning.add(name);
    this.#core.after(pruneDelayMs + options.leavePropagateDelayMs, () => {
      this.#pruning.delete(name);
      roster.prune(name);
    });
  }
}
