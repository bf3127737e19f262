/** What a node remembers of its cluster from one life to the next, and how it finds it again by that. */
import { type Random } from "../base/mod.d.ts";
import { type LamportTimes, type MemberEvent, type SnapshotCounts } from "../membership/mod.d.ts";
export interface MemoryOptions {
    /**
     * A file in Serf's form that this node remembers its cluster in. Started again, it finds the members that were there
     * by itself, and is told no event twice. Created when missing; one node at a time may have it. @default none
     */
    readonly snapshot?: string | undefined;
    /** Find the cluster again even after this node has left it in good order. @default false */
    readonly rejoinAfterLeave?: boolean | undefined;
}
/** What the memory needs of its node. */
export interface RememberingNode {
    readonly localName: string;
    counts(): SnapshotCounts;
    isKnown(name: string): boolean;
    /** Whether any other node is alive in this one's eyes. */
    hasCompany(): boolean;
    /** Contacts these gossip addresses. Rejects when none was reached. */
    join(addresses: readonly string[]): Promise<unknown>;
}
export declare class NodeMemory implements AsyncDisposable {
    #private;
    /** Reads what is remembered; undefined when the options name no file. Rejects with `SnapshotFileError`. */
    static open(options: MemoryOptions, warn: (message: string) => void): Promise<NodeMemory | undefined>;
    private constructor();
    /** Above all that others may hold of the last life, so that they believe the new one at once. */
    readonly nextIncarnation: number;
    get lamport(): LamportTimes;
    /** Follows a node, and looks for its cluster. Resolves after the first round: whether the node has company then. */
    follow(node: RememberingNode, random: Random): Promise<boolean>;
    changed(event: MemberEvent): void;
    /** The node leaves in good order. */
    left(): void;
    /** No more joins. What changes still is written until disposal. */
    stop(): void;
    [Symbol.asyncDispose](): Promise<void>;
}
