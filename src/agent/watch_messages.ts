/** What a node says on a Watch stream that it serves, as the announcer wants it said. */
import { type ChainHash, topicKey, topicOfKey, type Vector, type WriterId } from "../base/mod.ts";
import { type CommitLog, heldGeneration, type TopicLog } from "../log/mod.ts";
import type { AnnouncerEffect, AnnouncerInput } from "../replication/mod.ts";
import type { WatchMessage } from "../server/mod.ts";

type Effect<Type extends AnnouncerEffect["type"]> = Extract<AnnouncerEffect, { readonly type: Type }>;

/** With the hash of the caller's own feed where the notice says that it ends, which is where the log ends it at this moment. */
export function noticeOf(log: CommitLog, caller: WriterId, notice: Effect<"notice">, awaited: boolean): WatchMessage {
  const end = heldGeneration(log, notice.topic)?.feedEnd(caller);
  const callerChain = end?.have === notice.durable.get(caller) ? end?.chain : undefined;
  const { generation, durable, lowWater } = notice;
  return { type: "notice", topic: nameOf(notice.topic), generation, durable, lowWater, callerChain, awaited };
}

/** With the hash of the caller's own feed where the confirmation says that it is on disk. */
export async function confirmationOf(
  log: CommitLog,
  caller: WriterId,
  { topic, generation, synced }: Effect<"confirm">,
): Promise<WatchMessage> {
  const sequence = synced.get(caller);
  const callerChain = sequence === undefined ? undefined : await chainAt(heldGeneration(log, topic), caller, sequence);
  return { type: "confirmation", topic: nameOf(topic), generation, synced, callerChain };
}

async function chainAt(
  topic: TopicLog | undefined,
  writer: WriterId,
  sequence: number,
): Promise<ChainHash | undefined> {
  const end = topic?.feedEnd(writer);
  if (end?.have === sequence) return end.chain;
  // Where the log cannot be read now, the caller is told without, and counts what is confirmed with a hash after it.
  const found = await topic?.chainAt(writer, sequence).catch(() => undefined);
  return found === "within-batch" ? undefined : found;
}

function nameOf(key: string): string {
  return topicOfKey(key)?.name ?? key;
}

/** What is fsynced. A feed that is no longer followed may be another one than its owner's: it is confirmed to nobody. */
export function syncedOf({ durable, stoppedFeeds }: TopicLog): Vector {
  if (stoppedFeeds.size === 0) return durable;
  return new Map([...durable].filter(([writer]) => !stoppedFeeds.has(writer)));
}

/** That the transport took this message. */
export function sentOf(subscriber: number, message: WatchMessage): AnnouncerInput {
  switch (message.type) {
    case "heartbeat":
      return { type: "sent", subscriber };
    case "notice":
      return { type: "sent", subscriber, topic: topicKey(message.topic, message.generation) };
    case "confirmation":
      return { type: "confirmation-sent", subscriber, topic: topicKey(message.topic, message.generation) };
    default:
      throw message satisfies never;
  }
}
