/** What operators ask of a cluster, through one of its nodes. */
import type { Client } from "npm:@connectrpc/connect@2.2.0";
import { type Cluster } from "../gen/grapevine/v1/cluster_pb.d.ts";
import { type PeersHealth } from "./cluster_health.d.ts";
import { type CallOptions } from "./questions.d.ts";
import type { Servers } from "./servers.d.ts";
import type { MemberEvent } from "./types.d.ts";
export interface ClusterConnection {
    readonly url: string;
    readonly cluster: Client<typeof Cluster>;
}
/** Whom a query asks, and how. */
export interface QueryFilter {
    /** Only members of these names. @default all */
    readonly nodes?: readonly string[];
    /** Only members in whose tags these expressions are found. @default none */
    readonly tags?: Readonly<Record<string, string>>;
    /** How long answers are waited for, in milliseconds; 0 leaves it to the node. @default 0 */
    readonly timeoutMs?: number;
    /** Whether members are to say at once that the query arrived. @default true */
    readonly wantsAcks?: boolean;
    /** Copies of each answer that go by way of other nodes. @default 0 */
    readonly relayFactor?: number;
    readonly signal?: AbortSignal;
}
/** What a member said to a query; `end` comes last, with those alive that did not answer. */
export type QueryEvent = {
    readonly type: "ack";
    readonly from: string;
} | {
    readonly type: "answer";
    readonly from: string;
    readonly payload: Uint8Array;
} | {
    readonly type: "end";
    readonly complete: boolean;
    readonly silent: readonly string[];
};
/** Something that happened in the cluster. */
export type ClusterEvent = {
    readonly type: "watching";
} | ({
    readonly type: "member";
} & {
    readonly change: MemberEvent["type"];
    readonly member: MemberEvent["member"];
}) | {
    readonly type: "user";
    readonly lamport: number;
    readonly name: string;
    readonly payload: Uint8Array;
    readonly coalesce: boolean;
} | {
    readonly type: "query";
    readonly lamport: number;
    readonly name: string;
    readonly payload: Uint8Array;
    readonly source: string;
} | {
    readonly type: "name-conflict";
    readonly name: string;
    readonly held: string;
    readonly claimed: string;
    readonly outcome: string;
};
/** How an order about keys went: it is done when nobody objected and nobody is silent. */
export interface KeysOutcome {
    readonly nodes: number;
    readonly answered: number;
    readonly errors: Readonly<Record<string, string>>;
    readonly silent: readonly string[];
}
/** A key of the cluster, how many members have it and encrypt with it, and who lacks it. */
export interface KeyHolders {
    readonly key: string;
    readonly holders: number;
    readonly users: number;
    readonly lacking: readonly string[];
}
/** How much a line of a node's log matters, the least first. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";
export type InfoSections = Readonly<Record<string, Readonly<Record<string, string>>>>;
export type { PeerHealth, PeersHealth, PeerVerdict } from "./cluster_health.d.ts";
export declare class ClusterCalls {
    #private;
    constructor(servers: Servers, timeoutMs: number);
    /** Declares that a member leaves which cannot do so itself; with `prune` it is forgotten. */
    forceLeave(name: string, options?: CallOptions & {
        readonly prune?: boolean;
    }): Promise<void>;
    /** Changes what the asked node says about itself. */
    changeTags(set: Readonly<Record<string, string>>, remove?: readonly string[], options?: CallOptions): Promise<void>;
    /** Tells all members of something. */
    event(name: string, payload?: Uint8Array | string, options?: CallOptions & {
        readonly coalesce?: boolean;
    }): Promise<void>;
    /** Asks all members, or some: what they say, as it comes. */
    query(name: string, payload?: Uint8Array | string, filter?: QueryFilter): AsyncGenerator<QueryEvent>;
    /** Everything that happens, from the first event (`watching`) on, until the loop is left or the signal fires. */
    watch(options?: {
        readonly signal?: AbortSignal;
    }): AsyncGenerator<ClusterEvent>;
    /** What the asked node has logged lately, a line each, then what it logs, until the loop is left or the signal fires. */
    watchLog(options?: {
        readonly level?: LogLevel;
        readonly signal?: AbortSignal;
    }): AsyncGenerator<string>;
    /** Orders all members to change their encryption keys; the key is in base64. */
    changeKeys(change: "install" | "use" | "remove", key: string, options?: CallOptions): Promise<KeysOutcome>;
    listKeys(options?: CallOptions): Promise<{
        readonly outcome: KeysOutcome;
        readonly keys: readonly KeyHolders[];
    }>;
    /** The round trip between two members, the second of which is the asked node unless it is named. */
    roundTrip(left: string, right?: string, options?: CallOptions): Promise<{
        readonly left: string;
        readonly right: string;
        readonly milliseconds: number | undefined;
    }>;
    /** What the asked node sees of the way to each other member, or to those of these names. */
    health(names?: readonly string[], options?: CallOptions): Promise<PeersHealth>;
    /** What the asked node counts, and how it is set up. */
    info(options?: CallOptions): Promise<InfoSections>;
}
