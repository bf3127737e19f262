/** What operators ask of a node's gossip: events, queries, tags, keys, distances. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { formatAddress } from "../base/mod.ts";
import {
  type ChangeKeysRequest,
  type ChangeKeysResponse,
  ChangeKeysResponseSchema,
  type ChangeTagsRequest,
  type ChangeTagsResponse,
  ChangeTagsResponseSchema,
  type DiagnosePeersRequest,
  type DiagnosePeersResponse,
  DiagnosePeersResponseSchema,
  type EstimateRoundTripRequest,
  type EstimateRoundTripResponse,
  EstimateRoundTripResponseSchema,
  type ForceLeaveRequest,
  type ForceLeaveResponse,
  ForceLeaveResponseSchema,
  type InfoResponse,
  InfoResponseSchema,
  KeyChange,
  type KeysOutcomeSchema,
  type ListKeysResponse,
  ListKeysResponseSchema,
  type PeerHealthSchema,
  type QueryRequest,
  type QueryResponseSchema,
  type SendEventRequest,
  type SendEventResponse,
  SendEventResponseSchema,
  type WatchEventsResponseSchema,
} from "../gen/grapevine/v1/cluster_pb.ts";
import { memberChanges, toMember, tooSlow, toStatus } from "./cluster.ts";
import { invalidArgument } from "./errors.ts";
import { heartbeatMs, watcherQueueMax } from "./limits.ts";
import type { ServedGossip, ServedKeysOutcome, ServedPeerHealth, ServerPorts } from "./ports.ts";
import { Waiting } from "./waiting.ts";

export function forceLeave(gossip: ServedGossip, { name, prune }: ForceLeaveRequest): ForceLeaveResponse {
  gossip.forceLeave(name, { prune });
  return create(ForceLeaveResponseSchema);
}

export function changeTags(gossip: ServedGossip, request: ChangeTagsRequest): ChangeTagsResponse {
  gossip.changeTags(new Map(Object.entries(request.set)), request.delete);
  return create(ChangeTagsResponseSchema);
}

export function sendEvent(gossip: ServedGossip, { name, payload, coalesce }: SendEventRequest): SendEventResponse {
  if (name === "") throw invalidArgument("Cannot send an event without a name: allowed is any text");
  gossip.event(name, payload, { coalesce });
  return create(SendEventResponseSchema);
}

/** Asks, and passes on what members say as it comes; how it ended comes last. */
export async function* query(
  gossip: ServedGossip,
  request: QueryRequest,
  context: HandlerContext,
): AsyncGenerator<MessageInitShape<typeof QueryResponseSchema>> {
  if (request.name === "") throw invalidArgument("Cannot ask a query without a name: allowed is any text");
  const asked = gossip.query(request.name, request.payload, {
    nodes: request.nodes,
    tags: request.tags,
    timeoutMs: request.timeoutMs === 0 ? undefined : request.timeoutMs,
    wantsAcks: !request.noAck,
    relayFactor: request.relayFactor,
  });
  const { signal } = context;
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  // The caller may be gone when nobody waits any more.
  aborted.catch(() => {});
  const answers = asked[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([answers.next(), aborted]);
    if (next.done) break;
    const { type, from, payload } = next.value;
    if (type === "ack") yield { event: { case: "ack", value: { from } } };
    else yield { event: { case: "answer", value: { from, payload: payload as Uint8Array<ArrayBuffer> } } };
  }
  const { type, silent } = await asked.result;
  yield { event: { case: "end", value: { complete: type === "complete", silent: [...silent] } } };
}

type Happening = MessageInitShape<typeof WatchEventsResponseSchema>;

/** Everything that happens from now on. */
export async function* watchEvents(
  ports: ServerPorts,
  gossip: ServedGossip,
  context: HandlerContext,
): AsyncGenerator<Happening> {
  const happened: Happening[] = [];
  let overflowed = false;
  const waiting = new Waiting(ports.clock, context.signal);
  waiting.listen((announce) => {
    const add = (happening: Happening): void => {
      overflowed ||= happened.length >= watcherQueueMax;
      if (!overflowed) happened.push(happening);
      announce();
    };
    const stops = listenTo(ports, gossip, add);
    return () => {
      for (const stop of stops) stop();
    };
  });
  try {
    // The caller hears that the watch has begun: what it does now will be told.
    yield { event: { case: "heartbeat", value: true } };
    for (;;) {
      if (!(await waiting.wait(heartbeatMs))) yield { event: { case: "heartbeat", value: true } };
      yield* happened.splice(0);
      if (overflowed) throw tooSlow();
    }
  } finally {
    waiting.release();
  }
}

