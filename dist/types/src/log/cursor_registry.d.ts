import { type Vector } from "../base/mod.d.ts";
import { type CursorState } from "./cursor_value.d.ts";
import type { CommitLog } from "./types.d.ts";
export interface CursorRegistryOptions {
    readonly wallMs: () => number;
    /** Hears of records that make no sense, and of what cannot be read. */
    readonly onWarn: (message: string) => void;
}
/** A named cursor, as this node knows it. */
export interface SavedCursor extends CursorState {
    readonly name: string;
    /** When the latest of what it is made of was written. */
    readonly savedAtMs: number;
    /** Where in `_cursors` what it is made of stands: a node that holds so much of each writer says no less. */
    readonly token: Vector;
}
/** What counts of a topic: the generation that is asked about. */
export interface CursorTopic {
    readonly name: string;
    readonly generation: number;
}
/**
 * How far named consumers have read, as the topic `_cursors` says. It is replicated as any topic is, and all nodes come to
 * the same in whatever order the records reach them, without asking each other: what is known only grows, by
 * `joinCursors`. Changes that come while others are written are written together, of each cursor only what comes of
 * all; what adds nothing is not written at all.
 */
export declare class CursorRegistry implements AsyncDisposable {
    #private;
    private constructor();
    /** Reads what is saved. Where it cannot be read, `onWarn` hears of it, and whoever asks later. */
    static open(log: CommitLog, options: CursorRegistryOptions): Promise<CursorRegistry>;
    /** Cursors that are kept in memory. */
    get size(): number;
    /** Records that this node wrote, and changes that it was asked for, since it was opened. */
    get counters(): {
        readonly written: number;
        readonly asked: number;
    };
    /** What is known of a name, also that it is deleted; undefined when nothing is, in this generation of the topic. */
    get(topic: CursorTopic, name: string): Promise<SavedCursor | undefined>;
    /** The cursors of a topic, sorted by name. */
    list(topic: CursorTopic): Promise<readonly SavedCursor[]>;
    /**
     * Adds to what was read under a name since the reset that the reader knows of, which others may not have heard of yet.
     * Resolves with what is known now, once that is fsynced, whatever the policy. Rejects with `CursorResetError`,
     * `CursorDeletedError`, `TooManyCursorsError`, `CursorTooLargeError`, `CursorsOverloadedError`, or as produce does.
     */
    save(topic: CursorTopic, name: string, read: {
        readonly vector: Vector;
        readonly resets: number;
    }): Promise<SavedCursor>;
    /** Sets a cursor anew, also to an earlier place. What is saved by those who began before is refused from then on. */
    reset(topic: CursorTopic, name: string, vector: Vector): Promise<SavedCursor>;
    /** Ends a cursor: whoever begins under the name begins anew. Rejects as `save`, and with `UnknownCursorError`. */
    delete(topic: CursorTopic, name: string): Promise<SavedCursor>;
    [Symbol.asyncDispose](): Promise<void>;
}
