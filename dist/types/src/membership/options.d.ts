import type { Address } from "../base/mod.d.ts";
import { type EncryptionOptions, type GossipSettings, type NodeSnapshot, type Profile } from "../gossip/mod.d.ts";
import { type TagsInput } from "./tags.d.ts";
import type { LamportTimes } from "./types.d.ts";
export interface MembershipOptions {
    /** Unique in the cluster, 1 to 255 bytes of UTF-8. */
    readonly name: string;
    /** Where others reach this node: an IP address and the port of both UDP and TCP. */
    readonly address: Address;
    /** What this node says about itself: at most 512 bytes encoded. @default none */
    readonly tags?: TagsInput | undefined;
    /** The numbers of gossip: `lan`, `wan`, or `local` for one machine. @default "lan" */
    readonly profile?: Profile | undefined;
    /** Numbers that differ from the profile's. */
    readonly settings?: Partial<GossipSettings> | undefined;
    /**
     * Serf's protocol, 2 to 5, for clusters whose oldest nodes know no more. With 3 this node asks no queries, with 2 it
     * tells the tag `role` and no other. It hears nodes of all four in any case. @default 4
     */
    readonly protocol?: number | undefined;
    /** First incarnation, from 1. @default 1 */
    readonly incarnation?: number | undefined;
    /** Nodes hear only those with the same one; agents of Serf have none. @default none */
    readonly label?: string | undefined;
    /** Encrypts all that is sent, and refuses what is not encrypted. @default plain text */
    readonly encryption?: EncryptionOptions | undefined;
    /** Compress what becomes shorter by it. All read it, whether they do so or not. @default false */
    readonly compress?: boolean | undefined;
    /**
     * Whether time stands still while the event loop is stalled, so that nobody is judged by deadlines that could not be
     * met, and whether stalls make this node feel unwell, so that it gives others more time. Off is for experiments that
     * show what that is good for; stalls are counted all the same. @default true
     */
    readonly forgivesStalls?: boolean | undefined;
    /** Members known from the start and thought alive: how a simulation begins with a cluster that has formed. @default none */
    readonly knows?: Iterable<NodeSnapshot> | undefined;
    /** Members remembered at most. @default 20000 */
    readonly membersMax?: number | undefined;
    /** How often forgotten members are looked for. @default 15000 */
    readonly reapIntervalMs?: number | undefined;
    /** How often a failed member is tried again. @default 30000 */
    readonly reconnectIntervalMs?: number | undefined;
    /** How long a failed member is remembered. @default 86400000 (24 h) */
    readonly reconnectTimeoutMs?: number | undefined;
    /** How long a member that left is remembered. @default 86400000 (24 h) */
    readonly tombstoneTimeoutMs?: number | undefined;
    /** How long a node that has left still answers, so that its goodbye gets around. @default 1000 */
    readonly leavePropagateDelayMs?: number | undefined;
    /** How long events that may be coalesced are held back at most; 0 tells each at once. @default 3000 */
    readonly coalesceWindowMs?: number | undefined;
    /** How long it must be quiet for them to be told before that. @default 1000 */
    readonly coalesceQuietMs?: number | undefined;
    /** Bytes of a user event that this node sends, encoded. More than 1395 could never be spread. @default 512 */
    readonly userEventBytesMax?: number | undefined;
    /** Bytes of a query that this node asks, encoded. @default 1024 */
    readonly queryBytesMax?: number | undefined;
    /** Bytes of an answer of this node, encoded. @default 1024 */
    readonly queryResponseBytesMax?: number | undefined;
    /** What this node had seen in its last life: events and queries up to then are not told again. @default none */
    readonly lamport?: LamportTimes | undefined;
    /** Whether a node whose name another one claims asks the others, and gives way to the majority. @default true */
    readonly resolveNameConflicts?: boolean | undefined;
}
/** Checked and complete, but for what gossip itself checks. */
export interface ResolvedMembershipOptions {
    readonly name: string;
    readonly address: Address;
    readonly tags: ReadonlyMap<string, string>;
    readonly meta: Uint8Array;
    readonly profile: Profile;
    readonly settings: Partial<GossipSettings>;
    readonly protocol: number;
    readonly incarnation: number;
    readonly label: string;
    readonly encryption: EncryptionOptions | undefined;
    readonly compress: boolean;
    readonly forgivesStalls: boolean;
    readonly knows: Iterable<NodeSnapshot>;
    readonly membersMax: number;
    readonly reapIntervalMs: number;
    readonly reconnectIntervalMs: number;
    readonly reconnectTimeoutMs: number;
    readonly tombstoneTimeoutMs: number;
    readonly leavePropagateDelayMs: number;
    readonly coalesceWindowMs: number;
    readonly coalesceQuietMs: number;
    readonly userEventBytesMax: number;
    readonly queryBytesMax: number;
    readonly queryResponseBytesMax: number;
    readonly resolveNameConflicts: boolean;
    readonly lamport: LamportTimes;
    /** The interval that gossip goes by: queries last a multiple of it. */
    readonly gossipIntervalMs: number;
    /** How long each step of saying goodbye may take. */
    readonly broadcastTimeoutMs: number;
}
/** An option that no node can run with. Nothing was started. */
export declare class InvalidMembershipOptionError extends RangeError {
    readonly name = "InvalidMembershipOptionError";
    readonly code = "INVALID_MEMBERSHIP_OPTION";
    readonly option: string;
    constructor(option: string, problem: string);
}
/** Checks and fills the options. Throws `InvalidMembershipOptionError` or `TagsTooLargeError`. */
export declare function resolveMembershipOptions(options: MembershipOptions): ResolvedMembershipOptions;
