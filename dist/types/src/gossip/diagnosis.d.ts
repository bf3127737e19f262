/** Says in words what is wrong with the way to a peer. Pure: the table of docs/membership.md, "Which way is broken". */
import type { NodeState } from "./wire.d.ts";
/** Whether something passes, as far as this node can know. */
export type Passage = "works" | "lost" | "unknown";
/**
 * `ok`; `slow`: answers come, but late; `udp-out`: what is sent does not arrive there; `udp-in`: what it sends does not
 * arrive here; `tcp-only`: no datagram passes, or which way is not known yet, while TCP does; `unreachable`: nothing
 * passes; `unknown`: too little was seen.
 */
export type PathVerdict = "ok" | "slow" | "udp-out" | "udp-in" | "tcp-only" | "unreachable" | "unknown";
/** Direct pings lost in a row before a way counts as broken: single datagrams get lost on healthy ways too. */
export declare const missedInRowMin = 2;
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
export declare function diagnose(facts: PathFacts): Diagnosis;
