import { countMissing, type Vector, type WriterId } from "../base/mod.ts";
import { lowestOf, type PeerState, type PeerTopic, type TopicState } from "./state.ts";

/** A peer that failed so often in a row is no longer counted on to fill a range. */
const reachFailuresMax = 5;

/** Nobody whom we hear holds records of `writer` up to and including `through`. */
export interface Gap {
  readonly type: "gap";
  readonly writer: WriterId;
  readonly through: number;
}

/** What to do next for a topic. */
export type Choice =
  /** `gap` is there besides, and is waited for meanwhile. */
  | { readonly type: "pull"; readonly peer: PeerState; readonly gap?: Gap | undefined }
  | Gap
  /** Look again then. Infinity when no peer has anything that we lack. */
  | { readonly type: "wait"; readonly untilMs: number };

interface Candidate {
  readonly peer: PeerState;
  readonly told: PeerTopic;
  readonly missing: number;
  readonly isOrigin: boolean;
  /** Feeds that the peer no longer holds from where we would go on. */
  readonly short: readonly WriterId[];
}

/**
 * Chooses the peer that advertises most of what is missing (tie: an origin of it, then the name). A peer whose low-water
 * mark of some feed is above what we would need next comes last; when nobody reaches down, the range is a gap (rule R4).
 */
export function choose(topic: TopicState, peers: Iterable<PeerState>, nowMs: number): Choice {
  const wanted = topic.wanted();
  const candidates: Candidate[] = [];
  for (const peer of peers) {
    const candidate = candidateOf(topic.name, wanted, peer);
    if (candidate) candidates.push(candidate);
  }
  const ready = candidates.filter((candidate) => candidate.told.backoff.untilMs <= nowMs);
  const whole = best(ready.filter((candidate) => candidate.short.length === 0));
  let untilMs = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate.told.backoff.untilMs > nowMs) untilMs = Math.min(untilMs, candidate.told.backoff.untilMs);
  }
  const short = best(ready.filter((candidate) => candidate.short.length > 0));
  const among: Choice = short
    ? chooseAmongShort(short, candidates, { wanted, nowMs, untilMs })
    : { type: "wait", untilMs };
  if (whole === undefined) return among;
  return { type: "pull", peer: whole.peer, gap: among.type === "gap" ? among : undefined };
}

/**
 * True when another peer than this one shows that it holds some of a feed from the next sequence up to there, and did not
 * fail again and again to give it.
 */
export function isHeldElsewhere(
  topic: TopicState,
  peers: Iterable<PeerState>,
  gap: { readonly writer: WriterId; readonly through: number; readonly from: PeerState },
): boolean {
  const wanted = topic.wanted();
  for (const peer of peers) {
    const told = peer.listening && peer !== gap.from ? peer.topics.get(topic.name) : undefined;
    if (told === undefined || !lacks(wanted, told, gap.writer)) continue;
    if (lowestOf(told, gap.writer) <= gap.through && told.backoff.failures < reachFailuresMax) return true;
  }
  return false;
}

/** When a peer other than `except` could be pulled from. Infinity when no other has news. */
export function newsElsewhereAtMs(topic: TopicState, peers: Iterable<PeerState>, except: PeerState): number {
  const wanted = topic.wanted();
  let atMs = Number.POSITIVE_INFINITY;
  for (const peer of peers) {
    if (peer === except || !peer.listening) continue;
    const told = peer.topics.get(topic.name);
    if (told && countMissing(wanted, told.durable) > 0) atMs = Math.min(atMs, told.backoff.untilMs);
  }
  return atMs;
}

function candidateOf(topic: string, wanted: Vector, peer: PeerState): Candidate | undefined {
  const told = peer.listening ? peer.topics.get(topic) : undefined;
  if (told === undefined) return undefined;
  const missing = countMissing(wanted, told.durable);
  if (missing === 0) return undefined;
  const short: WriterId[] = [];
  for (const writer of new Set([...told.lowWater.keys(), ...told.gaps.keys()])) {
    if (lacks(wanted, told, writer) && lowestOf(told, writer) > heldOf(wanted, writer) + 1) short.push(writer);
  }
  return { peer, told, missing, isOrigin: lacks(wanted, told, peer.peer.writer), short };
}

function chooseAmongShort(
  short: Candidate,
  candidates: readonly Candidate[],
  at: { readonly wanted: Vector; readonly nowMs: number; readonly untilMs: number },
): Choice {
  for (const writer of short.short) {
    let through = Number.POSITIVE_INFINITY;
    for (const other of candidates) {
      if (!lacks(at.wanted, other.told, writer)) continue;
      const low = lowestOf(other.told, writer);
      if (low > heldOf(at.wanted, writer) + 1) {
        through = Math.min(through, low - 1);
      } else if (other.told.backoff.failures < reachFailuresMax) {
        const isReady = other.told.backoff.untilMs <= at.nowMs;
        return isReady ? { type: "pull", peer: other.peer } : { type: "wait", untilMs: at.untilMs };
      }
    }
    if (through < Number.POSITIVE_INFINITY) return { type: "gap", writer, through };
  }
  return { type: "wait", untilMs: at.untilMs };
}

function best(candidates: readonly Candidate[]): Candidate | undefined {
  let found: Candidate | undefined;
  for (const candidate of candidates) if (found === undefined || isBetter(candidate, found)) found = candidate;
  return found;
}

function isBetter(left: Candidate, right: Candidate): boolean {
  // Who kept us waiting, or gave nothing of what it shows, comes after those who did not.
  const fails = isFailing(left.told);
  if (fails !== isFailing(right.told)) return !fails;
  if (left.missing !== right.missing) return left.missing > right.missing;
  if (left.isOrigin !== right.isOrigin) return left.isOrigin;
  return left.peer.peer.name < right.peer.peer.name;
}

function isFailing({ backoff, slowPulls }: PeerTopic): boolean {
  return backoff.failures > 0 || slowPulls > 0;
}

function lacks(wanted: Vector, told: PeerTopic, writer: WriterId): boolean {
  return (told.durable.get(writer) ?? 0) > heldOf(wanted, writer);
}

function heldOf(wanted: Vector, writer: WriterId): number {
  return wanted.get(writer) ?? 0;
}
