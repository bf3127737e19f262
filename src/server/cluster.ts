/** The cluster as this node sees it. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { formatAddress, parseAddress } from "../base/mod.ts";
import {
  type JoinRequest,
  type JoinResponse,
  JoinResponseSchema,
  MemberChange,
  type MemberSchema,
  MemberStatus,
  type WatchMembersResponseSchema,
} from "../gen/grapevine/v1/cluster_pb.ts";
import { type GetServersResponse, GetServersResponseSchema } from "../gen/log/v1/log_pb.ts";
import { invalidArgument } from "./errors.ts";
import { heartbeatMs, joinAddressesMax, watcherQueueMax } from "./limits.ts";
import type { ServedCluster, ServedMember, ServedMemberEvent, ServerPorts } from "./ports.ts";
import { Waiting } from "./waiting.ts";

/** The tag that says where a member's RPC server listens. Members without it are no servers. */
const rpcAddressTag = "rpc_addr";
/** Where memberlist and Serf listen when an address names no port. */
const gossipPort = 7946;

const statuses = {
  alive: MemberStatus.ALIVE,
  leaving: MemberStatus.LEAVING,
  left: MemberStatus.LEFT,
  failed: MemberStatus.FAILED,
} as const satisfies Record<ServedMember["status"], MemberStatus>;

export const memberChanges: Readonly<Record<ServedMemberEvent["type"], MemberChange>> = {
  "member-join": MemberChange.JOIN,
  "member-leave": MemberChange.LEAVE,
  "member-failed": MemberChange.FAILED,
  "member-update": MemberChange.UPDATE,
  "member-reap": MemberChange.REAP,
};

/** The servers that this node knows, those that are alive first. */
export function getServers(cluster: ServedCluster): GetServersResponse {
  const members = cluster.members().filter((member) => member.tags.has(rpcAddressTag));
  const rank = (member: ServedMember) => (member.status === "alive" ? 0 : 1);
  const sorted = [...members].sort((left, right) => rank(left) - rank(right) || compare(left.name, right.name));
  return create(GetServersResponseSchema, {
    servers: sorted.map((member) => ({
      id: member.name,
      rpcAddr: member.tags.get(rpcAddressTag),
      isLeader: true,
      status: member.status,
      tags: Object.fromEntries(member.tags),
    })),
  });
}

/** The order of code units: the same everywhere, unlike that of a locale. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

export function toMember(member: ServedMember): MessageInitShape<typeof MemberSchema> {
  return {
    name: member.name,
    address: formatAddress(member.address),
    status: statuses[member.status],
    tags: Object.fromEntries(member.tags),
  };
}

export function toStatus(status: ServedMember["status"]): MemberStatus {
  return statuses[status];
}

/** All members as joins, then every change in its order. */
export async function* watchMembers(
  ports: ServerPorts,
  context: Pick<HandlerContext, "signal">,
): AsyncGenerator<MessageInitShape<typeof WatchMembersResponseSchema>> {
  const events: ServedMemberEvent[] = [];
  let overflowed = false;
  const waiting = new Waiting(ports.clock, context.signal);
  waiting.listen((announce) =>
    ports.cluster.onEvent((event) => {
      overflowed ||= events.length >= watcherQueueMax;
      if (!overflowed) events.push(event);
      announce();
    }),
  );
  try {
    for (const member of ports.cluster.members()) yield { change: MemberChange.JOIN, member: toMember(member) };
    // From here on the caller knows all of them.
    yield { heartbeat: true };
    for (;;) {
      if (!(await waiting.wait(heartbeatMs))) yield { heartbeat: true };
      for (const event of events.splice(0)) yield { change: memberChanges[event.type], member: toMember(event.member) };
      if (overflowed) throw tooSlow();
    }
  } finally {
    waiting.release();
  }
}

export function tooSlow(): ConnectError {
  return new ConnectError(
    `Cannot go on watching the cluster: the caller is more than ${watcherQueueMax} changes behind`,
    Code.ResourceExhausted,
  );
}

/** Contacts the nodes at these addresses. */
export async function join(cluster: ServedCluster, request: JoinRequest): Promise<JoinResponse> {
  const count = request.addresses.length;
  if (count < 1 || count > joinAddressesMax) {
    throw invalidArgument(`Cannot join ${count} addresses: allowed are 1 to ${joinAddressesMax}`);
  }
  for (const address of request.addresses) {
    const parsed = parseAddress(address, gossipPort);
    if (parsed === undefined || parsed.port === 0) {
      throw invalidArgument(`Cannot join ${JSON.stringify(address)}: an address is host, host:port or [IPv6]:port`);
    }
  }
  return create(JoinResponseSchema, { joined: await cluster.join(request.addresses) });
}
