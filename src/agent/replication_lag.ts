import { topicOfKey, type Vector } from "../base/mod.ts";
import { type CommitLog, currentKey } from "../log/mod.ts";
import type { PeerProgress } from "../replication/mod.ts";

/** Positions of feeds that one look at the lag compares; further topics are left out. It takes some tens of milliseconds. */
const positionsMax = 50_000;

export interface Lag {
  /** Records that each peer holds and this node lacks. */
  readonly peers: ReadonlyMap<string, number>;
  /** Records of each topic that at least one peer holds and this node lacks. Topics without any are left out. */
  readonly topics: ReadonlyMap<string, number>;
}

/** How far this node is behind its peers, by what they told to hold durably. */
export function lagOf(
  peers: readonly { readonly name: string; readonly durable: ReadonlyMap<string, Vector> }[],
  haveOf: (topic: string) => Vector,
): Lag {
  const byPeer = new Map<string, number>();
  const ends = new Map<string, Map<string, number>>();
  let positions = 0;
  for (const { name, durable } of peers) {
    let lacking = 0;
    for (const [topic, vector] of durable) {
      positions += vector.size;
      if (positions > positionsMax) break;
      const have = haveOf(topic);
      for (const [writer, sequence] of vector) {
        const missing = sequence - (have.get(writer) ?? 0);
        if (missing <= 0) continue;
        lacking += missing;
        const feeds = ends.get(topic) ?? new Map<string, number>();
        feeds.set(writer, Math.max(feeds.get(writer) ?? 0, missing));
        ends.set(topic, feeds);
      }
    }
    byPeer.set(name, lacking);
  }
  const topics = new Map<string, number>();
  for (const [topic, feeds] of ends)
    topics.set(
      topic,
      [...feeds.values()].reduce((total, missing) => total + missing, 0),
    );
  return { peers: byPeer, topics };
}

/**
 * What peers told, by the names of topics. Of generations that this node does not have it cannot say what it lacks, and of
 * topics that it is not to hold it lacks nothing.
 */
export function measuredPeers(
  log: CommitLog,
  progress: readonly PeerProgress[],
  follows: (topic: string) => boolean = () => true,
): PeerProgress[] {
  return progress.map((peer) => {
    const durable = new Map<string, Vector>();
    for (const [key, vector] of peer.durable) {
      const name = topicOfKey(key)?.name ?? key;
      if (currentKey(log, name) === key && follows(name)) durable.set(name, vector);
    }
    return { ...peer, durable };
  });
}
