/** Generations of topics by their keys, as replication calls them. */
import { type TopicGeneration, topicKey, topicOfKey } from "../base/mod.ts";
import { InvalidTopicError, TopicDeletedError } from "./errors.ts";
import { firstLife, isLaterLife, type TopicLife } from "./topic_value.ts";
import type { CommitLog, TopicLog } from "./types.ts";

export function keyOf({ name, generation }: TopicLog): string {
  return topicKey(name, generation);
}

/** The key of the generation that the log has of a topic now. */
export function currentKey(log: CommitLog, name: string): string {
  return topicKey(name, log.topic(name)?.generation ?? log.lives.get(name)?.generation ?? 1);
}

/** A generation that is held; undefined when it is not, or when the log holds another of this topic. */
export function heldGeneration(log: CommitLog, key: string): TopicLog | undefined {
  const topic = log.topic(topicOfKey(key)?.name ?? key);
  return topic !== undefined && keyOf(topic) === key ? topic : undefined;
}

/**
 * Opens a generation, creating it when needed. Rejects as `openTopic` does, and with `TopicDeletedError` where another
 * one is settled: what is meant for this one must not get there.
 */
export async function openGeneration(log: CommitLog, key: string): Promise<TopicLog> {
  const asked = topicOfKey(key);
  if (asked === undefined) throw new InvalidTopicError(`Cannot use topic key ${JSON.stringify(key)}: it names none`);
  const topic = await log.openTopic(asked.name);
  if (topic.generation === asked.generation) return topic;
  throw new TopicDeletedError(asked.name, asked.generation);
}

/**
 * Takes what is damaged there for lost, if it still is. Where it cannot be said which offsets that were, it stays refused to
 * readers.
 */
export async function lose(
  log: CommitLog,
  key: string,
  place: { readonly file: string; readonly at: number },
): Promise<void> {
  const held = heldGeneration(log, key);
  const range = held?.corruptRanges.find(({ file, at }) => file === place.file && at === place.at);
  if (range !== undefined) await held?.lose(range).catch(() => undefined);
}

/** Of each topic the last generation's directory, and the life that it says. What is left of earlier ones was deleted. */
export function latestOf(folders: readonly string[]): {
  readonly lives: ReadonlyMap<string, TopicLife>;
  readonly latest: readonly string[];
  readonly past: readonly string[];
} {
  const lives = new Map<string, TopicLife>();
  const places = folders.flatMap((folder) => topicOfKey(folder) ?? []);
  for (const { name, generation } of places) {
    const life = { generation, deleted: false };
    if (isLaterLife(life, lives.get(name) ?? firstLife)) lives.set(name, life);
  }
  const isLatest = ({ name, generation }: TopicGeneration): boolean =>
    generation === (lives.get(name) ?? firstLife).generation;
  const keysOf = (some: readonly TopicGeneration[]): string[] =>
    some.map(({ name, generation }) => topicKey(name, generation));
  return {
    lives,
    latest: keysOf(places.filter(isLatest)),
    past: keysOf(places.filter((place) => !isLatest(place))),
  };
}
