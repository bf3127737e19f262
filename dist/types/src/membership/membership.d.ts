import type { Machine, Random } from "../base/mod.d.ts";
import { type GossipCounters } from "../gossip/mod.d.ts";
import { type MembershipOptions } from "./options.d.ts";
import type { Member, MembershipEffect, MembershipInput } from "./types.d.ts";
/** What happened so far, for metrics. */
export interface MembershipCounters {
    readonly gossip: GossipCounters;
    readonly queues: {
        readonly news: number;
        readonly intent: number;
        readonly query: number;
        readonly event: number;
    };
    /** Lifeguard's score: 0 is well. */
    readonly health: number;
    /** Messages of this layer that could not be read, or are of kinds not known. */
    readonly malformed: number;
    readonly eventsRelayed: number;
    readonly queriesRelayed: number;
    readonly queriesAcknowledged: number;
}
/** Serf's layer: tags, statuses, joins and leaves, on top of gossip. No I/O. */
export declare class Membership implements Machine<MembershipInput, MembershipEffect> {
    #private;
    /** Throws `InvalidMembershipOptionError`, `InvalidGossipOptionError` or `TagsTooLargeError`. */
    constructor(options: MembershipOptions, random: Random);
    get wakeAtMs(): number;
    get localName(): string;
    /** All members known, this node included, in the order in which they became known. */
    members(): readonly Member[];
    member(name: string): Member | undefined;
    get counters(): MembershipCounters;
    step(input: MembershipInput, nowMs: number): MembershipEffect[];
}
