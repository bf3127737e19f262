import type { GossipSettings } from "../gossip/mod.d.ts";
import { type CoalescePeriods, type MembershipOptions } from "../membership/mod.d.ts";
import type { MdnsOptions } from "./mdns.d.ts";
/** Numbers of the Serf layer that a node may have otherwise. */
export type SerfSettings = Pick<MembershipOptions, "reconnectIntervalMs" | "reconnectTimeoutMs" | "tombstoneTimeoutMs" | "coalesceWindowMs" | "coalesceQuietMs" | "userEventBytesMax" | "queryBytesMax" | "queryResponseBytesMax" | "resolveNameConflicts">;
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
/** Names of all of these, for who refuses others. */
export declare const clusterOptionNames: readonly string[];
export interface ClusterOptionFault {
    readonly option: string;
    readonly value: unknown;
    readonly allowed: string;
}
/** What is wrong with the first option that makes no sense; undefined when all do. */
export declare function clusterOptionFault(options: ClusterOptions): ClusterOptionFault | undefined;
/** What of the options gossip has numbers for. */
export declare function gossipSettingsOf(options: ClusterOptions): Partial<GossipSettings>;
/** The options that the Serf layer takes, and nothing else. */
export declare function serfSettingsOf(options: SerfSettings): SerfSettings;
/** How long event handlers are not told of members, as events are held back that may be. */
export declare function coalescePeriodsOf({ coalesceWindowMs, coalesceQuietMs }: SerfSettings): CoalescePeriods;
/** Addresses of an interface that mean something elsewhere too, IPv4 first; undefined when there is no such interface. */
export declare function addressesOfInterface(name: string): readonly string[] | undefined;
/** Names of this machine's interfaces, for messages. */
export declare function interfaceNames(): readonly string[];
