import { concat, frameBytesMax, type Random, scanFrame, type Vector, type WriterId } from "../base/mod.ts";
import { Backoff } from "./backoff.ts";
import type { ResolvedReplicatorOptions } from "./options.ts";
import type { PeerState } from "./state.ts";
import type { DamagedRange, ReplicatorEffect, ReplicatorInput } from "./types.ts";
import type { Watches } from "./watches.ts";

type Input<Type extends ReplicatorInput["type"]> = Extract<ReplicatorInput, { readonly type: Type }>;

/** Failed tries for one range after which a peer is not asked for it again on the same Watch stream. */
const triesPerStreamMax = 3;
/** Bytes of a range that can be repaired: what peers send of it stays in memory until it is whole. */
const repairBytesMax = 64 * 1_048_576;
/** Ranges that are looked at in one step. */
const looksMax = 64;
/** A pull for a repair is cancelled after so many milliseconds without a byte. */
const silenceMs = 5_000;
/** A range that no peer heard holds, or can give, for so many milliseconds is taken for lost. */
export const lossWaitMs = 60_000;

/** One damaged range, and what came of it so far. */
class Repair {
  readonly topic: string;
  readonly range: DamagedRange;
  /** Per feed the sequence that is to come next. */
  readonly next = new Map<WriterId, number>();
  parts: Uint8Array[] = [];
  bytes = 0;
  /** Whom the parts are from. */
  readonly suppliers = new Set<PeerState>();
  readonly backoff: Backoff = new Backoff();
  /** Failed tries, by the id of the peer's Watch stream. */
  readonly failures = new Map<number, number>();
  /** Since when there is nobody to ask. */
  hopelessSinceMs: number | undefined;
  isLost = false;

  constructor(topic: string, range: DamagedRange) {
    this.topic = topic;
    this.range = range;
    this.reset();
  }

  reset(): void {
    this.parts = [];
    this.bytes = 0;
    this.suppliers.clear();
    for (const [writer, { first }] of this.range.feeds) this.next.set(writer, first);
  }

  /** A feed of which something is still to come. */
  get lacking(): { readonly writer: WriterId; readonly next: number; readonly last: number } | undefined {
    for (const [writer, { last }] of this.range.feeds) {
      const next = this.next.get(writer) ?? 1;
      if (next <= last) return { writer, next, last };
    }
    return undefined;
  }

  is(topic: string, range: DamagedRange): boolean {
    return this.topic === topic && this.range.file === range.file && this.range.at === range.at;
  }
}

/** The pull in flight. */
interface RepairPull {
  readonly type: "pull";
  readonly id: number;
  readonly repair: Repair;
  readonly peer: PeerState;
  readonly writer: WriterId;
  readonly creditBytes: number;
  bytesGot: number;
  partsBefore: number;
  lastByteAtMs: number;
}

/** The log is busy with putting back. */
interface PuttingBack {
  readonly type: "repair";
  readonly id: number;
  readonly repair: Repair;
}

/**
 * Pulls what damage took from peers that hold it, one range at a time and feed by feed, and has the log put it back. Only
 * the log can say whether what came is what was lost.
 */
export class Repairs {
  readonly #options: ResolvedReplicatorOptions;
  readonly #random: Random;
  readonly #watches: Watches;
  readonly #emit: (effect: ReplicatorEffect) => void;
  readonly #nextId: () => number;
  /** In the order in which they are tried. */
  #repairs: Repair[] = [];
  #current: RepairPull | PuttingBack | undefined;
  #retryAtMs = Number.POSITIVE_INFINITY;

  constructor(
    options: ResolvedReplicatorOptions,
    random: Random,
    room: {
      readonly watches: Watches;
      readonly emit: (effect: ReplicatorEffect) => void;
      readonly nextId: () => number;
    },
  ) {
    this.#options = options;
    this.#random = random;
    this.#watches = room.watches;
    this.#emit = room.emit;
    this.#nextId = room.nextId;
  }

