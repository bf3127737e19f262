/**
 * Which nodes are to hold a topic, and when one that is not may drop its copy. Membership only proposes: it says who begins
 * to pull and whom callers are passed on to. What lets a copy go is the word of nodes that keep it.
 */
import { covers, rendezvousRank, type Vector } from "../base/mod.ts";

/** A node that could hold a topic: it holds topics at all, and its tags are what the topic asks for. */
export interface PlacementMember {
  readonly name: string;
  /** When it was first seen to have failed; undefined while it is alive. Who left is no member here. */
  readonly failedAtMs: number | undefined;
}

export interface PlacementAsked {
  /** So many of them, by rendezvous hashing. @default all */
  readonly copies?: number | undefined;
  readonly nowMs: number;
  /** How long a failed node keeps its place among `copies`: one that flaps must not move data at once. */
  readonly settleMs: number;
}

/** Where a topic belongs, as one node sees the cluster. */
export interface Place {
  /** The best first. */
  readonly placed: readonly string[];
  /** Those of them that are alive. */
  readonly alive: readonly string[];
  /** So many of them must keep a copy before one that is not placed is dropped. Infinity: none is ever. */
  readonly keepersMin: number;
  /** When a failed node loses its place; Infinity when none will. */
  readonly changesAtMs: number;
}

/** Copies that must stay where a topic is not limited to a number of nodes, if there are so many nodes. */
const keepersMinOfAll = 2;

/** Where a topic belongs, given all that could hold it. */
export function placeOf(topic: string, members: readonly PlacementMember[], asked: PlacementAsked): Place {
  const { copies, nowMs, settleMs } = asked;
  let changesAtMs = Number.POSITIVE_INFINITY;
  const candidates: string[] = [];
  for (const { name, failedAtMs } of members) {
    const goneAtMs = failedAtMs === undefined ? Number.POSITIVE_INFINITY : failedAtMs + settleMs;
    // Where all are to hold it, a failed node has its place for when it comes back.
    if (copies !== undefined && goneAtMs <= nowMs) continue;
    candidates.push(name);
    if (copies !== undefined) changesAtMs = Math.min(changesAtMs, goneAtMs);
  }
  const placed = rendezvousRank(topic, candidates).slice(0, copies);
  const failed = new Set(members.filter(({ failedAtMs }) => failedAtMs !== undefined).map(({ name }) => name));
  const alive = placed.filter((name) => !failed.has(name));
  return {
    placed,
    alive,
    keepersMin: keepersMinOf({ copies, alive: alive.length, eligible: members.length }),
    changesAtMs,
  };
}

function keepersMinOf(of: {
  readonly copies: number | undefined;
  readonly alive: number;
  readonly eligible: number;
}): number {
  if (of.eligible === 0) return Number.POSITIVE_INFINITY;
  // Nodes that failed are counted on as well: while too few are left, what is held stays.
  if (of.copies !== undefined) return Math.min(of.copies, of.eligible);
  return Math.max(of.alive, Math.min(keepersMinOfAll, of.eligible));
}

/**
 * A copy at a node that is not placed for it, on its way out. A node that is placed says, asked, that it has all of the
 * copy on its disk: it keeps it. Such words count only as long as this node has not been placed itself since it asked:
 * else two nodes that disagree for a while about the placement could drop their copies on the word of each other.
 */
export class Departure {
  readonly #localName: string;
  readonly #kept = new Map<string, Vector>();
  /** Counts how often this node was placed meanwhile: what was asked before is void. */
  #round = 0;

  constructor(localName: string) {
    this.#localName = localName;
  }

  /** To be given back with the answers to what is asked now. */
  get round(): number {
    return this.#round;
  }

  /** To be called whenever the place of the topic may be another one. */
  see(place: Place): void {
    if (!place.placed.includes(this.#localName)) return;
    this.#round++;
    this.#kept.clear();
  }

  /** A node said that it is placed, and holds this much durably; asked in this round. */
  kept(name: string, have: Vector, round: number): void {
    if (round === this.#round) this.#kept.set(name, have);
  }

  /** A node said that it does not keep it. */
  refused(name: string): void {
    this.#kept.delete(name);
  }

  /** Whether a copy that holds this much, and takes in nothing more, may go. */
  mayDrop(place: Place, have: Vector): boolean {
    if (place.placed.includes(this.#localName)) return false;
    const keepers = place.placed.filter((name) => {
      const kept = this.#kept.get(name);
      return kept !== undefined && covers(kept, have);
    });
    return keepers.length >= Math.max(1, place.keepersMin);
  }
}
