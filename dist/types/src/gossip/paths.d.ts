/** Keeps what this node saw of the way to each peer. It changes nothing that is done; `diagnosis.ts` judges it. */
import { type Address } from "../base/mod.d.ts";
import { type Diagnosis, type Passage, type PathVerdict } from "./diagnosis.d.ts";
import type { Node, NodeTable } from "./nodes.d.ts";
/** What happened on the way to a peer since it became known. All only grow, except those `InRow`. */
export interface PathCounters {
    /** Direct pings sent, answered in time, and answered late: after others were asked to help. */
    pings: number;
    pingsAnswered: number;
    pingsLate: number;
    /** Direct pings without any answer, and with a late one, since the last that was answered in time. */
    missedInRow: number;
    lateInRow: number;
    /** Probes that others helped with, and times that a helper had no answer either. */
    helped: number;
    nacks: number;
    tcpAnswered: number;
    tcpMissed: number;
    /** Datagrams from its address. */
    datagramsReceived: number;
    /** Its own pings over TCP: it had no answer to a datagram. */
    tcpPingsReceived: number;
    /** How often this node suspected it first, how often it contradicted, and how often it accused this node. */
    suspicions: number;
    refutations: number;
    accusations: number;
}
/** What is kept of one peer. */
export interface PathRecord extends PathCounters {
    addressKey: string;
    /** When the last `heardWithinPings` of the pings missed in a row were sent, oldest first, and the first of all. */
    missedAtMs: readonly number[];
    missedSinceMs: number;
    heardAtMs: number;
    /** When it last answered directly, in time or late, through others, and over TCP; when TCP last failed. */
    answeredAtMs: number;
    helpedAtMs: number;
    tcpAnsweredAtMs: number;
    tcpMissedAtMs: number;
    rttMs: number | undefined;
    tested: Passage;
    testedAtMs: number;
    /** What was last told of it, so that it is told once. */
    told: PathVerdict | undefined;
}
/** The report on one peer. Times are how long ago, in milliseconds; undefined is never. */
export interface PeerHealth extends Diagnosis, Readonly<PathCounters> {
    readonly name: string;
    /** Round trip of the last ping that was answered in time. */
    readonly rttMs: number | undefined;
    readonly heardAgoMs: number | undefined;
    readonly answeredAgoMs: number | undefined;
    readonly helpedAgoMs: number | undefined;
    readonly tcpAnsweredAgoMs: number | undefined;
}
/** Bounded by the table of nodes: a record comes with the first probe or datagram that matters, and goes with the node. */
export declare class Paths {
    #private;
    constructor(nodes: NodeTable);
    pinged(node: Node): void;
    /** A direct ping was answered before others were asked. */
    answered(node: Node, sentAtMs: number, nowMs: number): void;
    /** A direct ping was answered after others were asked. */
    answeredLate(node: Node, nowMs: number): void;
    /** A direct ping was not answered. */
    missed(node: Node, sentAtMs: number): void;
    helped(node: Node, nowMs: number): void;
    nacked(node: Node): void;
    overTcp(node: Node, answered: boolean, nowMs: number): void;
    /** A datagram came. Whose it is tells the address, or the name that a ping says. */
    heard(from: Address, nowMs: number): void;
    /** A ping came by datagram: behind some routers its address is not the peer's own. */
    heardPingOf(name: string, nowMs: number): void;
    heardPingOverTcpOf(name: string): void;
    suspected(node: Node): void;
    refuted(node: Node): void;
    accusedBy(name: string): void;
    /** A node that was gone is back, perhaps elsewhere: what was missed before does not count against it. */
    returned(node: Node): void;
    /** A node has another address now. */
    moved(node: Node): void;
    /** True, once in a while, for a node of which it is worth finding out whether datagrams arrive there. */
    wantsTest(node: Node, nowMs: number): boolean;
    /** Whether a datagram that was sent as a test arrived. */
    tested(name: string, passage: Passage): void;
    /** What is wrong with datagrams to or from a node, when that was not told yet. */
    takeNews(node: Node, nowMs: number, answerMsMax: number): Diagnosis | undefined;
    reportOn(node: Node, nowMs: number, answerMsMax: number): PeerHealth;
}
