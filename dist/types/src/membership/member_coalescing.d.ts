import { type Machine, type Wake } from "../base/mod.d.ts";
import type { Member, MemberEvent, MemberEventType } from "./types.d.ts";
/** How long events are held back, in milliseconds. */
export interface CoalescePeriods {
    /** At most; 0 tells each at once. */
    readonly windowMs: number;
    /** Until it was quiet for so long. */
    readonly quietMs: number;
}
/** Members to whom the same happened, each once. */
export interface MemberBatch {
    readonly type: MemberEventType;
    readonly members: readonly Member[];
}
export type CoalescerInput = Wake | {
    readonly type: "event";
    readonly event: MemberEvent;
};
export type CoalescerEffect = {
    readonly type: "batch";
    readonly batch: MemberBatch;
};
/**
 * Holds back what happens to members, and tells of each only the last: when nothing came for a while, and at the end of
 * the window at the latest. A member that fails and is back meanwhile is not spoken of. It is for those who would be
 * told too often otherwise; gossip goes on as it goes. No I/O.
 */
export declare class MemberCoalescer implements Machine<CoalescerInput, CoalescerEffect> {
    #private;
    /** Who is alive at the start is known to those who are told. */
    constructor(periods: CoalescePeriods, known?: readonly Member[]);
    get wakeAtMs(): number;
    step(input: CoalescerInput, nowMs: number): CoalescerEffect[];
}
