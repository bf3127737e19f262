/**
 * What a node writes down to find its cluster again: Serf's snapshot file, one record a line, where a later line
 * overrides an earlier one. A comment is what Serf's agents skip, so what they do not know stands in comments.
 */
import { type Address } from "../base/mod.d.ts";
import type { LamportTimes, MemberEvent } from "./types.d.ts";
/** A node that was there. */
export interface RememberedNode {
    readonly name: string;
    readonly address: Address;
}
/** What changes without an event, and is looked at every now and then. */
export interface SnapshotCounts extends LamportTimes {
    readonly incarnation: number;
}
/**
 * The memory of one node. It is read from a file, follows the changes, and says for each what is to be appended. Total:
 * whatever the bytes are, it holds what can be made out, and counts the lines that cannot.
 */
export declare class Snapshot {
    #private;
    /** With `rejoinAfterLeave` a node that left in good order still knows its cluster. What follows the last line end is torn. */
    static read(bytes: Uint8Array, options: {
        readonly rejoinAfterLeave: boolean;
    }): Snapshot;
    /** Members that were alive when last heard of, and members that had failed: the whole cluster may have been away. */
    get alive(): RememberedNode[];
    get failed(): RememberedNode[];
    /** The greatest Lamport times seen, 0 for none. */
    get lamport(): LamportTimes;
    /** The last incarnation that this node had; 0 when none was written. */
    get incarnation(): number;
    /** Lines that were read and mean nothing. */
    get unreadableLines(): number;
    /** What to append for a change of a member; nothing when there is none to remember. After a leave nothing counts. */
    changed({ type, member }: MemberEvent): string;
    /** What to append for counts as they are now. */
    counted(counts: SnapshotCounts): string;
    /** What to append when this node leaves in good order. */
    left(): string;
    /** Forgets whom nobody of this cluster knows any more, so that no file names the dead for ever. */
    retain(isKnown: (name: string) => boolean): void;
    /** Whether a file of so many bytes should be replaced by `text`. */
    isTooLong(bytes: number): boolean;
    /** All that is remembered, in as few lines as it takes. */
    text(): string;
}
