import { type Address } from "../base/mod.d.ts";
import type { PeerHealth } from "../gossip/mod.d.ts";
import { type GossipSocketCounters } from "../io/gossip_sockets.d.ts";
import { type Member, type MemberEvent, Membership, type MembershipCounters, type TagsInput } from "../membership/mod.d.ts";
import { ClusterKeys } from "./cluster_keys.d.ts";
import { type JoinResult } from "./joining.d.ts";
import { type MdnsCounters } from "./mdns.d.ts";
import type { MembershipNodeEvents, MembershipNodeOptions } from "./membership_types.d.ts";
import { type EventOptions, type Payload, type QueryHandler } from "./messaging.d.ts";
import type { QueryOptions, QueryRun } from "./query_run.d.ts";
type EventName = keyof MembershipNodeEvents;
type ListenerOf<Name extends EventName> = (event: MembershipNodeEvents[Name]) => void;
export declare class MembershipNode implements AsyncDisposable {
    #private;
    /** Keys of the whole cluster. */
    readonly keys: ClusterKeys;
    /**
     * Starts a node and, given addresses or a snapshot, joins in the background. Rejects with `GossipBindError`,
     * `InvalidAddressError`, `TagsTooLargeError`, `InvalidKeyError`, `KeyringFileError`, `SnapshotFileError`,
     * `InvalidMembershipOptionError`, `InvalidGossipOptionError`, `InvalidDiscoverNameError` or `MulticastError`; then nothing
     * stays open.
     */
    static start(options?: MembershipNodeOptions): Promise<MembershipNode>;
    private constructor();
    /** This node's name in the cluster. */
    get localName(): string;
    /** Where this node is bound, with the port that was picked. */
    get address(): Address;
    /** Where others are told to reach it. */
    get advertised(): Address;
    /** Settles after the first round through the nodes of the snapshot: whether one of them was found. */
    get rejoined(): Promise<boolean>;
    /** What discovery on this network counts; undefined when nobody is looked for. */
    get discovery(): MdnsCounters | undefined;
    get counters(): MembershipCounters;
    /** What its sockets gave up. */
    get socketCounters(): Readonly<GossipSocketCounters>;
    /** All members known, this one included. */
    members(): readonly Member[];
    member(name: string): Member | undefined;
    /**
     * The round trip between two members in milliseconds, estimated as `serf rtt` does; undefined before both were probed.
     * The other one is this node unless said otherwise.
     */
    rttMs(name: string, other?: string): number | undefined;
    /**
     * What this node sees of the way to each other member, and what is wrong with it in words: `docs/membership.md`, "Which
     * way is broken".
     */
    peersHealth(): readonly PeerHealth[];
    /** The same of one member; undefined for this node itself, and for one that is not known. */
    peerHealth(name: string): PeerHealth | undefined;
    /** What only those ask who speak for this node, as its RPC does. */
    get details(): Pick<Membership, "coordinateOf" | "versionsOf" | "isEncrypted">;
    /** Adds a listener for one kind of event; the result removes it. */
    on<Name extends EventName>(name: Name, listener: ListenerOf<Name>): () => void;
    /** Adds a listener for all changes of members; the result removes it. */
    onEvent(listener: (event: MemberEvent) => void): () => void;
    /**
     * Contacts nodes: `host`, `host:port` or `[v6]:port`, all addresses of each name. Resolves when at least one answered;
     * rejects with `InvalidAddressError` or `JoinFailedError`. With `replay` also user events from before are told.
     */
    join(addresses: readonly string[], options?: {
        readonly replay?: boolean | undefined;
    }): Promise<JoinResult>;
    /** Says something else about this node. Throws `TagsTooLargeError`, and changes nothing then. */
    setTags(tags: TagsInput): void;
    /** Tells all members, this one included, of something. Throws `UserEventTooLargeError`; then nobody hears of it. */
    event(name: string, payload?: Payload, options?: EventOptions): void;
    /** Asks all members, or some, this one included. Throws `InvalidQueryError` or `QueryTooLargeError`. */
    query(name: string, payload?: Payload, options?: QueryOptions): QueryRun;
    /** Answers queries of a name; the result ends that. */
    onQuery(name: string, handler: QueryHandler): () => void;
    /**
     * Declares that a member leaves which cannot do so itself; with `prune` it is forgotten, everywhere. A member that is
     * alive contradicts. Throws `NotRemovableError`.
     */
    forceLeave(name: string, options?: {
        readonly prune?: boolean | undefined;
    }): void;
    /**
     * Leaves politely: the others see `left`, not `failed`. Resolves when the goodbye has got around; the node still stands
     * then and answers, until it is disposed of.
     */
    leave(): Promise<void>;
    /** Stops at once, without a word. */
    [Symbol.asyncDispose](): Promise<void>;
}
export {};