  get wakeAtMs(): number {
    if (this.#current === undefined) return this.#retryAtMs;
    return this.#current.type === "pull" ? this.#current.lastByteAtMs + silenceMs : Number.POSITIVE_INFINITY;
  }

  /** These are all the ranges of a topic that are damaged now. */
  damaged(topic: string, ranges: readonly DamagedRange[]): void {
    const others = this.#repairs.filter((repair) => {
      return (
        repair.topic !== topic || ranges.some((range) => repair.is(topic, range) && sameRange(range, repair.range))
      );
    });
    const { length } = others;
    for (const range of ranges) {
      if (others.slice(0, length).some((repair) => repair.is(topic, range))) continue;
      if (range.bytes > repairBytesMax) {
        const message = `Cannot repair ${range.file} at byte ${range.at}: it lost ${range.bytes} bytes, allowed are ${repairBytesMax}`;
        this.#emit({ type: "warn", peer: this.#options.localName, message });
      }
      others.push(new Repair(topic, range));
    }
    this.#repairs = others;
    // What is no longer damaged needs nothing any more.
    if (this.#current !== undefined && !others.includes(this.#current.repair)) this.#cancel();
  }

  /** Starts what can be started. */
  pursue(nowMs: number): void {
    const current = this.#current;
    if (current?.type === "pull" && current.lastByteAtMs + silenceMs <= nowMs) {
      this.#cancel();
      this.#failed(current.repair, current.peer, `it sent nothing for ${silenceMs} ms`, nowMs);
    }
    if (this.#current !== undefined) return;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    for (const repair of this.#repairs.slice(0, looksMax)) {
      if (repair.backoff.untilMs > nowMs) this.#retryAtMs = Math.min(this.#retryAtMs, repair.backoff.untilMs);
      else if (this.#start(repair, nowMs)) return;
      else if (!repair.isLost) this.#despair(repair, nowMs);
    }
  }

  /** Nobody can be asked for it: readers need not wait for ever. */
  #despair(repair: Repair, nowMs: number): void {
    repair.hopelessSinceMs ??= nowMs;
    const dueAtMs = repair.hopelessSinceMs + lossWaitMs;
    if (nowMs < dueAtMs) {
      this.#retryAtMs = Math.min(this.#retryAtMs, dueAtMs);
      return;
    }
    repair.isLost = true;
    // Behind those for which there is more hope.
    this.#repairs = [...this.#repairs.filter((one) => one !== repair), repair];
    const { topic, range } = repair;
    this.#emit({ type: "lose", topic, file: range.file, at: range.at });
  }

  pulled(input: Input<"pulled">, nowMs: number): void {
    const pull = this.#pullOf(input.pullId);
    if (pull === undefined) return;
    pull.lastByteAtMs = nowMs;
    pull.bytesGot += input.frames.length;
    if (pull.bytesGot > pull.creditBytes + frameBytesMax) {
      this.#cancel();
      this.#failed(pull.repair, pull.peer, `it sent ${pull.bytesGot} bytes, its credit was ${pull.creditBytes}`, nowMs);
      return;
    }
    const fault = collect(pull, input.frames);
    if (fault !== undefined) {
      this.#cancel();
      this.#failed(pull.repair, pull.peer, fault, nowMs);
      return;
    }
    const { writer } = pull;
    const isWhole = pull.repair.lacking?.writer !== writer;
    if (isWhole) this.#cancel();
  }

  ended(input: Input<"pull-ended">, nowMs: number): void {
    const pull = this.#pullOf(input.pullId);
    if (pull === undefined) return;
    this.#current = undefined;
    if (input.error !== undefined) {
      this.#failed(pull.repair, pull.peer, input.error, nowMs);
    } else if (pull.repair.parts.length === pull.partsBefore) {
      this.#failed(pull.repair, pull.peer, "it gives other batches than those that were lost", nowMs);
    }
  }

  repaired(input: Input<"repaired">, nowMs: number): void {
    const current = this.#current;
    if (current?.type === "repair" && current.id === input.repairId) {
      this.#current = undefined;
      if (input.failed !== undefined) this.#failed(current.repair, undefined, input.failed, nowMs);
    }
    this.damaged(input.topic, input.ranges);
  }

