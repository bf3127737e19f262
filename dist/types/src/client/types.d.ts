import type { WriterId } from "../base/mod.d.ts";
/** What may be forgotten of a topic: its oldest segments, while any of these says so. Without any, nothing. */
export interface TopicRetention {
    /** Bytes that stay at least: what is beyond may go. No smaller than a segment of the node that is asked. */
    readonly bytesMin?: number | undefined;
    /** A segment goes when its newest record is older, at least 1,000 ms. */
    readonly ageMaxMs?: number | undefined;
    /** Segments that stay at most, at least 1. */
    readonly segmentsMax?: number | undefined;
    /** A segment stays until so many nodes, 1 to 100, confirmed that they hold it durably, whatever the limits above say. */
    readonly keepUntilReplicas?: number | undefined;
    /** Bytes that stay at most, whatever `keepUntilReplicas` says. No smaller than a segment of the node that is asked. */
    readonly bytesMax?: number | undefined;
}
/** Which of the nodes that hold topics are to hold one. Both together: so many of those with these tags. */
export interface TopicPlacement {
    /** So many nodes, up to 100, chosen by rendezvous hashing. In a change 0 takes it away. @default all */
    readonly copies?: number | undefined;
    /**
     * By the names of tags: an expression in RE2's syntax that the whole value matches; all of them must. In a change they
     * stand for all those before, and none take those away. @default any node will do
     */
    readonly tags?: Readonly<Record<string, string>> | undefined;
}
/** What is to hold for a topic: what is not given stays as it is, 0 takes a limit away. */
export interface TopicSettingsChange {
    readonly retention?: TopicRetention | undefined;
    /** Of each key only the latest record is to stay: records without a key are refused then. */
    readonly compact?: boolean | undefined;
    /**
     * How long a tombstone, a record with a key and an empty value, stays once all known nodes hold it: at least 1,000 ms,
     * and longer than a node may be away. 0 is the default, a day.
     */
    readonly tombstoneGraceMs?: number | undefined;
    /** Which nodes are to hold it; the others pass their callers on. */
    readonly placement?: TopicPlacement | undefined;
}
/** A topic as one node holds it. */
export interface TopicDescription {
    readonly name: string;
    /** Counts how often the topic was deleted and created again, from 1. */
    readonly generation: number;
    /** The local log spans firstOffset up to, and without, nextOffset. */
    readonly firstOffset: number;
    readonly nextOffset: number;
    readonly bytes: number;
    /** All offsets that it spans, also those that compaction, or a gap, took records of. */
    readonly records: number;
    readonly feeds: readonly FeedDescription[];
    /** What may be forgotten of it, on all nodes; undefined when each node goes by its own options. */
    readonly retention?: TopicRetention | undefined;
    /** Of each key only the latest record stays. */
    readonly compact?: boolean | undefined;
    /** Where it is compacted. */
    readonly tombstoneGraceMs?: number | undefined;
    /** Which nodes are to hold it; undefined when all are. */
    readonly placement?: TopicPlacement | undefined;
    /** The names of the nodes that are to hold it, as the asked one sees the cluster; undefined when it is all of them. */
    readonly placed?: readonly string[] | undefined;
    /** The names of the nodes that hold something of it, as far as the asked one heard; only beside `placed`. */
    readonly holders?: readonly string[] | undefined;
}
/** The records of one writer in a topic: sequences lowWater to have are held, those up to durable surely on disk. */
export interface FeedDescription {
    readonly writer: WriterId;
    readonly lowWater: number;
    readonly have: number;
    readonly durable: number;
    /** Why the asked node follows this feed no more: it holds another history of it. Undefined where it does. */
    readonly stopped?: string | undefined;
}
export type MemberStatus = "alive" | "leaving" | "left" | "failed" | "unknown";
/** A node as the asked one sees it by gossip. */
export interface MemberDescription {
    readonly name: string;
    /** `host:port` of its gossip. */
    readonly address: string;
    readonly status: MemberStatus;
    readonly tags: Readonly<Record<string, string>>;
}
export type MemberChangeType = "join" | "leave" | "failed" | "update" | "reap";
/** What changed about a member. A watch begins with every member as a join. */
export interface MemberEvent {
    readonly type: MemberChangeType;
    readonly member: MemberDescription;
}
/** A server that answers RPCs. */
export interface ServerDescription {
    readonly id: string;
    /** `host:port` of its RPC. */
    readonly rpcAddress: string;
    readonly status: string;
    readonly tags: Readonly<Record<string, string>>;
}