function listenTo(ports: ServerPorts, gossip: ServedGossip, add: (happening: Happening) => void): (() => void)[] {
  return [
    ports.cluster.onEvent(({ type, member }) =>
      add({ event: { case: "member", value: { change: memberChanges[type], member: toMember(member) } } }),
    ),
    gossip.onUserEvent(({ lamport, name, payload, coalesce }) => {
      const value = { lamport: BigInt(lamport), name, payload: payload as Uint8Array<ArrayBuffer>, coalesce };
      add({ event: { case: "userEvent", value } });
    }),
    gossip.onQuery(({ lamport, name, payload, sourceNode }) => {
      const bytes = payload as Uint8Array<ArrayBuffer>;
      const value = { lamport: BigInt(lamport), name, payload: bytes, source: sourceNode };
      add({ event: { case: "query", value } });
    }),
    gossip.onNameConflict(({ name, held, claimed, outcome }) => {
      const value = { name, held: formatAddress(held), claimed: formatAddress(claimed), outcome };
      add({ event: { case: "nameConflict", value } });
    }),
  ];
}

export async function changeKeys(
  { keys }: ServedGossip,
  { change, key }: ChangeKeysRequest,
): Promise<ChangeKeysResponse> {
  switch (change) {
    case KeyChange.INSTALL:
      return create(ChangeKeysResponseSchema, { outcome: toOutcome(await keys.install(key)) });
    case KeyChange.USE:
      return create(ChangeKeysResponseSchema, { outcome: toOutcome(await keys.use(key)) });
    case KeyChange.REMOVE:
      return create(ChangeKeysResponseSchema, { outcome: toOutcome(await keys.remove(key)) });
    default:
      throw invalidArgument(`Cannot change keys by change ${change}: allowed are 1 (install), 2 (use) and 3 (remove)`);
  }
}

export async function listKeys({ keys }: ServedGossip): Promise<ListKeysResponse> {
  const list = await keys.list();
  return create(ListKeysResponseSchema, {
    outcome: toOutcome(list),
    keys: [...list.keys].map(([key, holders]) => ({
      ...{ key, holders },
      users: list.primaryKeys.get(key) ?? 0,
      lacking: [...(list.lacking.get(key) ?? [])],
    })),
  });
}

function toOutcome({ nodes, answered, errors, silent }: ServedKeysOutcome): MessageInitShape<typeof KeysOutcomeSchema> {
  return { nodes, answered, errors: Object.fromEntries(errors), silent: [...silent] };
}

export function estimateRoundTrip(gossip: ServedGossip, request: EstimateRoundTripRequest): EstimateRoundTripResponse {
  const left = request.left === "" ? gossip.localName : request.left;
  const right = request.right === "" ? gossip.localName : request.right;
  return create(EstimateRoundTripResponseSchema, { left, right, milliseconds: gossip.rttMs(left, right) });
}

export function diagnosePeers(gossip: ServedGossip, request: DiagnosePeersRequest): DiagnosePeersResponse {
  const peers = gossip.peersHealth(request.names).map(toPeerHealth);
  return create(DiagnosePeersResponseSchema, { healthScore: gossip.healthScore, peers });
}

function toPeerHealth(health: ServedPeerHealth): MessageInitShape<typeof PeerHealthSchema> {
  const { name, status, verdict, cause, udpOut, udpIn, tcp } = health;
  const { rttMs, heardAgoMs, answeredAgoMs, helpedAgoMs, tcpAnsweredAgoMs } = health;
  return {
    ...{ name, status: toStatus(status), verdict, cause, udpOut, udpIn, tcp },
    pings: BigInt(health.pings),
    pingsAnswered: BigInt(health.pingsAnswered),
    pingsLate: BigInt(health.pingsLate),
    missedInRow: BigInt(health.missedInRow),
    helped: BigInt(health.helped),
    nacks: BigInt(health.nacks),
    tcpAnswered: BigInt(health.tcpAnswered),
    tcpMissed: BigInt(health.tcpMissed),
    datagramsReceived: BigInt(health.datagramsReceived),
    tcpPingsReceived: BigInt(health.tcpPingsReceived),
    suspicions: BigInt(health.suspicions),
    refutations: BigInt(health.refutations),
    accusations: BigInt(health.accusations),
    ...{ rttMs, heardAgoMs, answeredAgoMs, helpedAgoMs, tcpAnsweredAgoMs },
  };
}

export function info(gossip: ServedGossip): InfoResponse {
  const sections = [...gossip.info()].map(([name, values]) => [name, { values: Object.fromEntries(values) }] as const);
  return create(InfoResponseSchema, { sections: Object.fromEntries(sections) });
}
