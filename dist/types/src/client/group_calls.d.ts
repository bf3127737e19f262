/** How a member of a group speaks with the group's home, through any server. */
import { type Place, type Vector } from "../base/mod.d.ts";
import type { ConsumeFrom } from "./client_options.d.ts";
import { type Cursor } from "./cursor.d.ts";
import type { Servers } from "./servers.d.ts";
export interface SlotPlace {
    readonly slot: number;
    readonly vector: Vector;
    readonly resets: number;
}
/** What a member says. */
export interface GroupWork {
    readonly slots: readonly number[];
    readonly saves: readonly SlotPlace[];
    readonly releases: readonly number[];
    /** Of the topic, 0 while it is not known. */
    readonly generation: number;
    readonly leave: boolean;
}
/** What it is told. */
export interface GroupPlace {
    readonly slots: readonly number[];
    readonly giveUp: readonly number[];
    readonly leaseMs: number;
    readonly slotCount: number;
    readonly generation: number;
    readonly cursors: readonly SlotPlace[];
}
export interface GroupMember {
    readonly topic: string;
    readonly group: string;
    readonly member: string;
    readonly from: ConsumeFrom;
}
/** Speaks for one life of a member. Calls are made one after another. */
export declare function groupWork(servers: Servers, { topic, group, member, from }: GroupMember): (work: GroupWork) => Promise<GroupPlace>;
/** A name for a member that its caller gave none. */
export declare function randomMember(): string;
export declare function groupCursor(place: Place): Cursor;
