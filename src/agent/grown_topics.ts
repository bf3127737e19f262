import { keyOf, type TopicLog } from "../log/mod.ts";
import type { AnnouncerInput, ReplicatorInput } from "../replication/mod.ts";
import { syncedOf } from "./watch_messages.ts";

/** Who is told what a topic holds. */
export interface GrowthHearers {
  readonly replicator: { push(input: ReplicatorInput): void };
  readonly announcer: { push(input: AnnouncerInput): void };
}

/**
 * Tells the machines of replication what the topics of the log hold. While nobody follows this node, and it follows
 * nobody, growth is only remembered: telling it would cost more than an eighth of a small commit.
 */
export class GrownTopics {
  readonly #hearers: GrowthHearers;
  /** What is still to be told. */
  readonly #untold = new Set<TopicLog>();
  #isFollowed = false;

  constructor(hearers: GrowthHearers) {
    this.#hearers = hearers;
  }

  /** Called with each topic that is there, and whenever one grew or was deleted. */
  add(topic: TopicLog): void {
    if (this.#isFollowed || topic.deleted !== undefined) this.#tell(topic);
    else this.#untold.add(topic);
  }

  /** Before the machines are asked for what they say of this node itself. */
  tell(): void {
    for (const topic of this.#untold) this.#tell(topic);
  }

  /** Before the first peer, watcher or wait for copies comes: from now on growth is told at once. */
  follow(): void {
    this.#isFollowed = true;
    this.tell();
  }

  #tell(topic: TopicLog): void {
    this.#untold.delete(topic);
    const key = keyOf(topic);
    const { replicator, announcer } = this.#hearers;
    if (topic.deleted !== undefined) {
      announcer.push({ type: "ended", topic: key });
      return;
    }
    const { generation, have, served, lowWater } = topic;
    const synced = syncedOf(topic);
    replicator.push({ type: "grew", topic: key, have, synced });
    // What is served is durable by this node's own policy (rule R2).
    announcer.push({ type: "grew", topic: key, generation, durable: served, lowWater, synced });
  }
}
