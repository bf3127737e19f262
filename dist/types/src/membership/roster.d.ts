/** Serf's rules: what a member's status is, from what gossip sees and what intents announce. */
import type { NodeSnapshot } from "../gossip/mod.d.ts";
import type { LamportClock } from "./lamport.d.ts";
import type { JoinIntent, LeaveIntent } from "./messages.d.ts";
import type { Member, MemberEvent, MemberStatus } from "./types.d.ts";
export interface RosterSettings {
    readonly reconnectTimeoutMs: number;
    readonly tombstoneTimeoutMs: number;
}
export declare class Roster {
    #private;
    constructor(local: NodeSnapshot, clock: LamportClock, emit: (event: MemberEvent) => void);
    /** Takes in who is known from the start, without an event. Who says the same shares the tags. */
    know(nodes: Iterable<NodeSnapshot>): void;
    all(): Member[];
    get(name: string): Member | undefined;
    /**
     * What a push/pull says of all members. Who hears of a leaver takes it as a leave one above the time told; of anybody
     * else, as a join at that time. A member that is just leaving must count among the leavers: told as a join at the time
     * of its leave, it would make the hearer deaf to the leave itself, and the goodbye would then look like a failure.
     */
    statuses(): {
        readonly statusLamports: Map<string, number>;
        readonly leftMembers: string[];
    };
    withStatus(status: MemberStatus): Member[];
    /** Gossip says that a node is alive. */
    joined(node: NodeSnapshot): void;
    /** Gossip says that a node is gone: it left if it had announced that or said goodbye, and failed if not. */
    gone(node: NodeSnapshot, nowMs: number): void;
    /** Gossip says that a node says something else about itself. */
    updated(node: NodeSnapshot): void;
    /** True when this changed something: only then it is passed on. Always counts, or leaves would echo for ever. */
    joinIntent(intent: JoinIntent, nowMs: number): boolean;
    /**
     * Takes the time of a member's status from a peer's state as a join, as Serf does. Serf's own agents tell of a leave so
     * too, while its goodbye is on the way: hence a leave intent of the same time counts nevertheless.
     */
    hearsay(intent: JoinIntent, nowMs: number): void;
    /** True when this changed something: only then it is passed on. Not for leaves of this node: see `contradicts`. */
    leaveIntent(intent: LeaveIntent, nowMs: number): boolean;
    /** True when a leave intent is about this node and news to it: it must be contradicted while this node stays. */
    contradicts(intent: LeaveIntent): boolean;
    /** True when a peer tells of a later time for this node than this node announced: that of a leave that it missed. */
    isBehind(intent: JoinIntent): boolean;
    /** This node has told some members alone that it joined at a time. */
    announced(lamport: number): void;
    /** Forgets a member that is not alive. */
    prune(name: string): void;
    /** Forgets members that are gone for long, and intents that nobody followed. */
    reap(settings: RosterSettings, nowMs: number): void;
}
