/** What a node says of the ways to its peers. */
import type { DiagnosePeersResponse, PeerHealth as PeerHealthMessage } from "../gen/grapevine/v1/cluster_pb.ts";
import { toMemberStatus } from "./convert.ts";
import type { MemberStatus } from "./types.ts";

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

export type PeerCount =
  | "pings"
  | "pingsAnswered"
  | "pingsLate"
  | "missedInRow"
  | "helped"
  | "nacks"
  | "tcpAnswered"
  | "tcpMissed"
  | "datagramsReceived"
  | "tcpPingsReceived"
  | "suspicions"
  | "refutations"
  | "accusations";

export function toPeersHealth({ healthScore, peers }: DiagnosePeersResponse): PeersHealth {
  return { healthScore, peers: peers.map(toPeerHealth) };
}

function toPeerHealth(message: PeerHealthMessage): PeerHealth {
  const { name, cause, udpOut, udpIn, tcp, rttMs, heardAgoMs, answeredAgoMs, helpedAgoMs, tcpAnsweredAgoMs } = message;
  return {
    ...{ name, status: toMemberStatus(message.status), verdict: message.verdict as PeerVerdict },
    ...{ cause, udpOut, udpIn, tcp, rttMs, heardAgoMs, answeredAgoMs, helpedAgoMs, tcpAnsweredAgoMs },
    counts: toCounts(message),
  };
}

function toCounts(message: PeerHealthMessage): Record<PeerCount, number> {
  return {
    pings: Number(message.pings),
    pingsAnswered: Number(message.pingsAnswered),
    pingsLate: Number(message.pingsLate),
    missedInRow: Number(message.missedInRow),
    helped: Number(message.helped),
    nacks: Number(message.nacks),
    tcpAnswered: Number(message.tcpAnswered),
    tcpMissed: Number(message.tcpMissed),
    datagramsReceived: Number(message.datagramsReceived),
    tcpPingsReceived: Number(message.tcpPingsReceived),
    suspicions: Number(message.suspicions),
    refutations: Number(message.refutations),
    accusations: Number(message.accusations),
  };
}
