import { type TopicLife } from "./topic_value.d.ts";
import type { CommitLog, TopicLog } from "./types.d.ts";
export declare function keyOf({ name, generation }: TopicLog): string;
/** The key of the generation that the log has of a topic now. */
export declare function currentKey(log: CommitLog, name: string): string;
/** A generation that is held; undefined when it is not, or when the log holds another of this topic. */
export declare function heldGeneration(log: CommitLog, key: string): TopicLog | undefined;
/**
 * Opens a generation, creating it when needed. Rejects as `openTopic` does, and with `TopicDeletedError` where another
 * one is settled: what is meant for this one must not get there.
 */
export declare function openGeneration(log: CommitLog, key: string): Promise<TopicLog>;
/**
 * Takes what is damaged there for lost, if it still is. Where it cannot be said which offsets that were, it stays refused to
 * readers.
 */
export declare function lose(log: CommitLog, key: string, place: {
    readonly file: string;
    readonly at: number;
}): Promise<void>;
/** Of each topic the last generation's directory, and the life that it says. What is left of earlier ones was deleted. */
export declare function latestOf(folders: readonly string[]): {
    readonly lives: ReadonlyMap<string, TopicLife>;
    readonly latest: readonly string[];
    readonly past: readonly string[];
};
