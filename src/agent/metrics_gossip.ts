/** What a node's gossip and membership count. */
import type { Registry } from "prom-client";
import type { PathVerdict } from "../gossip/mod.ts";
import type { GossipSocketCounters } from "../io/gossip_sockets.ts";
import type { MemberStatus, MembershipCounters } from "../membership/mod.ts";
import type { MdnsCounters } from "./mdns.ts";
import type { MembershipNode } from "./membership_node.ts";
import { readCounter, readGauge } from "./metric_kinds.ts";

type Row<Counts> = readonly [name: string, help: string, read: (counts: Counts) => number];

const gossipRows: readonly Row<MembershipCounters["gossip"]>[] = [
  ["packets_received_total", "Datagrams received", (counts) => counts.packetsReceived],
  ["packets_sent_total", "Datagrams sent", (counts) => counts.packetsSent],
  ["received_bytes_total", "Bytes of datagrams received", (counts) => counts.bytesReceived],
  ["sent_bytes_total", "Bytes of datagrams sent", (counts) => counts.bytesSent],
  ["streams_accepted_total", "TCP connections taken in", (counts) => counts.streamsAccepted],
  ["streams_dialled_total", "TCP connections begun", (counts) => counts.streamsDialled],
  ["probes_total", "Members probed", (counts) => counts.probes],
  ["probes_failed_total", "Probes that nothing answered", (counts) => counts.probesFailed],
  ["suspicions_total", "Members that became suspect, whoever accused them", (counts) => counts.suspicions],
  ["refutations_total", "Times that this node contradicted a suspicion of itself", (counts) => counts.refutations],
  ["conflicts_total", "Claims of another address for a name in use", (counts) => counts.conflicts],
  ["stalled_seconds_total", "Time that the event loop stood still and nobody was judged", (c) => c.stalledMs / 1_000],
];

const socketRows: readonly Row<GossipSocketCounters>[] = [
  ["sends_failed_total", "Datagrams that the system refused", (counts) => counts.sendsFailed],
  ["sends_dropped_total", "Datagrams given up because too many waited for the system", (counts) => counts.sendsDropped],
  ["streams_refused_total", "TCP connections closed because too many were open", (counts) => counts.streamsRefused],
];

const discoveryRows: readonly Row<MdnsCounters>[] = [
  ["datagrams_received_total", "Datagrams of multicast DNS received", (counts) => counts.datagramsReceived],
  ["datagrams_sent_total", "Datagrams of multicast DNS sent", (counts) => counts.datagramsSent],
  [
    "datagrams_dropped_total",
    "Datagrams of multicast DNS from beyond the network, above the limit or unreadable",
    (counts) => counts.datagramsDropped,
  ],
  ["questions_asked_total", "Times that this node asked its network for members", (counts) => counts.asked],
  ["questions_answered_total", "Questions of others that this node answered", (counts) => counts.answered],
  ["answers_dropped_total", "Questions left without an answer, because too many came", (c) => c.answersDropped],
  ["members_found_total", "Members found on the network", (counts) => counts.found],
  ["addresses_refused_total", "Addresses found that no member of the cluster can be at", (c) => c.foundRefused],
];

const serfRows: readonly Row<MembershipCounters>[] = [
  ["user_events_sent_total", "User events that this node sent", (counts) => counts.eventsSent],
  ["user_events_received_total", "User events that came, repetitions included", (counts) => counts.eventsReceived],
  ["user_events_repeated_total", "User events that were known already, or too old", (counts) => counts.eventsRepeated],
  ["user_events_oversize_total", "User events larger than what is passed on", (counts) => counts.eventsOversize],
  ["user_events_coalesced_total", "User events that a later one took the place of", (counts) => counts.eventsCoalesced],
  ["user_events_relayed_total", "User events passed on", (counts) => counts.eventsRelayed],
  ["user_events_delivered_total", "User events told to listeners of this node", (counts) => counts.eventsDelivered],
  ["queries_asked_total", "Queries that this node asked", (counts) => counts.queriesAsked],
  ["queries_received_total", "Queries that came, repetitions included", (counts) => counts.queriesReceived],
  ["queries_repeated_total", "Queries that were known already, or too old", (counts) => counts.queriesRepeated],
  ["queries_relayed_total", "Queries passed on", (counts) => counts.queriesRelayed],
  ["queries_delivered_total", "Queries told to handlers of this node", (counts) => counts.queriesDelivered],
  ["query_acks_sent_total", "Queries whose arrival this node confirmed", (counts) => counts.queriesAcknowledged],
  ["query_responses_sent_total", "Answers and confirmations sent", (counts) => counts.responsesSent],
  ["query_responses_received_total", "Answers and confirmations that came", (counts) => counts.responsesReceived],
  [
    "query_responses_repeated_total",
    "Answers that came twice, as relayed ones do",
    (counts) => counts.responsesRepeated,
  ],
  ["query_responses_unexpected_total", "Answers to no open query", (counts) => counts.responsesUnexpected],
  ["query_filters_unsupported_total", "Queries whose filters use what is not supported", (c) => c.filtersUnsupported],
  ["messages_forwarded_total", "Answers carried for other nodes", (counts) => counts.messagesForwarded],
  ["join_intents_total", "Announcements of joins that came", (counts) => counts.joinIntents],
  ["leave_intents_total", "Announcements of leaves that came", (counts) => counts.leaveIntents],
  ["lamport_times_refused_total", "Messages whose Lamport time nobody can have counted to", (c) => c.lamportsRefused],
  ["messages_malformed_total", "Messages of Serf's layer that could not be read", (counts) => counts.malformed],
  ["name_conflicts_total", "Claims of other nodes to the name of this one", (counts) => counts.nameConflicts],
];

