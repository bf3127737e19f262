import type { Committer } from "./committer.d.ts";
import type { Group } from "./group.d.ts";
import type { JournalItem } from "./journal.d.ts";
import type { Segment } from "./segment.d.ts";
import type { TopicState } from "./topic_state.d.ts";
import type { Waiting } from "./waiting.d.ts";
/** A group that is on its way to the disk, and those who wait for it. */
export declare class StagedGroup implements JournalItem {
    readonly committer: Committer;
    readonly group: Group;
    readonly taken: readonly Waiting[];
    readonly topic: string;
    readonly name: Uint8Array;
    readonly segment: Segment;
    constructor(committer: Committer, state: TopicState, group: Group, taken: readonly Waiting[]);
    get baseOffset(): number;
    get position(): number;
    get parts(): readonly Uint8Array[];
    get bytes(): number;
}
