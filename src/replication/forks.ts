import { type ChainHash, type Random, sameChain, type Vector, type WriterId } from "../base/mod.ts";
import { Backoff } from "./backoff.ts";
import type { ResolvedReplicatorOptions } from "./options.ts";
import { type Found, OtherHistories } from "./other_histories.ts";
import type { PeerState } from "./state.ts";
import type { ReplicatorEffect, ReplicatorInput } from "./types.ts";
import type { Watches } from "./watches.ts";

type Input<Type extends ReplicatorInput["type"]> = Extract<ReplicatorInput, { readonly type: Type }>;

/** Peers that are being asked at once. */
const probesMax = 8;
/** Places of a feed that one probe asks for. */
const pointsMax = 16;
/** Probes of one search: each cuts what is left to a sixteenth, so that this is far more than 2^53 needs. */
const probesPerSearchMax = 32;

/** One copy of a feed that was ours, at one peer, and where it stops to be the same as ours. */
interface Search {
  readonly peer: PeerState;
  readonly watchId: number;
  readonly topic: string;
  readonly writer: WriterId;
  /** Both hold the feed so far, at least. */
  readonly through: number;
  /** Up to here both have the same history. */
  same: number;
  /** From here on they have not: the lowest place that showed it. */
  other: number;
  /** Nothing below is asked for any more. */
  low: number;
  /** The peer knows nothing of where the shorter copy ends. */
  isEndUnknown: boolean;
  probes: number;
}

/** A feed of ours of which peers hold another history. */
interface Fork {
  readonly topic: string;
  readonly writer: WriterId;
  /** The first sequence that some peer has otherwise. */
  from: number;
  /** From here on the log has produced it again. */
  doneFrom: number;
  /** Peers are heard one after another: the lowest of them is waited for a little. */
  dueAtMs: number;
  readonly backoff: Backoff;
}

/**
 * Finds out which peers hold another history of what this node wrote as a former writer, and from where on, and has the log
 * produce the rest of our own again (rule R6, second half); of `_topics` the rest of theirs, too. Each copy is looked at once on
 * each Watch stream, and again when it has grown, until it is found to be the same as ours.
 */
export class Forks {
  readonly #options: ResolvedReplicatorOptions;
  readonly #random: Random;
  readonly #watches: Watches;
  readonly #emit: (effect: ReplicatorEffect) => void;
  readonly #nextId: () => number;
  readonly #have: (topic: string) => Vector;
  readonly #writers: Set<WriterId>;
  /** By peer, topic and writer; in the order of coming. */
  readonly #waiting = new Map<string, Search>();
  readonly #searching = new Map<number, Search>();
  readonly #forks = new Map<string, Fork>();
  readonly #others: OtherHistories;
  #reproducing: Fork | Found | undefined;

  constructor(
    options: ResolvedReplicatorOptions,
    random: Random,
    room: {
      readonly watches: Watches;
      readonly emit: (effect: ReplicatorEffect) => void;
      readonly nextId: () => number;
      readonly have: (topic: string) => Vector;
    },
  ) {
    this.#options = options;
    this.#random = random;
    this.#watches = room.watches;
    this.#emit = room.emit;
    this.#nextId = room.nextId;
    this.#have = room.have;
    this.#writers = new Set(options.formerWriters);
    this.#others = new OtherHistories(options, random, room);
  }