  dropPeer(peer: PeerState): void {
    for (const repair of this.#repairs) if (repair.suppliers.has(peer)) repair.reset();
    if (this.#current?.type !== "pull" || this.#current.peer !== peer) return;
    this.#current.repair.reset();
    this.#cancel();
  }

  /** Stops what is under way; the next step begins anew. */
  abandon(): void {
    this.#cancel();
  }

  #start(repair: Repair, nowMs: number): boolean {
    const { lacking, topic, range } = repair;
    if (lacking === undefined) {
      const id = this.#nextId();
      this.#current = { type: "repair", id, repair };
      const frames = concat(repair.parts);
      this.#emit({ type: "repair", repairId: id, topic, file: range.file, at: range.at, frames });
      return true;
    }
    const peer = this.#choose(repair, lacking);
    if (peer === undefined || range.bytes > repairBytesMax) return false;
    repair.hopelessSinceMs = undefined;
    const creditBytes = Math.max(1, Math.min(this.#options.creditBytes, range.bytes - repair.bytes));
    const pullId = this.#nextId();
    this.#current = {
      ...{ type: "pull", id: pullId, repair, peer, writer: lacking.writer, creditBytes },
      ...{ bytesGot: 0, partsBefore: repair.parts.length, lastByteAtMs: nowMs },
    };
    repair.suppliers.add(peer);
    const have = haveFor(peer.topics.get(topic)?.durable ?? new Map(), lacking);
    this.#emit({ type: "pull", peer: peer.peer, pullId, topic, have, bytesMax: creditBytes });
    return true;
  }

  /** A peer that told to hold what lacks: the one that failed least, then the first by name. */
  #choose(repair: Repair, lacking: NonNullable<Repair["lacking"]>): PeerState | undefined {
    let chosen: PeerState | undefined;
    const failuresOf = (peer: PeerState): number => repair.failures.get(peer.watchId) ?? 0;
    for (const peer of this.#watches.peers.values()) {
      const told = peer.listening ? peer.topics.get(repair.topic) : undefined;
      if (told === undefined || failuresOf(peer) >= triesPerStreamMax) continue;
      if ((told.durable.get(lacking.writer) ?? 0) < lacking.last) continue;
      if ((told.lowWater.get(lacking.writer) ?? 1) > lacking.next) continue;
      const difference = chosen === undefined ? -1 : failuresOf(peer) - failuresOf(chosen);
      if (difference < 0 || (difference === 0 && chosen && peer.peer.name < chosen.peer.name)) chosen = peer;
    }
    return chosen;
  }

  /** Begins anew with what is left of peers, after the others. Without a peer, all who gave something may be to blame. */
  #failed(repair: Repair, peer: PeerState | undefined, message: string, nowMs: number): void {
    const streams = new Set([...this.#watches.peers.values()].map(({ watchId }) => watchId));
    for (const watchId of repair.failures.keys()) if (!streams.has(watchId)) repair.failures.delete(watchId);
    for (const blamed of peer ? [peer] : repair.suppliers) {
      repair.failures.set(blamed.watchId, (repair.failures.get(blamed.watchId) ?? 0) + 1);
    }
    repair.backoff.fail(nowMs, this.#random, this.#options);
    repair.reset();
    this.#repairs = [...this.#repairs.filter((one) => one !== repair), repair];
    const { file, at } = repair.range;
    const name = peer?.peer.name ?? this.#options.localName;
    this.#emit({ type: "warn", peer: name, message: `Cannot repair ${file} at byte ${at}: ${message}` });
  }

  #pullOf(pullId: number): RepairPull | undefined {
    return this.#current?.type === "pull" && this.#current.id === pullId ? this.#current : undefined;
  }

  #cancel(): void {
    const current = this.#current;
    if (current?.type !== "pull") return;
    this.#current = undefined;
    this.#emit({ type: "cancel", peer: current.peer.peer.name, pullId: current.id });
  }
}

/** Takes out what belongs to the range. Returns what is wrong with the bytes. */
function collect({ repair, writer }: RepairPull, frames: Uint8Array): string | undefined {
  const last = repair.range.feeds.get(writer)?.last ?? 0;
  for (let at = 0; at < frames.length; ) {
    const scan = scanFrame(frames, at);
    if (scan.type !== "frame") return "it sent bytes that are no whole frames";
    const { header } = scan;
    const end = header.baseSequence + header.count;
    if (header.writer === writer && header.baseSequence === repair.next.get(writer) && end - 1 <= last) {
      repair.parts.push(frames.slice(at, at + header.frameBytes));
      repair.bytes += header.frameBytes;
      repair.next.set(writer, end);
    }
    at += header.frameBytes;
  }
  return undefined;
}

/** A vector to which nothing is missing but this feed, from there on: the others do not use up the credit. */
function haveFor(durable: Vector, { writer, next }: { readonly writer: WriterId; readonly next: number }): Vector {
  const have = new Map([...durable.keys()].map((other) => [other, Number.MAX_SAFE_INTEGER]));
  if (next > 1) have.set(writer, next - 1);
  else have.delete(writer);
  return have;
}

function sameRange(left: DamagedRange, right: DamagedRange): boolean {
  if (left.bytes !== right.bytes || left.feeds.size !== right.feeds.size) return false;
  for (const [writer, { first, last }] of left.feeds) {
    const other = right.feeds.get(writer);
    if (other?.first !== first || other.last !== last) return false;
  }
  return true;
}
