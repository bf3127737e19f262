/** Options of a node about its place in the cluster, by the words of Serf's agents where those have some. */
import { networkInterfaces } from "node:os";
import type { GossipSettings } from "../gossip/mod.ts";
import { type CoalescePeriods, discoverNamePattern, type MembershipOptions } from "../membership/mod.ts";
import type { MdnsOptions } from "./mdns.ts";
import { coalescePeriodsDefault } from "./member_batches.ts";

/** Numbers of the Serf layer that a node may have otherwise. */
export type SerfSettings = Pick<
  MembershipOptions,
  | "reconnectIntervalMs"
  | "reconnectTimeoutMs"
  | "tombstoneTimeoutMs"
  | "coalesceWindowMs"
  | "coalesceQuietMs"
  | "userEventBytesMax"
  | "queryBytesMax"
  | "queryResponseBytesMax"
  | "resolveNameConflicts"
>;

export interface ClusterOptions extends SerfSettings, MdnsOptions {
  /** Network interface to bind: its first address, with the port of `bind`; and to discover nodes on. @default none */
  readonly iface?: string | undefined;
  /** How often the nodes to join are tried until one answers, from 100. @default 1000 */
  readonly joinIntervalMs?: number | undefined;
  /** Tries after which the node gives up and stops; 0 never gives up. @default 0 */
  readonly joinAttemptsMax?: number | undefined;
  /** Whether user events from before a join are told. @default false */
  readonly replay?: boolean | undefined;
  /** Where the node remembers its cluster, as Serf's agents write it. @default "serf.snapshot" in the data directory */
  readonly snapshot?: string | undefined;
  /**
   * A JSON object of tags instead of `tags`: read at the start, if it is there, and written anew when an operator changes
   * them. @default none: changes last as long as the process
   */
  readonly tagsFile?: string | undefined;
  /** Nodes hear only those with the same label; agents of Serf have none. @default none */
  readonly label?: string | undefined;
  /** Compress what becomes shorter by it. @default true */
  readonly compress?: boolean | undefined;
  /** Refuse gossip that is not encrypted. Off while a running cluster moves to encryption. @default true */
  readonly verifyIncoming?: boolean | undefined;
  /** Encrypt what is sent. Off in the first step of that move, until all nodes have the key. @default true */
  readonly verifyOutgoing?: boolean | undefined;
  /** How long the name of a dead node stays bound to its address; 0 binds it until it is forgotten. @default 5000 */
  readonly deadNodeReclaimMs?: number | undefined;
  /**
   * How long a failed node keeps its place among those that a topic is limited to by number, before another takes it: longer
   * than a restart. @default 30000
   */
  readonly placementSettleMs?: number | undefined;
  /** How long each step of saying goodbye may take, from 1000. @default 5000 */
  readonly broadcastTimeoutMs?: number | undefined;
}

const yearMs = 31_536_000_000;

/** Whole numbers that an option may be; names of the options are their own. */
const ranges: Readonly<Record<string, readonly [low: number, high: number]>> = {
  joinIntervalMs: [100, yearMs],
  joinAttemptsMax: [0, 1_000_000],
  reconnectIntervalMs: [1, yearMs],
  reconnectTimeoutMs: [1, yearMs],
  tombstoneTimeoutMs: [1, yearMs],
  coalesceWindowMs: [0, yearMs],
  coalesceQuietMs: [0, yearMs],
  deadNodeReclaimMs: [0, yearMs],
  placementSettleMs: [0, yearMs],
  broadcastTimeoutMs: [1_000, yearMs],
  userEventBytesMax: [1, 9_216],
  queryBytesMax: [1, 9_216],
  queryResponseBytesMax: [1, 9_216],
};

const switches = ["replay", "compress", "verifyIncoming", "verifyOutgoing", "resolveNameConflicts"] as const;
const texts = ["iface", "mdnsIface", "discover", "snapshot", "tagsFile", "label"] as const;

/** Names of all of these, for who refuses others. */
export const clusterOptionNames: readonly string[] = [...Object.keys(ranges), ...switches, ...texts];

export interface ClusterOptionFault {
  readonly option: string;
  readonly value: unknown;
  readonly allowed: string;
}

/** What is wrong with the first option that makes no sense; undefined when all do. */
export function clusterOptionFault(options: ClusterOptions): ClusterOptionFault | undefined {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [option, value] of given) {
    const range = ranges[option];
    if (range !== undefined && !(Number.isInteger(value) && value >= range[0] && value <= range[1])) {
      return { option, value, allowed: `a whole number from ${range[0]} to ${range[1]}` };
    }
    if ((switches as readonly string[]).includes(option) && typeof value !== "boolean") {
      return { option, value, allowed: "true or false" };
    }
    if ((texts as readonly string[]).includes(option) && (typeof value !== "string" || value === "")) {
      return { option, value, allowed: "a text of a character at least" };
    }
  }
  if (options.discover !== undefined && !discoverNamePattern.test(options.discover)) {
    return { option: "discover", value: options.discover, allowed: "1 to 57 of A-Z a-z 0-9 _ -" };
  }
  if (options.mdnsIface !== undefined && options.discover === undefined) {
    return { option: "mdnsIface", value: options.mdnsIface, allowed: "nothing, because discover is not given" };
  }
  return undefined;
}

/** What of the options gossip has numbers for. */
export function gossipSettingsOf(options: ClusterOptions): Partial<GossipSettings> {
  const { deadNodeReclaimMs, broadcastTimeoutMs } = options;
  return {
    ...(deadNodeReclaimMs !== undefined && { deadNodeReclaimMs }),
    ...(broadcastTimeoutMs !== undefined && { broadcastTimeoutMs }),
  };
}

/** The options that the Serf layer takes, and nothing else. */
export function serfSettingsOf(options: SerfSettings): SerfSettings {
  return {
    reconnectIntervalMs: options.reconnectIntervalMs,
    reconnectTimeoutMs: options.reconnectTimeoutMs,
    tombstoneTimeoutMs: options.tombstoneTimeoutMs,
    coalesceWindowMs: options.coalesceWindowMs,
    coalesceQuietMs: options.coalesceQuietMs,
    userEventBytesMax: options.userEventBytesMax,
    queryBytesMax: options.queryBytesMax,
    queryResponseBytesMax: options.queryResponseBytesMax,
    resolveNameConflicts: options.resolveNameConflicts,
  };
}

/** How long event handlers are not told of members, as events are held back that may be. */
export function coalescePeriodsOf({ coalesceWindowMs, coalesceQuietMs }: SerfSettings): CoalescePeriods {
  return {
    windowMs: coalesceWindowMs ?? coalescePeriodsDefault.windowMs,
    quietMs: coalesceQuietMs ?? coalescePeriodsDefault.quietMs,
  };
}

/** Addresses of an interface that mean something elsewhere too, IPv4 first; undefined when there is no such interface. */
export function addressesOfInterface(name: string): readonly string[] | undefined {
  const infos = networkInterfaces()[name];
  if (infos === undefined) return undefined;
  const usable = infos.filter(({ address }) => !/^fe[89ab]/i.test(address));
  return [...usable].sort((left, right) => left.family.localeCompare(right.family)).map(({ address }) => address);
}

/** Names of this machine's interfaces, for messages. */
export function interfaceNames(): readonly string[] {
  return Object.keys(networkInterfaces());
}
