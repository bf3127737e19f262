import type { Random } from "../base/mod.ts";
import type { ResolvedReplicatorOptions } from "./options.ts";
import { emptyVector, PeerState } from "./state.ts";
import type { Peer, ReplicatorEffect } from "./types.ts";

/**
 * Whom we follow: one Watch stream per peer, reopened with backoff until the peer is gone. Decides nothing about pulls.
 */
export class Watches {
  readonly #options: ResolvedReplicatorOptions;
  readonly #random: Random;
  readonly #emit: (effect: ReplicatorEffect) => void;
  readonly #peers = new Map<string, PeerState>();
  #watchIdLast = 0;

  constructor(options: ResolvedReplicatorOptions, random: Random, emit: (effect: ReplicatorEffect) => void) {
    this.#options = options;
    this.#random = random;
    this.#emit = emit;
  }

  get peers(): ReadonlyMap<string, PeerState> {
    return this.#peers;
  }

  /** True when every peer has told all that it holds. */
  get allHeard(): boolean {
    for (const peer of this.#peers.values()) if (peer.watch !== "heard") return false;
    return true;
  }

  join(peer: Peer, nowMs: number): void {
    if (this.#peers.size >= this.#options.peersMax) {
      this.#warn(peer.name, `Cannot follow one more peer: ${this.#peers.size} are followed, which is the most`);
      return;
    }
    const state = new PeerState(peer);
    this.#peers.set(peer.name, state);
    this.#open(state, nowMs);
  }

  remove(peer: PeerState): void {
    this.#peers.delete(peer.peer.name);
    if (peer.watch !== "closed") this.#emit({ type: "unwatch", peer: peer.peer.name, watchId: peer.watchId });
    forget(peer);
  }

  /** The peer whose present stream this is; undefined for stale ones. */
  current(name: string, watchId: number): PeerState | undefined {
    const peer = this.#peers.get(name);
    return peer !== undefined && peer.watch !== "closed" && peer.watchId === watchId ? peer : undefined;
  }

  /** The stream is over, or never came to be. */
  close(peer: PeerState, nowMs: number): void {
    forget(peer);
    peer.backoff.fail(nowMs, this.#random, this.#options);
  }

  /** Ends a stream that cannot be trusted, and says why. */
  reject(peer: PeerState, message: string, nowMs: number): void {
    this.#warn(peer.peer.name, message);
    this.#emit({ type: "unwatch", peer: peer.peer.name, watchId: peer.watchId });
    this.close(peer, nowMs);
  }

  /** Opens what is due and ends what has been silent for too long. */
  wake(nowMs: number): void {
    for (const peer of this.#peers.values()) {
      if (this.#dueAtMs(peer) > nowMs) continue;
      if (peer.watch === "closed") {
        this.#open(peer, nowMs);
      } else {
        this.#emit({ type: "unwatch", peer: peer.peer.name, watchId: peer.watchId });
        this.close(peer, nowMs);
      }
    }
  }

  get wakeAtMs(): number {
    let atMs = Number.POSITIVE_INFINITY;
    for (const peer of this.#peers.values()) atMs = Math.min(atMs, this.#dueAtMs(peer));
    return atMs;
  }

  #dueAtMs(peer: PeerState): number {
    return peer.watch === "closed" ? peer.backoff.untilMs : peer.aliveAtMs + this.#options.watchSilenceMs;
  }

  #open(peer: PeerState, nowMs: number): void {
    peer.watch = "opening";
    peer.watchId = ++this.#watchIdLast;
    peer.aliveAtMs = nowMs;
    peer.warnedOfTopics = false;
    this.#emit({ type: "watch", peer: peer.peer, watchId: peer.watchId });
  }

  #warn(peer: string, message: string): void {
    this.#emit({ type: "warn", peer, message });
  }
}

/** What a peer told holds only while its stream stands: it may have been wiped since. How pulls went is remembered. */
function forget(peer: PeerState): void {
  peer.watch = "closed";
  peer.toldAll = false;
  peer.comparing = 0;
  for (const told of peer.topics.values()) {
    told.durable = emptyVector;
    told.lowWater = emptyVector;
    told.synced.clear();
    told.sameThrough = 0;
    told.claim = undefined;
    told.looked.clear();
    told.gaps.clear();
  }
}
