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
    all(): Member[];
    get(name: string): Member | undefined;
    /** Lamport times of all members' statuses, for a push/pull. */
    statusLamports(): Map<string, number>;
    withStatus(status: MemberStatus): Member[];
    /** Gossip says that a node is alive. */
    joined(node: NodeSnapshot): void;
    /** Gossip says that a node is gone: it left if it had announced that, and failed if not. */
    gone(node: NodeSnapshot, nowMs: number): void;
    /** Gossip says that a node says something else about itself. */
    updated(node: NodeSnapshot): void;
    /** True when this changed something: only then it is passed on. Always counts, or leaves would echo for ever. */
    joinIntent(intent: JoinIntent, nowMs: number): boolean;
    /** True when this changed something: only then it is passed on. Not for leaves of this node: see `contradicts`. */
    leaveIntent(intent: LeaveIntent, nowMs: number): boolean;
    /** True when a leave intent is about this node and news to it: it must be contradicted while this node stays. */
    contradicts(intent: LeaveIntent): boolean;
    /** Forgets a member that is not alive. */
    prune(name: string): void;
    /** Forgets members that are gone for long, and intents that nobody followed. */
    reap(settings: RosterSettings, nowMs: number): void;
}
