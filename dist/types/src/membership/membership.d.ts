import type { Machine, Random } from "../base/mod.d.ts";
import type { Coordinate, PeerHealth } from "../gossip/mod.d.ts";
import type { MembershipCounters } from "./counters.d.ts";
import { type MembershipOptions } from "./options.d.ts";
import type { Member, MembershipEffect, MembershipInput, QueryKey, QueryRequest, UserEventRequest } from "./types.d.ts";
export type { MembershipCounters };
/** Serf's layer on top of gossip: tags, statuses, joins and leaves, user events and queries. No I/O. */
export declare class Membership implements Machine<MembershipInput, MembershipEffect> {
    #private;
    /** Throws `InvalidMembershipOptionError`, `InvalidGossipOptionError`, `InvalidKeyError` or `TagsTooLargeError`. */
    constructor(options: MembershipOptions, random: Random);
    get wakeAtMs(): number;
    get localName(): string;
    /** All members known, this node included, in the order in which they became known. */
    members(): readonly Member[];
    member(name: string): Member | undefined;
    /** The round trip between two members in milliseconds, from where they stand; undefined when one was not heard yet. */
    rttMs(left: string, right: string): number | undefined;
    /** Where a member stands in the space of round trips; undefined when it was not heard yet. */
    coordinateOf(name: string): Coordinate | undefined;
    /** What a member says it speaks, as gossip has it: six bytes; undefined when gossip does not know it any more. */
    versionsOf(name: string): Uint8Array | undefined;
    /** Whether this node has keys. */
    get isEncrypted(): boolean;
    /** What this node sees of the way to a member; undefined for itself, and for one that gossip does not know. */
    peerHealth(name: string): PeerHealth | undefined;
    get counters(): MembershipCounters;
    /** Throws `UserEventTooLargeError` for an event that would not be sent now. */
    checkUserEvent(event: UserEventRequest): void;
    /** Throws `InvalidQueryError` or `QueryTooLargeError` for a query that would not be asked now. */
    checkQuery(request: QueryRequest): void;
    /** Throws `QueryClosedError` or `QueryTooLargeError` for an answer that would not be sent now. */
    checkResponse(query: QueryKey, payload: Uint8Array): void;
    /** Throws `NotRemovableError` for a member that cannot be forced to leave. */
    checkForceLeave(name: string): void;
    step(input: MembershipInput, nowMs: number): MembershipEffect[];
}
