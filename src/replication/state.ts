import type { Vector, WriterId } from "../base/mod.ts";
import { Backoff } from "./backoff.ts";
import type { Claim } from "./comparisons.ts";
import type { Peer } from "./types.ts";

export const emptyVector: Vector = new Map();

/** What a peer told of one topic, and how pulling it from there went. */
export class PeerTopic {
  /** Empty when the peer is not being heard. */
  durable: Vector = emptyVector;
  lowWater: Vector = emptyVector;
  /** What it confirmed to be on its disk. */
  readonly synced: Map<WriterId, number> = new Map();
  /** Up to here its copy of our own feed was found to be the same as ours. */
  sameThrough = 0;
  /** What it showed of our own feed on its present stream, last of all. */
  claim: Claim | undefined;
  /** Per former writer of ours, up to where its copy of that feed was compared with ours on its present stream. */
  readonly looked: Map<WriterId, number> = new Map();
  /** Per feed, up to where it gave a gap: what others hold of that is not to be had there. */
  readonly gaps: Map<WriterId, number> = new Map();
  readonly backoff: Backoff = new Backoff();
  /** Pulls in a row that were cancelled because they took too long: the patience doubles with each. */
  slowPulls = 0;
}

/**
 * `closed`: no stream, the next is tried at `backoff.untilMs`. `opening`: asked for, no hello yet. `open`: hello said.
 * `heard`: also everything that the peer holds was told once, and what it holds of our own feeds was compared.
 */
export type WatchState = "closed" | "opening" | "open" | "heard";

/** One node that is followed. */
export class PeerState {
  readonly peer: Peer;
  watch: WatchState = "closed";
  /** Id of the present stream; inputs of others are stale. */
  watchId = 0;
  /** The heartbeat came that follows all that the peer holds. */
  toldAll = false;
  /** What it showed of our own feeds and is not compared yet. */
  comparing = 0;
  /** When the stream last showed life. */
  aliveAtMs = 0;
  readonly backoff: Backoff = new Backoff();
  readonly topics: Map<string, PeerTopic> = new Map();
  /** Said once per stream, so that a peer with too many topics does not fill the operator's log. */
  warnedOfTopics = false;

  constructor(peer: Peer) {
    this.peer = peer;
  }

  /** True while what it told can be relied on. */
  get listening(): boolean {
    return this.watch === "open" || this.watch === "heard";
  }
}

/** The payload pull in flight of a topic. */
export interface PullState {
  readonly pullId: number;
  readonly peer: PeerState;
  readonly told: PeerTopic;
  readonly startedAtMs: number;
  lastByteAtMs: number;
  bytes: number;
  responses: number;
  /** Records of it that were appended. */
  appended: number;
  /** Its end was said; what remains is to apply what came. */
  ended: boolean;
}

/** The lowest sequence of a feed that can be had from a peer, as far as it is known. */
export function lowestOf(told: PeerTopic, writer: WriterId): number {
  return Math.max(told.lowWater.get(writer) ?? 1, (told.gaps.get(writer) ?? 0) + 1);
}

/** An `apply` of what a pull brought, or an `apply-gap`, which has no pull. */
export interface Applying {
  readonly id: number;
  readonly pull: PullState | undefined;
  /** What is being applied of it. */
  readonly frames?: Uint8Array;
  /** What the `apply-gap` was to close, and how far the feed went before. */
  readonly gap?: { readonly writer: WriterId; readonly through: number; readonly heldBefore: number };
}

/** One topic of this node, or one that a peer has and we soon will. */
export class TopicState {
  readonly name: string;
  have: Vector = emptyVector;
  /** Feeds that the log no longer follows. */
  readonly stopped: Set<WriterId> = new Set();
  pull: PullState | undefined;
  /** What the log is busy with. One at a time: what follows a refused batch must not be applied. */
  applying: Applying | undefined;
  /** Frames that wait for it. Bounded by the pull's credit. */
  queue: { readonly pull: PullState; readonly frames: Uint8Array }[] = [];
  /** After the log failed to take frames. */
  readonly backoff: Backoff = new Backoff();
  /** Since when a gap is waiting for peers that do not answer. */
  gapSinceMs: number | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** True while a further pull would not know exactly what is held. */
  get busy(): boolean {
    return this.pull !== undefined || this.applying !== undefined || this.queue.length > 0;
  }

  /** What to tell a source: stopped feeds are claimed in full, so that they do not use up the credit of the others. */
  wanted(): Vector {
    if (this.stopped.size === 0) return this.have;
    const wanted = new Map(this.have);
    for (const writer of this.stopped) wanted.set(writer, Number.MAX_SAFE_INTEGER);
    return wanted;
  }
}
