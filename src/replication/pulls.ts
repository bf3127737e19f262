import { frameBytesMax, type Random, type Vector, type WriterId } from "../base/mod.ts";
import { choose, isHeldElsewhere, newsElsewhereAtMs } from "./choose.ts";
import type { ResolvedReplicatorOptions } from "./options.ts";
import { emptyVector, type PeerState, type PullState, TopicState } from "./state.ts";
import type { ReplicatorEffect, ReplicatorInput, StoppedAtGap } from "./types.ts";
import type { Watches } from "./watches.ts";

type Input<Type extends ReplicatorInput["type"]> = Extract<ReplicatorInput, { readonly type: Type }>;

/** Doublings of the patience with a slow peer: 16 times the limits of the options. */
const slowPullsMax = 4;

/**
 * What to ask whom for. Invariants: at most one payload pull per topic; a pull is asked for only when all that came of
 * the one before is applied, so that its vector is exact; frames reach the log in the order of their source.
 */
export class Pulls {
  readonly #options: ResolvedReplicatorOptions;
  readonly #random: Random;
  readonly #watches: Watches;
  readonly #emit: (effect: ReplicatorEffect) => void;
  readonly #topics = new Map<string, TopicState>();
  /** Pulls in flight, by id. */
  readonly #inFlight = new Map<number, TopicState>();
  /** Topics to look at in this step. */
  readonly #looking = new Set<TopicState>();
  /** Topics that want to pull while `pullsMax` are in flight, first come first served. */
  readonly #waiting = new Set<TopicState>();
  /** Topics to look at later although nothing may come in. */
  readonly #retryAtMs = new Map<TopicState, number>();
  readonly #nextId: () => number;
  readonly #isOpen: (topic: string) => boolean;

  constructor(
    options: ResolvedReplicatorOptions,
    random: Random,
    room: {
      readonly watches: Watches;
      readonly emit: (effect: ReplicatorEffect) => void;
      readonly nextId: () => number;
      /** Whether a topic may be pulled. */
      readonly isOpen: (topic: string) => boolean;
    },
  ) {
    this.#options = options;
    this.#random = random;
    this.#watches = room.watches;
    this.#emit = room.emit;
    this.#nextId = room.nextId;
    this.#isOpen = room.isOpen;
  }

