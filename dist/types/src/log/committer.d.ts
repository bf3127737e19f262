/**
 * Group commit of one topic. What arrives while a group is on its way to the disk makes the next group: one write each,
 * and one sync in flight. Nothing of a group counts before its write (under `always`, its sync) succeeded.
 */
import { type FrameHeader, type WriterId } from "../base/mod.d.ts";
import { StagedGroup } from "./staged_group.d.ts";
import type { TopicState } from "./topic_state.d.ts";
import type { Ack, Applied } from "./types.d.ts";
import { type OwnFrame } from "./waiting.d.ts";
export declare class Committer {
    #private;
    constructor(state: TopicState, onGrow: () => void);
    produce(frame: Uint8Array, header: FrameHeader): Promise<Ack>;
    /** All of these frames, or none. */
    reproduce(frames: readonly OwnFrame[]): Promise<void>;
    apply(frames: Uint8Array): Promise<Applied>;
    applyGap(writer: WriterId, through: number): Promise<void>;
    /** Closes the segment that takes new frames, unless it is empty. Rejects with `LogWriteError`; the next group tries again. */
    closeSegment(): Promise<void>;
    /** Resolves when all that was admitted before the call is durable. Rejects with what the disk says. */
    sync(): Promise<void>;
    /** Commits what waits, then makes everything durable. Returns whether all of it is. */
    close(): Promise<boolean>;
    /** Takes nothing more, and tells those why who wait. Resolves when nothing is on its way to the disk. */
    abandon(reason: Error): Promise<void>;
    /** Bytes of what waits for the next group. */
    get waitingBytes(): number;
    /** A group can be written now: the tail is sound, and the segment has room. */
    get isPrepared(): boolean;
    /** Puts what waits into a group, until it is large enough or fills the segment. */
    stage(): StagedGroup;
    /** Commits the next group to the topic's own file. */
    commitAlone(alone: boolean): void;
    /** Commits a group to the topic's own file that the journal could not take. */
    commitStagedAlone(staged: StagedGroup): void;
    /** The group is durable in the journal. */
    committed(staged: StagedGroup): void;
    /** The group came to nothing. */
    failed(staged: StagedGroup, error: unknown): void;
}
