import { type CommitLog, keyOf, type TopicLog } from "../log/mod.ts";
import type { AnnouncerInput, ReplicatorInput } from "../replication/mod.ts";
import { syncedOf } from "./watch_messages.ts";

/** A machine that is told what a topic holds. */
export interface GrowthHearer<Input> {
  push(input: Input): void;
}

/**
 * Tells the machines of replication what the topics of the log hold. While nobody follows this node, and it follows
 * nobody, nothing is told: that would cost more than an eighth of a small commit.
 */
export class GrownTopics {
  readonly #log: Pick<CommitLog, "topics">;
  readonly #replicator: GrowthHearer<ReplicatorInput>;
  readonly #announcer: GrowthHearer<AnnouncerInput>;
  #isFollowed = false;

  constructor(
    log: Pick<CommitLog, "topics">,
    replicator: GrowthHearer<ReplicatorInput>,
    announcer: GrowthHearer<AnnouncerInput>,
  ) {
    this.#log = log;
    this.#replicator = replicator;
    this.#announcer = announcer;
  }

  /** Called whenever a topic grew or was deleted. */
  grew(topic: TopicLog): void {
    if (this.#isFollowed || topic.deleted !== undefined) this.#tell(topic);
  }

  /** Before the machines are asked for what they say of this node's own part of a topic. */
  tell(topic: TopicLog): void {
    if (!this.#isFollowed) this.#tell(topic);
  }

  /** Before the first peer, watcher or wait for copies comes: all is told, and from now on growth at once. */
  follow(): void {
    if (this.#isFollowed) return;
    this.#isFollowed = true;
    for (const topic of this.#log.topics()) this.#tell(topic);
  }

  #tell(topic: TopicLog): void {
    const key = keyOf(topic);
    if (topic.deleted !== undefined) {
      this.#announcer.push({ type: "ended", topic: key });
      return;
    }
    const { generation, have, served, lowWater } = topic;
    const synced = syncedOf(topic);
    this.#replicator.push({ type: "grew", topic: key, have, synced });
    // What is served is durable by this node's own policy (rule R2).
    this.#announcer.push({ type: "grew", topic: key, generation, durable: served, lowWater, synced });
  }
}