  get wakeAtMs(): number {
    let atMs = Number.POSITIVE_INFINITY;
    for (const retryAtMs of this.#retryAtMs.values()) atMs = Math.min(atMs, retryAtMs);
    for (const topic of this.#inFlight.values()) atMs = Math.min(atMs, this.#patienceEndsAtMs(topic));
    return atMs;
  }

  have(topic: string): Vector {
    return this.#topics.get(topic)?.have ?? emptyVector;
  }

  /** True when the topic is, or now can be, followed. */
  knows(name: string): boolean {
    return this.#topic(name) !== undefined;
  }

  look(name: string): void {
    const topic = this.#topics.get(name);
    if (topic) this.#looking.add(topic);
  }

  lookAtAll(): void {
    for (const topic of this.#topics.values()) this.#looking.add(topic);
  }

  lookAtGaps(): void {
    for (const topic of this.#retryAtMs.keys()) if (topic.gapSinceMs !== undefined) this.#looking.add(topic);
  }

  wake(nowMs: number): void {
    for (const [topic, retryAtMs] of this.#retryAtMs) if (retryAtMs <= nowMs) this.#looking.add(topic);
    for (const topic of this.#inFlight.values()) {
      if (this.#patienceEndsAtMs(topic) <= nowMs) this.#looking.add(topic);
    }
  }

  /** Looks at every topic about which something changed, and starts what can be started. */
  pursue(nowMs: number): void {
    for (const topic of this.#looking) this.#pursueTopic(topic, nowMs);
    this.#looking.clear();
    for (const topic of this.#waiting) {
      if (this.#inFlight.size >= this.#options.pullsMax) break;
      this.#waiting.delete(topic);
      this.#pursueTopic(topic, nowMs);
    }
  }

  grew(name: string, have: Vector): void {
    const topic = this.#topic(name);
    if (topic) topic.have = have;
  }

  stopFeed(name: string, writer: WriterId): void {
    this.#topic(name)?.stopped.add(writer);
    this.look(name);
  }

  resumeFeed(writer: WriterId): void {
    for (const topic of this.#topics.values()) topic.stopped.delete(writer);
  }

  pulled(input: Input<"pulled">, nowMs: number): void {
    const topic = this.#inFlight.get(input.pullId);
    const pull = topic?.pull;
    if (topic === undefined || pull === undefined) return;
    pull.lastByteAtMs = nowMs;
    pull.bytes += input.frames.length;
    if (pull.responses++ === 0) pull.told.lowWater = input.lowWater;
    if (pull.bytes > this.#options.creditBytes + frameBytesMax) {
      const message = `sent ${pull.bytes} bytes, its credit was ${this.#options.creditBytes}`;
      this.#distrust(topic, pull, message, nowMs);
      return;
    }
    if (input.frames.length > 0) topic.queue.push({ pull, frames: input.frames });
    this.#applyNext(topic);
  }

  ended(input: Input<"pull-ended">, nowMs: number): void {
    const topic = this.#inFlight.get(input.pullId);
    const pull = topic?.pull;
    if (topic === undefined || pull === undefined) return;
    this.#inFlight.delete(input.pullId);
    pull.ended = true;
    if (input.error !== undefined) {
      topic.pull = undefined;
      pull.told.backoff.fail(nowMs, this.#random, this.#options);
    }
    this.#settle(topic, nowMs);
  }

  applied(input: Input<"applied">, nowMs: number): void {
    const topic = this.#topics.get(input.topic);
    const applying = topic?.applying;
    if (topic === undefined || applying?.id !== input.pullId) return;
    topic.applying = undefined;
    const { result } = input;
    // A log that failed appended nothing, and may not even have said what it holds.
    if (result.failed === undefined) topic.have = input.have;
    const { pull } = applying;
    if (pull) pull.appended += result.appended;
    if (result.failed !== undefined) {
      this.#logFailed(topic, result.failed, { pull, nowMs });
      return;
    }
    const { gap } = applying;
    const held = gap === undefined ? 0 : (topic.have.get(gap.writer) ?? 0);
    if (gap !== undefined && held <= gap.heldBefore) {
      // Looked at again at once, it would be chosen again, in the same instant and for ever.
      const message = `a gap of writer ${gap.writer} up to ${gap.through} left it at ${held}`;
      this.#logFailed(topic, message, { pull: undefined, nowMs });
      return;
    }
    topic.backoff.succeed();
    if (pull && result.stopped?.reason === "malformed") {
      this.#distrust(topic, pull, result.stopped.message, nowMs);
      return;
    }
    if (pull && result.stopped?.reason === "gap")
      this.#meetGap(topic, pull, { ...result.stopped, frames: applying.frames }, nowMs);
    if (pull && result.stopped?.reason === "ahead") {
      // Something between is missing, or is gone at this source: the next look, with the exact vector, finds out which.
      this.#abandon(topic);
      if (pull.appended === 0) pull.told.backoff.fail(nowMs, this.#random, this.#options);
    }
    this.#settle(topic, nowMs);
  }

  /** The peer is gone: what it was asked for stops, and what it sent and was not applied yet is dropped. */
  dropPeer(peer: PeerState, nowMs: number): void {
    for (const topic of this.#topics.values()) {
      if (topic.pull?.peer !== peer && topic.queue[0]?.pull.peer !== peer) continue;
      this.#abandon(topic);
      this.#settle(topic, nowMs);
    }
    // A gap may have waited for this peer.
    this.lookAtGaps();
  }

  /** The topic is gone: what was asked for of it stops, and what comes of it is nobody's any more. */
  end(name: string): void {
    const topic = this.#topics.get(name);
    if (topic === undefined) return;
    this.#abandon(topic);
    this.#topics.delete(name);
    for (const set of [this.#looking, this.#waiting, this.#retryAtMs]) set.delete(topic);
  }

  /** Stops pulling a topic, until it is looked at again and may be pulled. */
  leave(name: string, nowMs: number): void {
    const topic = this.#topics.get(name);
    if (topic?.pull === undefined && topic?.queue.length === 0) return;
    if (topic === undefined) return;
    this.#abandon(topic);
    this.#settle(topic, nowMs);
  }

  /** Stops everything, until `lookAtAll`. */
  abandonAll(): void {
    for (const topic of this.#topics.values()) this.#abandon(topic);
  }

  #topic(name: string): TopicState | undefined {
    const known = this.#topics.get(name);
    if (known || this.#topics.size >= this.#options.topicsMax) return known;
    const topic = new TopicState(name);
    this.#topics.set(name, topic);
    return topic;
  }

  #pursueTopic(topic: TopicState, nowMs: number): void {
    this.#retryAtMs.delete(topic);
    this.#endPatience(topic, nowMs);
    if (topic.busy || !this.#isOpen(topic.name)) return;
    if (topic.backoff.untilMs > nowMs) {
      this.#retryAtMs.set(topic, topic.backoff.untilMs);
      return;
    }
    if (this.#inFlight.size >= this.#options.pullsMax) {
      this.#waiting.add(topic);
      return;
    }
    const choice = choose(topic, this.#watches.peers.values(), nowMs);
    // Peers that have news all the time do not put off a gap.
    const gap = choice.type === "pull" ? choice.gap : choice.type === "gap" ? choice : undefined;
    topic.gapSinceMs = gap && (topic.gapSinceMs ?? nowMs);
    if (gap !== undefined && this.#gapDueAtMs(topic) <= nowMs) this.#applyGap(topic, gap);
    else if (choice.type === "pull") this.#pull(topic, choice.peer, nowMs);
    else if (choice.type === "gap") this.#retryAtMs.set(topic, this.#gapDueAtMs(topic));
    else if (choice.untilMs < Number.POSITIVE_INFINITY) this.#retryAtMs.set(topic, choice.untilMs);
  }

  #pull(topic: TopicState, peer: PeerState, nowMs: number): void {
    const told = peer.topics.get(topic.name);
    if (told === undefined) return;
    const pullId = this.#nextId();
    topic.pull = {
      ...{ pullId, peer, told },
      ...{ startedAtMs: nowMs, lastByteAtMs: nowMs, bytes: 0, responses: 0, appended: 0, ended: false },
    };
    this.#inFlight.set(pullId, topic);
    const bytesMax = this.#options.creditBytes;
    this.#emit({ type: "pull", peer: peer.peer, pullId, topic: topic.name, have: topic.wanted(), bytesMax });
  }

  /**
   * When a gap is appended: a peer that does not answer, or is not known yet, may still hold the records, and is waited for,
   * in bounds. Further gaps that come right after one have waited with it.
   */
  #gapDueAtMs({ gapSinceMs = Number.POSITIVE_INFINITY }: TopicState): number {
    const { gapWaitMs, gapSettleMs } = this.#options;
    return gapSinceMs + (this.#watches.allHeard ? Math.min(gapSettleMs, gapWaitMs) : gapWaitMs);
  }

  #applyGap(topic: TopicState, { writer, through }: { readonly writer: WriterId; readonly through: number }): void {
    const pullId = this.#nextId();
    topic.applying = {
      ...{ id: pullId, pull: undefined },
      gap: { writer, through, heldBefore: topic.have.get(writer) ?? 0 },
    };
    this.#emit({ type: "apply-gap", pullId, topic: topic.name, writer, through });
  }

  /**
   * A peer gave a gap. It is believed when all peers are heard and none of them shows to hold what it leaves out; else those
   * are asked, and when they do not give it, it is a gap as any other that is waited for.
   */
  #meetGap(
    topic: TopicState,
    pull: PullState,
    gap: StoppedAtGap & { readonly frames: Uint8Array | undefined },
    nowMs: number,
  ): void {
    const { writer, through } = gap;
    const { peers, allHeard } = this.#watches;
    if (!allHeard || isHeldElsewhere(topic, peers.values(), { writer, through, from: pull.peer })) {
      pull.told.gaps.set(writer, through);
      this.#abandon(topic);
      if (pull.appended === 0) pull.told.backoff.fail(nowMs, this.#random, this.#options);
      return;
    }
    pull.appended++;
    if (gap.frames !== undefined) topic.queue.unshift({ pull, frames: gap.frames.subarray(gap.at) });
    this.#applyGap(topic, gap);
  }

  #applyNext(topic: TopicState): void {
    if (topic.applying) return;
    const next = topic.queue.shift();
    if (next === undefined) return;
    topic.applying = { id: next.pull.pullId, pull: next.pull, frames: next.frames };
    this.#emit({ type: "apply", pullId: next.pull.pullId, topic: topic.name, frames: next.frames });
  }

  /** Goes on after something of this topic was finished. */
  #settle(topic: TopicState, nowMs: number): void {
    this.#applyNext(topic);
    const { pull } = topic;
    if (pull?.ended && !topic.applying) {
      topic.pull = undefined;
      if (pull.appended > 0) {
        pull.told.backoff.succeed();
        pull.told.slowPulls = Math.max(0, pull.told.slowPulls - 1);
      } else {
        // It advertises what it does not give, or we refuse what it gives: asking again at once would go round in circles.
        pull.told.backoff.fail(nowMs, this.#random, this.#options);
      }
    }
    this.#looking.add(topic);
  }

  /** Cancels a pull that takes too long. What it brought so far is whole frames in order, and is still applied. */
  #endPatience(topic: TopicState, nowMs: number): void {
    const { pull } = topic;
    if (pull === undefined || this.#patienceEndsAtMs(topic) > nowMs) return;
    pull.told.slowPulls = Math.min(slowPullsMax, pull.told.slowPulls + 1);
    pull.told.backoff.fail(nowMs, this.#random, this.#options);
    this.#cancel(topic, pull);
  }

  #patienceEndsAtMs(topic: TopicState): number {
    const { pull } = topic;
    if (pull === undefined || pull.ended) return Number.POSITIVE_INFINITY;
    const factor = 2 ** pull.told.slowPulls;
    const silentAtMs = pull.lastByteAtMs + factor * this.#options.silentPullMs;
    const lateAtMs = pull.startedAtMs + factor * this.#options.pullMsWhenOthersHaveNews;
    if (silentAtMs <= lateAtMs) return silentAtMs;
    const newsAtMs = newsElsewhereAtMs(topic, this.#watches.peers.values(), pull.peer);
    return Math.min(silentAtMs, Math.max(lateAtMs, newsAtMs));
  }

  #distrust(topic: TopicState, pull: PullState, message: string, nowMs: number): void {
    pull.told.backoff.fail(nowMs, this.#random, this.#options);
    this.#emit({
      type: "warn",
      peer: pull.peer.peer.name,
      message: `Cannot use what it sent of ${topic.name}: ${message}`,
    });
    this.#abandon(topic);
    this.#settle(topic, nowMs);
  }

  #logFailed(
    topic: TopicState,
    message: string,
    at: { readonly pull: PullState | undefined; readonly nowMs: number },
  ): void {
    topic.backoff.fail(at.nowMs, this.#random, this.#options);
    const peer = at.pull?.peer.peer.name ?? this.#options.localName;
    this.#emit({ type: "warn", peer, message: `Cannot apply records of ${topic.name}: ${message}` });
    this.#abandon(topic);
    this.#settle(topic, at.nowMs);
  }

  /** Drops what is not applied yet and cancels the pull. */
  #abandon(topic: TopicState): void {
    topic.queue = [];
    if (topic.pull) this.#cancel(topic, topic.pull);
  }

  #cancel(topic: TopicState, pull: PullState): void {
    topic.pull = undefined;
    if (!this.#inFlight.delete(pull.pullId)) return;
    this.#emit({ type: "cancel", peer: pull.peer.peer.name, pullId: pull.pullId });
  }
}