  get wakeAtMs(): number {
    let atMs = this.#others.wakeAtMs;
    if (this.#reproducing !== undefined) return atMs;
    for (const fork of this.#forks.values()) if (fork.from < fork.doneFrom) atMs = Math.min(atMs, dueAtMs(fork));
    return atMs;
  }

  /** This writer is ours no more. */
  gaveUp(writer: WriterId): void {
    this.#writers.add(writer);
    for (const peer of this.#watches.peers.values()) for (const topic of peer.topics.keys()) this.look(peer, topic);
  }

  /** A peer told what it holds of a topic. */
  look(peer: PeerState, topic: string): void {
    if (this.#writers.size === 0) return;
    const told = peer.topics.get(topic);
    if (told === undefined || !peer.listening) return;
    const have = this.#have(topic);
    for (const writer of this.#writers) {
      const through = Math.min(have.get(writer) ?? 0, told.durable.get(writer) ?? 0);
      if (through <= (told.looked.get(writer) ?? 0)) continue;
      const key = `${peer.watchId} ${writer} ${topic}`;
      const others = [...this.#searching.values()];
      if (others.some((one) => one.watchId === peer.watchId && one.topic === topic && one.writer === writer)) continue;
      this.#waiting.set(key, {
        ...{ peer, watchId: peer.watchId, topic, writer, through },
        ...{ same: 0, other: through + 1, low: 0, isEndUnknown: false, probes: 0 },
      });
    }
  }

  /** The topic is gone. */
  end(topic: string): void {
    for (const [key, fork] of this.#forks) if (fork.topic === topic) this.#forks.delete(key);
    for (const [key, search] of this.#waiting) if (search.topic === topic) this.#waiting.delete(key);
  }

  pursue(nowMs: number): void {
    for (const [key, search] of this.#waiting) {
      if (this.#searching.size >= probesMax) break;
      this.#waiting.delete(key);
      if (isCurrent(search)) this.#probe(search);
    }
    this.#others.pursue(nowMs);
    if (this.#reproducing === undefined) this.#reproduceNext(nowMs);
  }

  #reproduceNext(nowMs: number): void {
    for (const fork of this.#forks.values()) {
      if (fork.from >= fork.doneFrom || dueAtMs(fork) > nowMs) continue;
      this.#reproducing = fork;
      const { topic, writer, from } = fork;
      this.#emit({ type: "reproduce", topic, writer, from });
      return;
    }
    const { found } = this.#others;
    if (found === undefined) return;
    this.#reproducing = found;
    const { topic, writer, through } = found.history;
    this.#emit({ type: "reproduce", topic, writer, from: through + 1, theirs: found.frames });
  }

  /** Frames of a pull arrived: of one of ours, if it is. */
  pulled(input: Input<"pulled">, nowMs: number): void {
    this.#others.pulled(input, nowMs);
  }

  ended(input: Input<"pull-ended">, nowMs: number): void {
    this.#others.ended(input, nowMs);
  }

  probed(input: Input<"feed-probed">, nowMs: number): void {
    const search = this.#searching.get(input.probeId);
    this.#searching.delete(input.probeId);
    if (search === undefined || !isCurrent(search)) return;
    for (const point of input.points) learn(search, point);
    if (input.error === undefined && this.#goesOn(search)) {
      this.#probe(search);
      return;
    }
    const told = search.peer.topics.get(search.topic);
    told?.looked.set(search.writer, search.through);
    if (input.error !== undefined && search.other > search.through) {
      // Looked at again with the peer's next notice, or its next stream.
      told?.looked.delete(search.writer);
      return;
    }
    if (search.other <= search.through) this.#found(search, nowMs);
    // It may have grown meanwhile.
    this.look(search.peer, search.topic);
  }

  reproduced(input: Input<"reproduced">, nowMs: number): void {
    const reproducing = this.#reproducing;
    this.#reproducing = undefined;
    if (reproducing === undefined) return;
    const isDone = input.failed === undefined;
    const { topic, writer } = "history" in reproducing ? reproducing.history : reproducing;
    if ("history" in reproducing) this.#others.reproduced(isDone, nowMs);
    else if (isDone) {
      reproducing.doneFrom = Math.min(reproducing.doneFrom, input.from);
      reproducing.backoff.succeed();
    } else reproducing.backoff.fail(nowMs, this.#random, this.#options);
    if (isDone) return;
    const message = `Cannot produce ${topic} of former writer ${writer} again: ${input.failed}`;
    this.#emit({ type: "warn", peer: this.#options.localName, message });
  }

  #probe(search: Search): void {
    const probeId = this.#nextId();
    this.#searching.set(probeId, search);
    search.probes++;
    const { peer, topic, writer } = search;
    this.#emit({ type: "probe-feed", probeId, peer: peer.peer, topic, writer, sequences: placesOf(search) });
  }

  #goesOn(search: Search): boolean {
    if (search.probes >= probesPerSearchMax) return false;
    const isSuspect = search.other <= search.through || (search.isEndUnknown && search.probes === 1);
    return isSuspect && search.other - search.low > 1;
  }

  #found(search: Search, nowMs: number): void {
    const { topic, writer, same, peer } = search;
    this.#others.add(search);
    const key = `${writer} ${topic}`;
    const known = this.#forks.get(key);
    const from = same + 1;
    if (known !== undefined) {
      known.from = Math.min(known.from, from);
      return;
    }
    const dueAtMs = nowMs + this.#options.gapSettleMs;
    const doneFrom = Number.POSITIVE_INFINITY;
    this.#forks.set(key, { topic, writer, from, doneFrom, dueAtMs, backoff: new Backoff() });
    const message = `it holds another history of ${topic} of our former writer ${writer}, from sequence ${from} on at the latest: ours is produced again`;
    this.#emit({ type: "warn", peer: peer.peer.name, message });
  }
}

function dueAtMs(fork: Fork): number {
  return Math.max(fork.dueAtMs, fork.backoff.untilMs);
}

/** The highest place first; then places between what is the same and what is not. */
function placesOf({ low, other, through, probes }: Search): number[] {
  if (probes === 1) return [through];
  const places = new Set<number>();
  const room = other - 1 - low;
  for (let index = 1; index <= pointsMax; index++) places.add(low + Math.ceil((room * index) / pointsMax));
  return [...places];
}

/** What one place tells: where the peer has a batch's end at or below it, and how that stands to ours. */
function learn(search: Search, point: Input<"feed-probed">["points"][number]): void {
  const { asked, shown, ours } = point;
  if (!(asked > search.low && asked < search.other)) return;
  if (shown === undefined || shown.sequence > asked) {
    // Its records are gone there, or it says what cannot be. What is above can be compared, and below its end all can.
    if (asked === search.through) search.isEndUnknown = true;
    else search.low = asked;
    return;
  }
  // A batch of the peer reaches over the place. Batches are never cut again: where one of ours ends, it has another.
  if (shown.sequence < asked && asked === search.through) search.other = asked;
  const verdict = judge(shown, ours);
  if (verdict === "other") search.other = Math.min(search.other, shown.sequence);
  if (verdict === "same") search.same = Math.max(search.same, shown.sequence);
  if (verdict !== "other") search.low = Math.max(search.low, verdict === "same" ? shown.sequence : 0, asked);
}

function judge(
  shown: { readonly sequence: number; readonly chain: ChainHash },
  ours: ChainHash | "within-batch" | undefined,
): "same" | "other" | "unknown" {
  if (shown.sequence === 0) return "same";
  if (ours === undefined) return "unknown";
  return ours !== "within-batch" && sameChain(ours, shown.chain) ? "same" : "other";
}

function isCurrent({ peer, watchId }: Search): boolean {
  return peer.listening && peer.watchId === watchId;
}
