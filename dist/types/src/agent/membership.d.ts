import { type Address } from "../base/mod.d.ts";
import { type GossipSettings, InvalidGossipOptionError, InvalidKeyError, type Profile } from "../gossip/mod.d.ts";
import { KeyringFileError } from "../io/gossip_keyring_file.d.ts";
import { GossipBindError } from "../io/gossip_sockets.d.ts";
import { SnapshotFileError } from "../io/snapshot_file.d.ts";
import { InvalidMembershipOptionError, InvalidQueryError, type Member, type MemberEvent, type MemberEventType, type MemberStatus, Membership, type MembershipCounters, type NameConflict, NotRemovableError, QueryClosedError, QueryTooLargeError, type TagsInput, TagsTooLargeError, type UserEventNotice, UserEventTooLargeError } from "../membership/mod.d.ts";
import { InvalidAddressError } from "./addresses.d.ts";
import { ClusterKeys, type KeyList, type KeysResult } from "./cluster_keys.d.ts";
import { type SecrecyOptions } from "./encryption.d.ts";
import { gossipPortDefault, JoinFailedError, type JoinResult } from "./joining.d.ts";
import type { MembershipNodeError, MembershipNodeEvents, MembershipNodeOptions } from "./membership_types.d.ts";
import { type EventOptions, type IncomingQuery, type Payload, type QueryHandler } from "./messaging.d.ts";
import { type MemoryOptions } from "./node_memory.d.ts";
import { type QueryAnswer, type QueryOptions, type QueryResult, QueryRun } from "./query_run.d.ts";
export { BadListenAddressError, PortTakenError } from "../io/listener_errors.d.ts";
export { SerfRpc, type SerfRpcOptions, startSerfRpc } from "./serf_rpc.d.ts";
export type { Address, ClusterKeys, EventOptions, GossipSettings, IncomingQuery, JoinResult, KeyList, KeysResult, Member, MemberEvent, MemberEventType, MemberStatus, MembershipCounters, MembershipNodeError, MembershipNodeEvents, MembershipNodeOptions, MemoryOptions, NameConflict, Payload, Profile, QueryAnswer, QueryHandler, QueryOptions, QueryResult, SecrecyOptions, UserEventNotice, };
export { GossipBindError, gossipPortDefault, InvalidAddressError, InvalidGossipOptionError, InvalidKeyError, InvalidMembershipOptionError, InvalidQueryError, JoinFailedError, KeyringFileError, NotRemovableError, QueryClosedError, QueryRun, QueryTooLargeError, SnapshotFileError, TagsTooLargeError, UserEventTooLargeError, };
type EventName = keyof MembershipNodeEvents;
type ListenerOf<Name extends EventName> = (event: MembershipNodeEvents[Name]) => void;
export declare class MembershipNode implements AsyncDisposable {
    #private;
    /** Keys of the whole cluster. */
    readonly keys: ClusterKeys;
    /**
     * Starts a node and, given addresses or a snapshot, joins in the background. Rejects with `GossipBindError`,
     * `InvalidAddressError`, `TagsTooLargeError`, `InvalidKeyError`, `KeyringFileError`, `SnapshotFileError`,
     * `InvalidMembershipOptionError` or `InvalidGossipOptionError`; then nothing stays open.
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
    get counters(): MembershipCounters;
    /** All members known, this one included. */
    members(): readonly Member[];
    member(name: string): Member | undefined;
    /**
     * The round trip between two members in milliseconds, estimated as `serf rtt` does; undefined before both were probed.
     * The other one is this node unless said otherwise.
     */
    rttMs(name: string, other?: string): number | undefined;
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
