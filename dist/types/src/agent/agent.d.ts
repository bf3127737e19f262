import { type WriterId } from "../base/mod.d.ts";
import type { TopicSettingsChange } from "../client/mod.d.ts";
import type { PeerHealth } from "../gossip/mod.d.ts";
import type { LogEvent } from "../log/mod.d.ts";
import type { Member, MemberEventType, NameConflict, UserEventNotice } from "../membership/mod.d.ts";
import type { ClusterKeys } from "./cluster_keys.d.ts";
import type { LogLines } from "./log_lines.d.ts";
import type { EventOptions, IncomingQuery, Payload, QueryHandler } from "./messaging.d.ts";
import { type AgentOptions } from "./options.d.ts";
import type { QueryOptions, QueryRun } from "./query_run.d.ts";
import type { AgentServices } from "./services.d.ts";
import { AgentTopic } from "./topic.d.ts";
/** What an agent tells those who listen, by name. */
export interface AgentEvents extends Record<MemberEventType, Member> {
    /** Something about the log that an operator should know: a torn tail, a new writer, a stopped feed. */
    readonly log: LogEvent;
    readonly "user-event": UserEventNotice;
    /** A query that this node may answer: `respond` does. */
    readonly query: IncomingQuery;
    /** Somebody claims another address for the name of a node. When it is this one's and `lost`, this node stops. */
    readonly "name-conflict": NameConflict;
}
/** What surrounds a node in its process. */
export interface AgentSurroundings {
    /**
     * The lines that `grapevine monitor --log-level` and `serf monitor` show; `configureLogging` writes into them what the
     * process logs. @default lines of the node's own about its members, events and queries
     */
    readonly lines?: LogLines | undefined;
}
/**
 * A running node: `Agent.start` returns it ready. States: ready, then stopped, by `leave()` (polite: the others hear of
 * it) or disposal (prompt: the others find out). Both are idempotent, and `closed` resolves after either.
 */
export declare class Agent implements AsyncDisposable {
    #private;
    readonly nodeName: string;
    /** `host:port` of its gossip. */
    readonly gossipAddress: string;
    /** `host:port` of its RPC server, as others reach it. */
    readonly rpcAddress: string;
    /** `host:port` of its RPC for the `serf` command line; undefined unless the options ask for one. */
    readonly serfRpcAddress: string | undefined;
    /** `host:port` of its DNS, UDP and TCP; undefined unless the options ask for one. */
    readonly dnsAddress: string | undefined;
    /** Resolves when the node has stopped, for whatever reason. */
    readonly closed: Promise<void>;
    private constructor();
    /**
     * Opens the log, listens, and joins the cluster when the options name nodes to join; if none of them answers, it goes
     * on trying in the background. Rejects with `InvalidAgentOptionError`, `DirectoryLockedError`, `LogCorruptError`,
     * `PortTakenError` or what else keeps it from running; then nothing is left open.
     */
    static start(options?: AgentOptions, surroundings?: AgentSurroundings): Promise<Agent>;
    /** Why the node stopped by itself; undefined when it runs, or was told to stop. */
    get failure(): Error | undefined;
    /** The writer of the feeds that this node produces to. */
    get writer(): WriterId;
    /** All members of the cluster as this node sees them, itself included. */
    members(): readonly Member[];
    /** What this node sees of the way to each other member, and what is wrong with it in words. */
    peersHealth(): readonly PeerHealth[];
    /** Creates a topic on all nodes, also one that was deleted, which begins anew. As the client's of this name. */
    createTopic(name: string, settings?: TopicSettingsChange): Promise<void>;
    /** Deletes a topic on all nodes, with all its records. As the client's of this name. */
    deleteTopic(name: string): Promise<{
        readonly generation: number;
    }>;
    /** A topic, created by the first produce unless it was deleted. The same object for the same name. */
    topic(name: string): AgentTopic;
    /** Calls `listener` for each event of a type. The result removes it. */
    on<Type extends keyof AgentEvents>(type: Type, listener: (event: AgentEvents[Type]) => void): () => void;
    /** Contacts nodes by their gossip addresses (`host:port`). Resolves with how many were reached; rejects for none. */
    join(addresses: readonly string[]): Promise<number>;
    /** Tells all members, this one included, of something. Throws `UserEventTooLargeError`; then nobody hears of it. */
    event(name: string, payload?: Payload, options?: EventOptions): void;
    /** Asks all members, or some, this one included. Throws `InvalidQueryError` or `QueryTooLargeError`. */
    query(name: string, payload?: Payload, options?: QueryOptions): QueryRun;
    /** Answers queries of a name; the result ends that. */
    onQuery(name: string, handler: QueryHandler): () => void;
    /** Declares that a member leaves which cannot do so itself. Throws `NotRemovableError`. */
    forceLeave(name: string, options?: {
        readonly prune?: boolean | undefined;
    }): void;
    /** Services that this node registers and checks, and those of all nodes. */
    get services(): AgentServices;
    /** Encryption keys of the whole cluster. */
    get keys(): ClusterKeys;
    /**
     * Takes other tags and other event handlers without stopping; what is not given stays as it is. Throws
     * `InvalidAgentOptionError`, `ReservedTagError` or `TagsTooLargeError`, and then nothing changed.
     */
    reload(options: Pick<AgentOptions, "tags" | "eventHandlers">): void;
    /** Tells the cluster that this node leaves, then stops. */
    leave(): Promise<void>;
    /** Stops at once and in order: what was acknowledged is on disk. The others see a failed node until it is back. */
    [Symbol.asyncDispose](): Promise<void>;
    /** `await using`, for plain JavaScript. */
    close(): Promise<void>;
}
