import { type ChainHash, sameChain, type WriterId } from "../base/mod.ts";
import type { PeerState, PeerTopic } from "./state.ts";
import type { FeedVerdict, ReplicatorEffect } from "./types.ts";

/** Comparisons that the log is busy with at once; what further notices show waits, one claim per peer and topic. */
const comparisonsMax = 32;

/** What a peer showed of our own feed of a topic, on one Watch stream. */
export interface Claim {
  readonly peer: PeerState;
  readonly watchId: number;
  readonly topic: string;
  readonly writer: WriterId;
  readonly sequence: number;
  readonly chain: ChainHash;
}

/**
 * Has the log compare what peers hold of our own feeds with what we wrote (rule R5): each claim once per stream, so that
 * peers that keep saying the same cost nothing. While one is open, `PeerState.comparing` counts it.
 */
export class Comparisons {
  readonly #emit: (effect: ReplicatorEffect) => void;
  readonly #inFlight = new Map<number, Claim>();
  /** In the order of coming; a newer claim about the same topic takes the place of the one that waits. */
  readonly #waiting = new Map<PeerTopic, Claim>();
  #idLast = 0;

  constructor(emit: (effect: ReplicatorEffect) => void) {
    this.#emit = emit;
  }

  compare(claim: Claim, told: PeerTopic): void {
    if (told.claim && sameClaim(told.claim, claim)) return;
    told.claim = claim;
    const waiting = this.#waiting.get(told);
    if (waiting === undefined || !isCurrent(waiting)) claim.peer.comparing++;
    this.#waiting.set(told, claim);
    this.#start();
  }

  /** The claim that was compared; undefined when it no longer matters. */
  finish(comparisonId: number): Claim | undefined {
    const claim = this.#inFlight.get(comparisonId);
    if (claim === undefined) return undefined;
    this.#inFlight.delete(comparisonId);
    this.#start();
    if (!isCurrent(claim)) return undefined;
    claim.peer.comparing--;
    return claim;
  }

  /** No claim matters any longer: our writer is another one. */
  clear(peers: Iterable<PeerState>): void {
    this.#waiting.clear();
    this.#inFlight.clear();
    for (const peer of peers) peer.comparing = 0;
  }

  #start(): void {
    for (const [told, claim] of this.#waiting) {
      if (this.#inFlight.size >= comparisonsMax) return;
      this.#waiting.delete(told);
      if (!isCurrent(claim)) continue;
      const comparisonId = ++this.#idLast;
      this.#inFlight.set(comparisonId, claim);
      const { topic, writer, sequence, chain } = claim;
      this.#emit({ type: "compare-feed", comparisonId, topic, writer, sequence, chain });
    }
  }
}

/**
 * How a peer's copy of a feed stands to ours, which has the hash `found` where the peer's copy ends. Batches are never
 * cut again: a copy that ends within one of ours has another history.
 */
export function judgeChain(found: ChainHash | "within-batch" | undefined, shown: ChainHash): FeedVerdict {
  if (found === undefined) return "unknown";
  return found !== "within-batch" && sameChain(found, shown) ? "same" : "fork";
}

/** True while the stream stands on which it was shown. */
function isCurrent(claim: Claim): boolean {
  return claim.peer.watch !== "closed" && claim.peer.watchId === claim.watchId;
}

function sameClaim(left: Claim, right: Claim): boolean {
  return left.writer === right.writer && left.sequence === right.sequence && sameChain(left.chain, right.chain);
}