const statuses: readonly MemberStatus[] = ["alive", "leaving", "left", "failed"];

const verdicts: readonly PathVerdict[] = ["ok", "slow", "udp-out", "udp-in", "tcp-only", "unreachable", "unknown"];

export function registerGossip(registry: Registry, node: MembershipNode): void {
  for (const [name, help, read] of gossipRows) {
    readCounter(registry, { name: `grapevine_gossip_${name}`, help }, () => read(node.counters.gossip));
  }
  for (const [name, help, read] of socketRows) {
    readCounter(registry, { name: `grapevine_gossip_${name}`, help }, () => read(node.socketCounters));
  }
  for (const [name, help, read] of discoveryRows) {
    const counted = (): number => (node.discovery === undefined ? 0 : read(node.discovery));
    readCounter(registry, { name: `grapevine_discovery_${name}`, help }, counted);
  }
  for (const [name, help, read] of serfRows) {
    readCounter(registry, { name: `grapevine_serf_${name}`, help }, () => read(node.counters));
  }
  const dropped = "What came by gossip and was not acted upon, by reason";
  readCounter(registry, { name: "grapevine_gossip_dropped_total", help: dropped, labelNames: ["reason"] }, () =>
    [...node.counters.gossip.dropped].map(([reason, count]) => [{ reason }, count] as const),
  );
  const score = "How unwell this node seems to itself (Lifeguard): 0 is well";
  readGauge(registry, { name: "grapevine_gossip_health_score", help: score }, () => node.counters.health);
  registerQueues(registry, node);
  registerMembers(registry, node);
}

function registerQueues(registry: Registry, node: MembershipNode): void {
  const labelNames = ["queue"];
  const queues = (read: (queue: MembershipCounters["queueReports"][number]) => number) => () =>
    node.counters.queueReports.map((queue) => [{ queue: queue.name }, read(queue)] as const);
  const depth = "Messages that wait to be spread, by queue";
  readGauge(
    registry,
    { name: "grapevine_gossip_queue_depth", help: depth, labelNames },
    queues((queue) => queue.depth),
  );
  const limit = "The most messages that may wait, by queue";
  readGauge(
    registry,
    { name: "grapevine_gossip_queue_limit", help: limit, labelNames },
    queues((queue) => queue.depthMax),
  );
  const drops = "Messages dropped because their queue was full";
  const name = "grapevine_gossip_queue_dropped_total";
  readCounter(
    registry,
    { name, help: drops, labelNames },
    queues((queue) => queue.pruned),
  );
}

function registerMembers(registry: Registry, node: MembershipNode): void {
  const members = "Members known, by status, this node included";
  readGauge(registry, { name: "grapevine_serf_members", help: members, labelNames: ["status"] }, () =>
    tally(
      statuses,
      node.members().map(({ status }) => status),
    ).map(([status, count]) => [{ status }, count] as const),
  );
  const paths = "Other members that are alive, by what is wrong with the way to them";
  readGauge(registry, { name: "grapevine_gossip_paths", help: paths, labelNames: ["verdict"] }, () => {
    const alive = node.members().filter(({ status }) => status === "alive");
    const found = alive.flatMap(({ name }) => node.peerHealth(name)?.verdict ?? []);
    return tally(verdicts, found).map(([verdict, count]) => [{ verdict }, count] as const);
  });
  const times = "Lamport times, by clock";
  readGauge(registry, { name: "grapevine_serf_lamport_time", help: times, labelNames: ["clock"] }, () =>
    Object.entries(node.counters.lamport).map(([clock, time]) => [{ clock }, time] as const),
  );
}

/** How often each of these occurs, those that do not included. */
function tally<Name extends string>(names: readonly Name[], found: readonly Name[]): (readonly [Name, number])[] {
  const counts = new Map<Name, number>(names.map((name) => [name, 0]));
  for (const name of found) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts];
}
