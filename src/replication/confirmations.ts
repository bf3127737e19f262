import { topicsMax, type Vector, type WriterId } from "../base/mod.ts";

/** What of a topic is on disk here. */
export interface TopicSynced {
  readonly generation: number;
  readonly synced: Vector;
}

/** What one listener knows of that. */
interface Confirmed {
  generation: number;
  readonly synced: Map<WriterId, number>;
  /** The listener said that somebody waits for copies of its own feed. */
  awaited: boolean;
  /** A confirmation is on its way: the next waits until the transport took it. */
  outstanding: boolean;
}

export interface ConfirmationsRoom {
  readonly confirmMs: number;
  held(topic: string): TopicSynced | undefined;
  emit(topic: string, confirmed: TopicSynced): void;
}

/**
 * Confirms to one listener what is on disk here, each thing once: of its own feed at once where somebody waits for it, all
 * else collected. At most one confirmation on its way per topic. Bounded by topics times writers.
 */
export class Confirmations {
  readonly #room: ConfirmationsRoom;
  readonly #writer: WriterId;
  readonly #topics = new Map<string, Confirmed>();
  /** Topics of which something may be unconfirmed. */
  readonly #collected = new Set<string>();
  #dueAtMs = Number.POSITIVE_INFINITY;

  /** `writer` is the listener's own. */
  constructor(room: ConfirmationsRoom, writer: WriterId) {
    this.#room = room;
    this.#writer = writer;
  }

  get wakeAtMs(): number {
    return this.#dueAtMs;
  }

  /** What is on disk when the listener comes: it is told at the next wake, which is due now. */
  start(topics: Iterable<string>, nowMs: number): void {
    for (const topic of topics) this.#collected.add(topic);
    if (this.#collected.size > 0) this.#dueAtMs = nowMs;
  }

  grew(topic: string, nowMs: number): void {
    const known = this.#topics.get(topic);
    if (known?.awaited) this.#confirmOwn(topic, known);
    this.#collected.add(topic);
    if (this.#dueAtMs === Number.POSITIVE_INFINITY) this.#dueAtMs = nowMs + this.#room.confirmMs;
  }

  /** Whether somebody waits for copies of the listener's own feed. */
  setAwaited(topic: string, awaited: boolean): void {
    const known = awaited ? this.#confirmed(topic) : this.#topics.get(topic);
    if (known === undefined) return;
    known.awaited = awaited;
    if (awaited) this.#confirmOwn(topic, known);
  }

  sent(topic: string): void {
    const known = this.#topics.get(topic);
    if (known === undefined) return;
    known.outstanding = false;
    if (known.awaited) this.#confirmOwn(topic, known);
  }

  /** The topic is gone. */
  end(topic: string): void {
    this.#topics.delete(topic);
    this.#collected.delete(topic);
  }

  wake(nowMs: number): void {
    if (this.#dueAtMs > nowMs) return;
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    for (const topic of this.#collected) {
      const known = this.#confirmed(topic);
      if (known?.outstanding) {
        this.#dueAtMs = nowMs + this.#room.confirmMs;
        continue;
      }
      this.#collected.delete(topic);
      if (known !== undefined) this.#confirm(topic, known);
    }
  }

  #confirmOwn(topic: string, known: Confirmed): void {
    if (known.outstanding) return;
    const held = this.#held(topic, known);
    const sequence = held?.synced.get(this.#writer) ?? 0;
    if (held === undefined || sequence <= (known.synced.get(this.#writer) ?? 0)) return;
    this.#send(topic, known, { generation: held.generation, synced: new Map([[this.#writer, sequence]]) });
  }

  #confirm(topic: string, known: Confirmed): void {
    const held = this.#held(topic, known);
    if (held === undefined) return;
    const synced = new Map<WriterId, number>();
    for (const [writer, sequence] of held.synced) {
      if (sequence > (known.synced.get(writer) ?? 0)) synced.set(writer, sequence);
    }
    if (synced.size > 0) this.#send(topic, known, { generation: held.generation, synced });
  }

  #send(topic: string, known: Confirmed, confirmed: TopicSynced): void {
    for (const [writer, sequence] of confirmed.synced) known.synced.set(writer, sequence);
    known.outstanding = true;
    this.#room.emit(topic, confirmed);
  }

  #held(topic: string, known: Confirmed): TopicSynced | undefined {
    const held = this.#room.held(topic);
    if (held !== undefined && held.generation !== known.generation) {
      known.generation = held.generation;
      known.synced.clear();
    }
    return held;
  }

  /** Undefined when that would be one topic too many. */
  #confirmed(topic: string): Confirmed | undefined {
    const known = this.#topics.get(topic);
    if (known !== undefined || this.#topics.size >= topicsMax) return known;
    const confirmed = { generation: 0, synced: new Map(), awaited: false, outstanding: false };
    this.#topics.set(topic, confirmed);
    return confirmed;
  }
}
