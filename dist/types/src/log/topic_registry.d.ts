import type { ExpressionFault } from "./placement_settings.d.ts";
import { type TopicSettings, type TopicSettingsChange } from "./topic_settings.d.ts";
import type { CommitLog } from "./types.d.ts";
/** The topic is there already. Nothing was changed. */
export declare class TopicExistsError extends RangeError {
    readonly name = "TopicExistsError";
    readonly code = "TOPIC_EXISTS";
    constructor(topic: string);
}
/** Neither is the topic held nor is anything settled about it. Nothing was changed. */
export declare class TopicNotFoundError extends RangeError {
    readonly name = "TopicNotFoundError";
    readonly code = "TOPIC_NOT_FOUND";
    constructor(doing: "set" | "delete", topic: string);
}
export interface TopicRegistryOptions {
    readonly wallMs: () => number;
    /** Calls back once after so many milliseconds; the result cancels. */
    readonly after: (delayMs: number, callback: () => void) => () => void;
    /** Hears of records that make no sense, and of topics that cannot be opened or read. */
    readonly onWarn: (message: string) => void;
    /** Whether a topic that is not held is to be, because something is settled about it. @default each is */
    readonly isHeldHere?: ((topic: string, settings: TopicSettings) => boolean) | undefined;
    /** What is wrong with an expression over tags. @default each is taken for one */
    readonly expressionFault?: ExpressionFault | undefined;
    /** Hears of each topic about which something new is settled, before that is applied. */
    readonly onSettled?: ((topic: string) => void) | undefined;
    /** Hears of each topic that is held from now on because something is settled about it. */
    readonly onHeld?: ((topic: string) => void) | undefined;
}
/**
 * The settings of all topics, as the topic `_topics` says: a record for each change. The greatest generation holds, in it a
 * delete, else the latest by (lamport, writer, sequence). It is replicated as any topic is, and all nodes come to the same
 * in whatever order the records reach them.
 * Invariant: what `settings` tells is applied to the log.
 */
export declare class TopicRegistry implements AsyncDisposable {
    #private;
    private constructor();
    /** Reads what is settled and applies it. Where it cannot be read, `onWarn` hears of it, and it is tried again. */
    static open(log: CommitLog, options: TopicRegistryOptions): Promise<TopicRegistry>;
    /** What holds for a topic; nothing of its own where it is deleted. */
    settings(topic: string): TopicSettings;
    /** Topics about which something is settled. */
    get names(): Iterable<string>;
    /** Whether something is settled about a topic, and it is not deleted. */
    isSettled(topic: string): boolean;
    /** Whether all that the log holds of it is taken in. */
    get isCurrent(): boolean;
    /** Begins to hold a topic, if that is to be so by now. Resolves when it is open. */
    hold(topic: string): Promise<void>;
    /**
     * Changes what holds for a topic on all nodes. Resolves with what holds now, once that is fsynced here, whatever the
     * policy, and applied here. `create` makes a topic that is not there yet, or was deleted: then it begins anew, in the
     * next generation. Rejects with `InvalidTopicError`, `InvalidTopicSettingError`, `TopicExistsError`,
     * `TopicNotFoundError`, `TopicDeletedError`, `TooManyTopicsError`, or as produce does.
     */
    set(topic: string, change: TopicSettingsChange, options: {
        readonly create: boolean;
    }): Promise<TopicSettings>;
    /**
     * Deletes a topic on all nodes, with what was written to it and is not seen here yet. Resolves with its generation once
     * that is fsynced here and the topic is gone here. Rejects with `InvalidTopicError`, `TopicNotFoundError`, `TopicDeletedError`,
     * `TooManyTopicsError`, or as produce does.
     */
    delete(topic: string): Promise<number>;
    [Symbol.asyncDispose](): Promise<void>;
}
