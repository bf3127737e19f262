import { type Address, type Random, Schedule } from "../base/mod.d.ts";
import { type BroadcastClass, Gossip, type GossipInput } from "../gossip/mod.d.ts";
import { LamportClock } from "./lamport.d.ts";
import type { ResolvedMembershipOptions } from "./options.d.ts";
import { Roster } from "./roster.d.ts";
import type { MembershipEffect } from "./types.d.ts";
/** Counts that this layer adds to those of gossip. All only grow. */
export interface SerfCounts {
    /** Messages that could not be read, or are of kinds not known. */
    malformed: number;
    /** Lamport times that nobody can have counted to: what carries one is not believed, and not passed on. */
    lamportsRefused: number;
    eventsSent: number;
    /** User events that came, by gossip and in exchanges of state. */
    eventsReceived: number;
    /** Of those: known already, or too old to tell. */
    eventsRepeated: number;
    /** Of those: larger than what is passed on. */
    eventsOversize: number;
    /** User events that a later one of the same name took the place of. */
    eventsCoalesced: number;
    eventsRelayed: number;
    /** User events told to this node's own listeners. */
    eventsDelivered: number;
    queriesAsked: number;
    /** Queries that came, those known already included. */
    queriesReceived: number;
    queriesRepeated: number;
    queriesRelayed: number;
    queriesAcknowledged: number;
    /** Queries told to this node's own handlers. */
    queriesDelivered: number;
    /** Queries whose filters use what is not supported: they count as meant for others. */
    filtersUnsupported: number;
    /** Acknowledgements and answers that this node sent, and that came for it. */
    responsesSent: number;
    responsesReceived: number;
    /** Intents that came by gossip. */
    joinIntents: number;
    leaveIntents: number;
    /** Answers that came twice, as relayed ones do. */
    responsesRepeated: number;
    /** Answers to no open query of this node. */
    responsesUnexpected: number;
    messagesForwarded: number;
    nameConflicts: number;
}
/** What the parts of this layer share: options, time, chance, the members, gossip below and effects above. */
export declare class Core {
    #private;
    readonly options: ResolvedMembershipOptions;
    readonly random: Random;
    readonly schedule: Schedule;
    readonly gossip: Gossip;
    readonly clock: LamportClock;
    readonly roster: Roster;
    readonly counts: SerfCounts;
    nowMs: number;
    effects: MembershipEffect[];
    constructor(options: ResolvedMembershipOptions, random: Random, hooks: CoreHooks);
    get localName(): string;
    emit(effect: MembershipEffect): void;
    /** Steps the gossip machine; what comes of it is taken up before this returns. */
    tell(input: GossipInput): void;
    /** The largest message that fits a packet of gossip. A larger one would block its queue for ever. */
    get spreadBytesMax(): number;
    /** Spreads a message to everybody; false when it is too large for that. */
    spread(queue: BroadcastClass, bytes: Uint8Array, id?: number): boolean;
    /** Sends a message to one node; what is meant for this one takes no detour. */
    send(to: Address, bytes: Uint8Array): void;
    /** Whether what carries this time is to be believed; counts it when not. */
    believes(clock: LamportClock, time: number): boolean;
    /**
     * Sets a clock by a peer's; false when that is not to be believed. Who joins knows nothing yet, and takes over any time
     * from which one can go on counting.
     */
    catchUp(clock: LamportClock, time: number, joining: boolean): boolean;
    after(delayMs: number, run: () => void): {
        cancel(): void;
    };
    aliveNames(): string[];
}
export interface CoreHooks {
    tell(input: GossipInput): void;
    /** Takes up a message of this layer. */
    receive(bytes: Uint8Array): void;
    /** What this node tells in a push/pull. */
    state(): Uint8Array;
}
