import type { Vector, WriterId } from "../base/mod.ts";
import type { ResolvedReplicatorOptions } from "./options.ts";
import type { PeerState } from "./state.ts";
import type { ReplicatorEffect, ReplicatorInput } from "./types.ts";
import type { Watches } from "./watches.ts";

type AwaitCopies = Extract<ReplicatorInput, { readonly type: "await-copies" }>;

interface Waiter {
  readonly waitId: number;
  readonly through: number;
  readonly deadlineMs: number;
}

/** Those who wait for the same number of copies of one feed, by the sequence that they wait for. */
interface Line {
  readonly writer: WriterId;
  readonly copies: number;
  waiters: Waiter[];
}

/**
 * How many nodes hold how much of each feed durably, and who waits for that (G7). A node counts as far as it confirmed
 * that its copy is fsynced, from whomever it has it; of our own feed only as far as its copy was found to be the same as
 * ours. What a peer confirmed counts as long as its Watch stream stands: it may have been wiped since.
 */
export class Copies {
  readonly #options: ResolvedReplicatorOptions;
  readonly #watches: Watches;
  readonly #emit: (effect: ReplicatorEffect) => void;
  #localWriter: WriterId;
  /** Writers that were ours: what peers hold of one may be its other history. As many as were minted in this run. */
  readonly #disowned = new Set<WriterId>();
  /** What is fsynced here, by topic. */
  readonly #synced = new Map<string, Vector>();
  readonly #lines = new Map<string, Line[]>();
  #waiting = 0;
  /** No deadline is earlier. It may be too early itself: then nothing happens when it comes. */
  #wakeAtMs = Number.POSITIVE_INFINITY;

  constructor(
    options: ResolvedReplicatorOptions,
    room: { readonly watches: Watches; readonly emit: (effect: ReplicatorEffect) => void },
  ) {
    this.#options = options;
    this.#localWriter = options.localWriter;
    this.#watches = room.watches;
    this.#emit = room.emit;
  }

  get wakeAtMs(): number {
    return this.#waiting === 0 ? Number.POSITIVE_INFINITY : this.#wakeAtMs;
  }

  /** Up to where so many nodes hold a feed durably, this one included. */
  heldThrough(topic: string, writer: WriterId, copies: number): number {
    const held = [this.#synced.get(topic)?.get(writer) ?? 0];
    for (const peer of this.#watches.peers.values()) held.push(this.#heldBy(peer, topic, writer));
    if (held.length < copies) return 0;
    return held.sort((left, right) => right - left)[copies - 1] as number;
  }

  /** More is fsynced here. */
  grew(topic: string, synced: Vector): void {
    this.#synced.set(topic, synced);
    this.look(topic);
  }

  /** Answers those for whom it is enough now. */
  look(topic: string): void {
    const lines = this.#lines.get(topic);
    if (lines === undefined) return;
    for (const line of lines) {
      const through = this.heldThrough(topic, line.writer, line.copies);
      let reached = 0;
      for (const waiter of line.waiters) {
        if (waiter.through > through) break;
        this.#emit({ type: "copies-reached", waitId: waiter.waitId });
        reached++;
      }
      if (reached > 0) line.waiters = line.waiters.slice(reached);
      this.#waiting -= reached;
    }
    this.#forgetEmpty(topic, lines);
  }

  wait(input: AwaitCopies, nowMs: number): void {
    const { waitId, topic, writer, through, copies } = input;
    // Another node's feed is waited for by who produced again what stands there.
    const isCounted = !this.#disowned.has(writer);
    if (isCounted && this.heldThrough(topic, writer, copies) >= through) {
      this.#emit({ type: "copies-reached", waitId });
    } else if (this.#waiting >= this.#options.waitersMax || !isCounted) {
      this.#miss(topic, writer, input);
    } else {
      const deadlineMs = nowMs + input.timeoutMs;
      this.#wakeAtMs = this.#waiting === 0 ? deadlineMs : Math.min(this.#wakeAtMs, deadlineMs);
      this.#waiting++;
      place(this.#lineOf(topic, writer, copies).waiters, { waitId, through, deadlineMs });
    }
  }

  wake(nowMs: number): void {
    if (this.wakeAtMs > nowMs) return;
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    for (const [topic, lines] of this.#lines) {
      this.#missSome(topic, lines, ({ deadlineMs }) => {
        if (deadlineMs <= nowMs) return true;
        this.#wakeAtMs = Math.min(this.#wakeAtMs, deadlineMs);
        return false;
      });
    }
  }

  /** Our writer is another one, because the old one has two histories: whoever counts copies of it may count the other. */
  disown(writer: WriterId): void {
    if (writer === this.#localWriter) return;
    this.#disowned.add(this.#localWriter);
    for (const [topic, lines] of this.#lines) this.#missSome(topic, lines, () => true);
    this.#localWriter = writer;
  }

  /** The topic is gone, here and wherever it was copied to. */
  end(topic: string): void {
    this.#synced.delete(topic);
    const lines = this.#lines.get(topic);
    if (lines !== undefined) this.#missSome(topic, lines, () => true);
  }

  #missSome(topic: string, lines: Line[], isMissed: (waiter: Waiter) => boolean): void {
    for (const line of lines) {
      const stay: Waiter[] = [];
      for (const waiter of line.waiters) {
        if (isMissed(waiter)) this.#miss(topic, line.writer, waiter);
        else stay.push(waiter);
      }
      this.#waiting -= line.waiters.length - stay.length;
      line.waiters = stay;
    }
    this.#forgetEmpty(topic, lines);
  }

  #miss(topic: string, writer: WriterId, waiter: Pick<Waiter, "waitId" | "through">): void {
    const holders: string[] = [];
    const lacking: string[] = [];
    const localHeld = this.#synced.get(topic)?.get(writer) ?? 0;
    (localHeld >= waiter.through ? holders : lacking).push(this.#options.localName);
    const isCounted = !this.#disowned.has(writer);
    for (const peer of this.#watches.peers.values()) {
      const isHeld = isCounted && this.#heldBy(peer, topic, writer) >= waiter.through;
      (isHeld ? holders : lacking).push(peer.peer.name);
    }
    this.#emit({ type: "copies-missed", waitId: waiter.waitId, holders: holders.sort(), lacking: lacking.sort() });
  }

  #heldBy(peer: PeerState, topic: string, writer: WriterId): number {
    const told = peer.topics.get(topic);
    const synced = told?.synced.get(writer) ?? 0;
    return writer === this.#localWriter ? Math.min(synced, told?.sameThrough ?? 0) : synced;
  }

  #lineOf(topic: string, writer: WriterId, copies: number): Line {
    const lines = this.#lines.get(topic) ?? [];
    const known = lines.find((line) => line.writer === writer && line.copies === copies);
    if (known !== undefined) return known;
    const line: Line = { writer, copies, waiters: [] };
    this.#lines.set(topic, [...lines, line]);
    return line;
  }

  #forgetEmpty(topic: string, lines: readonly Line[]): void {
    const left = lines.filter((line) => line.waiters.length > 0);
    if (left.length === 0) this.#lines.delete(topic);
    else if (left.length < lines.length) this.#lines.set(topic, left);
  }
}

/** Into its place by sequence, which is nearly always the last. */
function place(waiters: Waiter[], waiter: Waiter): void {
  let at = waiters.length;
  while (at > 0 && (waiters[at - 1] as Waiter).through > waiter.through) at--;
  if (at === waiters.length) waiters.push(waiter);
  else waiters.splice(at, 0, waiter);
}
