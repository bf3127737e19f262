import { assert, covers, type Machine, mergeVectors, sameVector, type Vector } from "../base/mod.ts";
import { Confirmations } from "./confirmations.ts";
import { type AnnouncerOptions, type ResolvedAnnouncerOptions, resolveAnnouncerOptions } from "./options.ts";
import { emptyVector } from "./state.ts";
import type { AnnouncerEffect, AnnouncerInput } from "./types.ts";

type Input<Type extends AnnouncerInput["type"]> = Extract<AnnouncerInput, { readonly type: Type }>;

/** What a topic holds durably now. */
interface TopicHeld {
  readonly generation: number;
  readonly durable: Vector;
  readonly lowWater: Vector;
  readonly synced: Vector;
}

/** What a subscriber knows of a topic. */
interface TopicTold {
  /** What it was told, and what it is known to hold itself. */
  known: Vector;
  lowWater: Vector;
  generation: number;
  /** A notice is on its way: the next waits until the transport took it. */
  outstanding: boolean;
}

/** One Watch stream that this node serves. */
interface Subscriber {
  readonly id: number;
  readonly peer: string;
  readonly topics: Map<string, TopicTold>;
  readonly confirmations: Confirmations;
  heartbeatAtMs: number;
  heartbeatOutstanding: boolean;
}

/**
 * Tells peers what this node holds durably (rule R3): all topics when a stream opens, then a heartbeat as the mark that
 * all was told, then what is new: coalesced, and longer what a peer supplied; at most one notice on its way per stream and
 * topic, and no echo of what the peer itself supplied. What of all this is on disk here is confirmed beside it, echo or
 * not. Bounded by streams times topics.
 */
export class Announcer implements Machine<AnnouncerInput, AnnouncerEffect> {
  readonly #options: ResolvedAnnouncerOptions;
  readonly #topics = new Map<string, TopicHeld>();
  /** Topics that grew, with when to tell. */
  readonly #dueAtMs = new Map<string, number>();
  /** None of them is due earlier. */
  #nextDueAtMs = Number.POSITIVE_INFINITY;
  /** When each topic was told last. */
  readonly #toldAtMs = new Map<string, number>();
  readonly #subscribers = new Map<number, Subscriber>();
  #effects: AnnouncerEffect[] = [];

  constructor(options: AnnouncerOptions = {}) {
    this.#options = resolveAnnouncerOptions(options);
  }

  get wakeAtMs(): number {
    let atMs = this.#nextDueAtMs;
    for (const subscriber of this.#subscribers.values()) {
      if (!subscriber.heartbeatOutstanding) atMs = Math.min(atMs, subscriber.heartbeatAtMs);
      atMs = Math.min(atMs, subscriber.confirmations.wakeAtMs);
    }
    return atMs;
  }

  step(input: AnnouncerInput, nowMs: number): AnnouncerEffect[] {
    switch (input.type) {
      case "wake":
        this.#wake(nowMs);
        break;
      case "subscribe":
        this.#subscribe(input, nowMs);
        break;
      case "unsubscribe":
        this.#subscribers.delete(input.subscriber);
        break;
      case "grew":
        this.#grew(input, nowMs);
        break;
      case "ended":
        this.#end(input.topic);
        break;
      case "retell":
        this.#retell(input, nowMs);
        break;
      case "sent":
        this.#sent(input, nowMs);
        break;
      case "confirmation-sent":
        this.#subscribers.get(input.subscriber)?.confirmations.sent(input.topic);
        break;
      case "supplied":
        this.#supplied(input);
        break;
      default:
        input satisfies never;
    }
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #wake(nowMs: number): void {
    if (this.#nextDueAtMs <= nowMs) this.#tellDue(nowMs);
    for (const subscriber of this.#subscribers.values()) {
      subscriber.confirmations.wake(nowMs);
      if (!subscriber.heartbeatOutstanding && subscriber.heartbeatAtMs <= nowMs) this.#beat(subscriber, nowMs);
    }
  }

  #tellDue(nowMs: number): void {
    this.#nextDueAtMs = Number.POSITIVE_INFINITY;
    for (const [topic, dueAtMs] of this.#dueAtMs) {
      if (dueAtMs > nowMs) {
        this.#nextDueAtMs = Math.min(this.#nextDueAtMs, dueAtMs);
        continue;
      }
      this.#dueAtMs.delete(topic);
      this.#tellAll(topic, nowMs);
    }
  }

  #subscribe(input: Input<"subscribe">, nowMs: number): void {
    assert(!this.#subscribers.has(input.subscriber), `subscriber ${input.subscriber} is new`);
    if (this.#subscribers.size >= this.#options.subscribersMax) {
      const reason = `Cannot serve one more Watch stream: ${this.#subscribers.size} are served, which is the most`;
      this.#effects.push({ type: "refuse", subscriber: input.subscriber, reason });
      return;
    }
    const subscriber: Subscriber = {
      ...{ id: input.subscriber, peer: input.peer, topics: new Map() },
      confirmations: this.#confirmationsFor(input),
      ...{ heartbeatAtMs: nowMs, heartbeatOutstanding: false },
    };
    this.#subscribers.set(input.subscriber, subscriber);
    subscriber.confirmations.start(this.#topics.keys(), nowMs);
    for (const topic of this.#topics.keys()) {
      this.#toldAtMs.set(topic, nowMs);
      this.#tell(subscriber, topic);
    }
    this.#beat(subscriber, nowMs);
  }

  #confirmationsFor({ subscriber, writer }: Input<"subscribe">): Confirmations {
    return new Confirmations(
      {
        confirmMs: this.#options.confirmMs,
        held: (topic) => this.#topics.get(topic),
        emit: (topic, confirmed) => this.#effects.push({ type: "confirm", subscriber, topic, ...confirmed }),
      },
      writer,
    );
  }

