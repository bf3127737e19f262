import type { Vector, WriterId } from "../base/mod.ts";
import type { CommitLog, LogEnvironment } from "../log/mod.ts";
import type { MeasuredPeer } from "./metrics_replication.ts";

/** What the log asks about other nodes. */
export type KnownOfPeers = Pick<LogEnvironment, "heldByPeers" | "heldThrough">;

/**
 * What this node and every peer that it follows hold durably of a topic. Undefined while one of them has not told
 * everything. Peers that failed are not followed: they are not waited for.
 */
export function heldByPeers(log: CommitLog, peers: readonly MeasuredPeer[], topic: string): Vector | undefined {
  if (peers.some(({ state }) => state !== "heard")) return undefined;
  const held = new Map<WriterId, number>();
  for (const [writer, sequence] of log.topic(topic)?.durable ?? []) {
    held.set(writer, Math.min(sequence, ...peers.map(({ durable }) => durable.get(topic)?.get(writer) ?? 0)));
  }
  return held;
}
