/** What a node says of the ways to its peers. */
import type { DiagnosePeersResponse } from "../gen/grapevine/v1/cluster_pb.d.ts";
import type { MemberStatus } from "./types.d.ts";
/** What is wrong with the way to a member; a newer server may know more. */
export type PeerVerdict = "ok" | "slow" | "udp-out" | "udp-in" | "tcp-only" | "unreachable" | "unknown";
/** The way to one member, as the asked node sees it. Counts are since the member became known. */
export interface PeerHealth {
    readonly name: string;
    readonly status: MemberStatus;
    readonly verdict: PeerVerdict;
    /** The verdict in words. */
    readonly cause: string;
    /** Datagrams to it, datagrams from it, and TCP: `works`, `lost` or `unknown`. */
    readonly udpOut: string;
    readonly udpIn: string;
    readonly tcp: string;
    readonly counts: Readonly<Record<PeerCount, number>>;
    /** Round trip of the last ping that was answered in time. */
    readonly rttMs: number | undefined;
    /** How long ago a datagram came, and by which way it last answered; undefined is never. */
    readonly heardAgoMs: number | undefined;
    readonly answeredAgoMs: number | undefined;
    readonly helpedAgoMs: number | undefined;
    readonly tcpAnsweredAgoMs: number | undefined;
}
export interface PeersHealth {
    /** How unwell the asked node seems to itself: 0 is well. */
    readonly healthScore: number;
    readonly peers: readonly PeerHealth[];
}
export type PeerCount = "pings" | "pingsAnswered" | "pingsLate" | "missedInRow" | "helped" | "nacks" | "tcpAnswered" | "tcpMissed" | "datagramsReceived" | "tcpPingsReceived" | "suspicions" | "refutations" | "accusations";
export declare function toPeersHealth({ healthScore, peers }: DiagnosePeersResponse): PeersHealth;