  #grew(input: Input<"grew">, nowMs: number): void {
    const { generation, durable, lowWater, synced } = input;
    this.#topics.set(input.topic, { generation, durable, lowWater, synced });
    this.#collect(input.topic, nowMs);
    for (const { confirmations } of this.#subscribers.values()) confirmations.grew(input.topic, nowMs);
  }

  #end(topic: string): void {
    this.#topics.delete(topic);
    this.#dueAtMs.delete(topic);
    this.#toldAtMs.delete(topic);
    for (const subscriber of this.#subscribers.values()) {
      subscriber.topics.delete(topic);
      subscriber.confirmations.end(topic);
    }
  }

  #retell(input: Input<"retell">, nowMs: number): void {
    for (const subscriber of this.#subscribers.values()) {
      const told = subscriber.topics.get(input.topic);
      if (told) told.known = emptyVector;
    }
    this.#collect(input.topic, nowMs);
  }

  #collect(topic: string, nowMs: number): void {
    const held = this.#topics.get(topic);
    let lacking = 0;
    for (const { topics } of this.#subscribers.values()) if (isNews(held, topics.get(topic))) lacking++;
    if (lacking === 0) return;
    const { coalesceMs, relayMs } = this.#options;
    // What one of them knows came from there. The others most likely have it from there as well: who of them and us is
    // ready to tell first then spares the other a notice.
    if (lacking < this.#subscribers.size) {
      this.#setDue(topic, nowMs + relayMs);
      return;
    }
    // After a pause the first news goes out at once, and what follows it is collected.
    const dueAtMs = (this.#toldAtMs.get(topic) ?? Number.NEGATIVE_INFINITY) + coalesceMs;
    if (dueAtMs > nowMs) {
      this.#setDue(topic, dueAtMs);
      return;
    }
    this.#dueAtMs.delete(topic);
    this.#tellAll(topic, nowMs);
  }

  #setDue(topic: string, atMs: number): void {
    const dueAtMs = Math.min(atMs, this.#dueAtMs.get(topic) ?? atMs);
    this.#dueAtMs.set(topic, dueAtMs);
    this.#nextDueAtMs = Math.min(this.#nextDueAtMs, dueAtMs);
  }

  #tellAll(topic: string, nowMs: number): void {
    const effects = this.#effects.length;
    for (const subscriber of this.#subscribers.values()) this.#tell(subscriber, topic);
    if (this.#effects.length > effects) this.#toldAtMs.set(topic, nowMs);
  }

  #sent(input: Input<"sent">, nowMs: number): void {
    const subscriber = this.#subscribers.get(input.subscriber);
    if (subscriber === undefined) return;
    if (input.topic === undefined) {
      subscriber.heartbeatOutstanding = false;
      subscriber.heartbeatAtMs = nowMs + this.#options.heartbeatMs;
      return;
    }
    const told = subscriber.topics.get(input.topic);
    if (told === undefined) return;
    told.outstanding = false;
    // What grew meanwhile is told now, unless it is still being collected.
    if (!this.#dueAtMs.has(input.topic)) this.#tell(subscriber, input.topic);
  }

  #supplied(input: Input<"supplied">): void {
    for (const subscriber of this.#subscribers.values()) {
      if (subscriber.peer !== input.peer) continue;
      const told = this.#told(subscriber, input.topic);
      if (told) told.known = mergeVectors(told.known, input.vector);
      subscriber.confirmations.setAwaited(input.topic, input.awaited);
    }
  }

  #tell(subscriber: Subscriber, topic: string): void {
    const held = this.#topics.get(topic);
    const told = this.#told(subscriber, topic);
    if (held === undefined || told === undefined || told.outstanding || !isNews(held, told)) return;
    told.known = mergeVectors(told.known, held.durable);
    told.lowWater = held.lowWater;
    told.generation = held.generation;
    told.outstanding = true;
    const { generation, durable, lowWater } = held;
    this.#effects.push({ type: "notice", subscriber: subscriber.id, topic, generation, durable, lowWater });
  }

  /** Undefined for topics that this node does not hold: nothing would ever be told of them. */
  #told(subscriber: Subscriber, topic: string): TopicTold | undefined {
    const known = subscriber.topics.get(topic);
    const held = this.#topics.get(topic);
    if (known || held === undefined) return known;
    const told: TopicTold = {
      ...{ known: emptyVector, lowWater: emptyVector },
      ...{ generation: held.generation, outstanding: false },
    };
    subscriber.topics.set(topic, told);
    return told;
  }

  #beat(subscriber: Subscriber, nowMs: number): void {
    subscriber.heartbeatOutstanding = true;
    subscriber.heartbeatAtMs = nowMs + this.#options.heartbeatMs;
    this.#effects.push({ type: "heartbeat", subscriber: subscriber.id });
  }
}

/** Whether what is held of a topic says more than a subscriber was told. */
function isNews(held: TopicHeld | undefined, told: TopicTold | undefined): boolean {
  if (held === undefined || told === undefined) return held !== undefined;
  const isKnown = covers(told.known, held.durable) && sameVector(told.lowWater, held.lowWater);
  return !isKnown || told.generation !== held.generation;
}
