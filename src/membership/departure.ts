import type { Core } from "./core.ts";
import { encodeSerfMessage, type LeaveIntent } from "./messages.ts";

/** The broadcast whose end the leave waits for. */
const leaveBroadcastId = 1;

/**
 * Rounds of gossip between the last word of the announcement and the goodbye. Peers take what waits for them last in,
 * first out: on a busy machine they would hear the goodbye first, and count a failure.
 */
const leaveGapRounds = 2;

/** Members that hear the announcement straight away: in a small cluster gossip may only reach those that just died. */
const announcementsMax = 8;

/** How a node leaves in good order: first the announcement, then the goodbye, then a while in which it still answers. */
export class Departure {
  readonly #core: Core;
  #phase: "member" | "announcing" | "departing" | "lingering" | "left" = "member";

  constructor(core: Core) {
    this.#core = core;
  }

  /** True until the leave begins. */
  get isMember(): boolean {
    return this.#phase === "member";
  }

  /** First announces the leave, and says goodbye only when that is around: peers tell leaving from failing by it. */
  leave(): void {
    const { clock, roster, localName, random } = this.#core;
    if (this.#phase !== "member") {
      if (this.#phase === "left") this.#core.emit({ type: "left" });
      return;
    }
    this.#phase = "announcing";
    const intent: LeaveIntent = { type: "leave", lamport: clock.time, node: localName, prune: false };
    clock.increment();
    roster.leaveIntent(intent, this.#core.nowMs);
    if (!this.#hasOthers) {
      this.#depart();
      return;
    }
    // The goodbye is said anyway, should the announcement not get around in time.
    this.#core.after(this.#core.options.broadcastTimeoutMs, () => {
      if (this.#phase === "announcing") this.#depart();
    });
    const bytes = encodeSerfMessage(intent);
    for (const { name, address } of random.shuffle(roster.withStatus("alive")).slice(0, announcementsMax)) {
      if (name !== localName) this.#core.send(address, bytes);
    }
    this.#core.spread("leave", bytes, leaveBroadcastId);
  }

  /** A broadcast was sent often enough. */
  broadcastFinished(id: number): void {
    if (id !== leaveBroadcastId || this.#phase !== "announcing") return;
    this.#core.after(leaveGapRounds * this.#core.options.gossipIntervalMs, () => {
      if (this.#phase === "announcing") this.#depart();
    });
  }

  /** The goodbye was sent often enough. */
  departed(): void {
    if (this.#phase !== "departing") return;
    this.#phase = "lingering";
    const finish = (): void => {
      this.#phase = "left";
      this.#core.emit({ type: "left" });
    };
    const delayMs = this.#hasOthers ? this.#core.options.leavePropagateDelayMs : 0;
    if (delayMs === 0) finish();
    else this.#core.after(delayMs, finish);
  }

  get #hasOthers(): boolean {
    return this.#core.roster.withStatus("alive").length > 0;
  }

  #depart(): void {
    this.#phase = "departing";
    this.#core.tell({ type: "leave" });
  }
}
