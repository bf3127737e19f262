/** Says in words what is wrong with the way to a peer. Pure: the table of docs/membership.md, "Which way is broken". */
import type { NodeState } from "./wire.ts";

/** Whether something passes, as far as this node can know. */
export type Passage = "works" | "lost" | "unknown";

/**
 * `ok`; `slow`: answers come, but late; `udp-out`: what is sent does not arrive there; `udp-in`: what it sends does not
 * arrive here; `tcp-only`: no datagram passes, or which way is not known yet, while TCP does; `unreachable`: nothing
 * passes; `unknown`: too little was seen.
 */
export type PathVerdict = "ok" | "slow" | "udp-out" | "udp-in" | "tcp-only" | "unreachable" | "unknown";

/** Direct pings lost in a row before a way counts as broken: single datagrams get lost on healthy ways too. */
export const missedInRowMin = 2;

/** What is known of the way to one peer. What is said to happen lately happened since its last answer to a direct ping. */
export interface PathFacts {
  readonly state: NodeState;
  /** Direct pings that it ever answered. */
  readonly answered: number;
  /** Direct pings without an answer, and with one that came late, since the last that was answered in time. */
  readonly missedInRow: number;
  readonly lateInRow: number;
  /** Lately datagrams came from it. */
  readonly isHeard: boolean;
  /** Lately it answered a ping over TCP, or did not. */
  readonly tcp: Passage;
  /** Lately others had an answer from it on this node's behalf. */
  readonly isReachedByOthers: boolean;
  /** What a test of this node's own said about datagrams to it: what it heard of by datagram, it told over TCP, or not. */
  readonly tested: Passage;
  /** Lately datagrams came from anybody. */
  readonly isAnybodyHeard: boolean;
  /** Lately anybody else answered a direct ping, nobody did, or too few were pinged to tell. */
  readonly answersOfOthers: Passage;
  /** How long a direct ping may take. */
  readonly answerMsMax: number;
}

export interface Diagnosis {
  readonly verdict: PathVerdict;
  /** For people: one sentence without a full stop. */
  readonly cause: string;
  /** Datagrams from here to there. */
  readonly udpOut: Passage;
  /** Datagrams from there to here. */
  readonly udpIn: Passage;
  readonly tcp: Passage;
}

export function diagnose(facts: PathFacts): Diagnosis {
  const { state, missedInRow, tcp } = facts;
  if (state === "left") return { verdict: "unknown", cause: "it left", udpOut: "unknown", udpIn: "unknown", tcp };
  if (missedInRow >= missedInRowMin) return diagnoseMissed(facts);
  if (state === "dead") {
    return { verdict: "unreachable", cause: "others declared it failed", udpOut: "unknown", udpIn: "unknown", tcp };
  }
  const udpIn: Passage = facts.answered > 0 || facts.isHeard ? "works" : "unknown";
  if (facts.answered === 0) {
    const cause = missedInRow > 0 ? "its first answer is still missing" : "it was not probed yet";
    return { verdict: "unknown", cause, udpOut: "unknown", udpIn, tcp };
  }
  if (facts.lateInRow >= missedInRowMin) {
    const cause = `it answers, but later than after ${facts.answerMsMax} ms`;
    return { verdict: "slow", cause, udpOut: "works", udpIn, tcp };
  }
  return { verdict: "ok", cause: "it answers", udpOut: "works", udpIn, tcp };
}

/** Direct pings stay unanswered: either they, or the answers, get lost. */
function diagnoseMissed(facts: PathFacts): Diagnosis {
  const { tcp } = facts;
  if (facts.isHeard) return { verdict: "udp-out", cause: causeOfOut(facts), udpOut: "lost", udpIn: "works", tcp };
  if (facts.tested === "works") {
    return { verdict: "udp-in", cause: causeOfIn(facts), udpOut: "works", udpIn: "lost", tcp };
  }
  if (tcp === "works") {
    const both = "no datagram passes between it and this node in either direction, while TCP passes: allow UDP";
    const unclear =
      "it answers over TCP and not over UDP, and no datagram of it arrives: whether those of this node do is not known yet";
    const isTested = facts.tested === "lost";
    const cause = isTested ? `${both}${scopeOfIn(facts)}` : unclear;
    return { verdict: "tcp-only", cause, udpOut: isTested ? "lost" : "unknown", udpIn: "lost", tcp };
  }
  const cause = facts.isReachedByOthers
    ? "nothing passes between it and this node, while other members reach it: look at the network between the two"
    : "it answers neither this node nor those asked to help";
  return { verdict: "unreachable", cause, udpOut: "unknown", udpIn: "lost", tcp };
}

function causeOfOut(facts: PathFacts): string {
  const what = "its datagrams arrive here, those of this node do not arrive there";
  if (facts.answersOfOthers === "lost") return `${what}, nor do they anywhere else: allow this node to send UDP`;
  if (facts.isReachedByOthers) return `${what}, while other members reach it: look at the way from here to it`;
  if (facts.answersOfOthers === "unknown") return `${what}: whether other members answer is not known yet`;
  return `${what}, while other members answer: allow UDP to come in there`;
}

function causeOfIn(facts: PathFacts): string {
  const what = "datagrams of this node arrive there, those of it do not arrive here";
  if (!facts.isAnybodyHeard) return `${what}, nor do anybody else's: allow UDP to come in here`;
  if (facts.isReachedByOthers) return `${what}, while other members hear it: look at the way from it to here`;
  return `${what}, while those of other members do: allow it to send UDP`;
}

function scopeOfIn(facts: PathFacts): string {
  return facts.isAnybodyHeard ? " between these two" : " at this node, which hears nobody";
}
