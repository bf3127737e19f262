import type { Committer } from "./committer.ts";
import type { Group } from "./group.ts";
import type { JournalItem } from "./journal.ts";
import type { Segment } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";
import type { Waiting } from "./waiting.ts";

/** A group that is on its way to the disk, and those who wait for it. */
export class StagedGroup implements JournalItem {
  readonly committer: Committer;
  readonly group: Group;
  readonly taken: readonly Waiting[];
  readonly topic: string;
  readonly name: Uint8Array;
  readonly segment: Segment;

  constructor(committer: Committer, state: TopicState, group: Group, taken: readonly Waiting[]) {
    this.committer = committer;
    this.group = group;
    this.taken = taken;
    this.topic = state.folder;
    this.name = state.folderBytes;
    this.segment = state.active;
  }

  get baseOffset(): number {
    return this.segment.baseOffset;
  }

  get position(): number {
    return this.group.start;
  }

  get parts(): readonly Uint8Array[] {
    return this.group.parts;
  }

  get bytes(): number {
    return this.group.end - this.group.start;
  }
}
