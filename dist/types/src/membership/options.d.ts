import type { Address } from "../base/mod.d.ts";
import type { GossipSettings, Profile } from "../gossip/mod.d.ts";
import { type TagsInput } from "./tags.d.ts";
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
    /** First incarnation, from 1. @default 1 */
    readonly incarnation?: number | undefined;
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
}
/** Checked and complete, but for what gossip itself checks. */
export interface ResolvedMembershipOptions {
    readonly name: string;
    readonly address: Address;
    readonly tags: ReadonlyMap<string, string>;
    readonly meta: Uint8Array;
    readonly profile: Profile;
    readonly settings: Partial<GossipSettings>;
    readonly incarnation: number;
    readonly membersMax: number;
    readonly reapIntervalMs: number;
    readonly reconnectIntervalMs: number;
    readonly reconnectTimeoutMs: number;
    readonly tombstoneTimeoutMs: number;
    readonly leavePropagateDelayMs: number;
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
