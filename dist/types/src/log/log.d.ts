import { type Vector, type WriterId } from "../base/mod.d.ts";
import type { Directory } from "./directory.d.ts";
import { TopicDeletedError } from "./errors.d.ts";
import type { LogEvent } from "./events.d.ts";
import { type TopicLife } from "./topic_value.d.ts";
import type { CommitLog, LogEnvironment, LogOptions, ScrubProgress, TopicLog } from "./types.d.ts";
/** All topics of a data directory. The caller owns the directory, and its lock, for longer than the log. */
export declare class Log implements CommitLog {
    #private;
    private constructor();
    /**
     * Opens a data directory and everything in it, recovering from an unclean stop. Rejects with
     * `InvalidLogOptionError`, `LogCorruptError`, or what the disk says.
     */
    static open(directory: Directory, options: LogOptions, environment: LogEnvironment): Promise<Log>;
    get writer(): WriterId;
    get formerWriters(): readonly WriterId[];
    get segmentBytesMax(): number;
    topics(): readonly TopicLog[];
    topic(name: string): TopicLog | undefined;
    openTopic(topicName: string): Promise<TopicLog>;
    deletedTopic(topicName: string): TopicDeletedError | undefined;
    get lives(): ReadonlyMap<string, TopicLife>;
    settleLife(name: string, life: TopicLife): Promise<void>;
    /**
     * Drops the copy of a topic, once nothing is on its way to it any more and `isKept` still says that others keep all of
     * it. Resolves with whether it is gone; else it is open again. Whoever uses it meanwhile is told that it is closed.
     */
    release(name: string, isKept: (have: Vector) => boolean): Promise<boolean>;
    onLife(listener: (change: TopicLife & {
        readonly topic: string;
    }) => void): () => void;
    get journalBytes(): number;
    get scrubProgress(): ScrubProgress;
    mintWriter(reason: string): Promise<WriterId>;
    onGrow(listener: (topic: TopicLog) => void): () => void;
    onEvent(listener: (event: LogEvent) => void): () => void;
    [Symbol.asyncDispose](): Promise<void>;
}
