/** How far a node is with what its peers hold. */
import type { Registry } from "prom-client";
import type { Vector } from "../base/mod.ts";
import { systemClock } from "../io/clock.ts";
import { readCounter, readGauge, type Series } from "./metric_kinds.ts";
import { topicSeriesMax } from "./metrics_log.ts";
import { type Lag, lagOf } from "./replication_lag.ts";

/** Peers with series of their own: those that are furthest ahead. */
const peerSeriesMax = 100;

/** One look at the lag serves all metrics of a scrape. */
const lagKeptMs = 500;

/** What replication shows of itself. */
export interface MeasuredReplication {
  readonly counters: ReplicationCounters;
  readonly peers: readonly MeasuredPeer[];
  have(topic: string): Vector;
}

export interface MeasuredPeer {
  readonly name: string;
  readonly state: "connecting" | "listening" | "heard";
  readonly durable: ReadonlyMap<string, Vector>;
}

export interface ReplicationCounters {
  /** Streams open now, to peers and from peers; and pulls under way. */
  readonly watchesOpen: number;
  readonly watchersOpen: number;
  readonly pullsOpen: number;
  readonly pullsEnded: number;
  readonly pullsFailed: number;
  readonly pulledBytes: number;
  readonly appliedRecords: number;
  readonly repeatedRecords: number;
  readonly appliesFailed: number;
  /** Damaged ranges that were put back, and tries that failed. */
  readonly repairs: number;
  readonly repairsFailed: number;
  /** Records of our own of which peers had another history, given to the new writer. */
  readonly reproducedRecords: number;
}

export function registerReplication(registry: Registry, replication: MeasuredReplication): void {
  const gauge = (name: string, help: string, read: (counters: ReplicationCounters) => number): void =>
    readGauge(registry, { name: `grapevine_replication_${name}`, help }, () => read(replication.counters));
  const counter = (name: string, help: string, read: (counters: ReplicationCounters) => number): void =>
    readCounter(registry, { name: `grapevine_replication_${name}`, help }, () => read(replication.counters));
  gauge("watches_open", "Peers that this node listens to", (counters) => counters.watchesOpen);
  gauge("watchers_open", "Peers that listen to this node", (counters) => counters.watchersOpen);
  gauge("pulls_open", "Pulls under way", (counters) => counters.pullsOpen);
  counter("pulls_total", "Pulls that ended well", (counters) => counters.pullsEnded);
  counter("pulls_failed_total", "Pulls that broke off or were cancelled", (counters) => counters.pullsFailed);
  counter("pulled_bytes_total", "Bytes of frames pulled", (counters) => counters.pulledBytes);
  counter("applied_records_total", "Records of peers appended", (counters) => counters.appliedRecords);
  counter("repeated_records_total", "Records of peers that were held already", (counters) => counters.repeatedRecords);
  counter(
    "applies_failed_total",
    "Times that the log did not take what was pulled",
    (counters) => counters.appliesFailed,
  );
  counter("repairs_total", "Damaged ranges put back with what a peer holds", (counters) => counters.repairs);
  counter(
    "repairs_failed_total",
    "Times that what a peer gave did not fit a damaged range",
    (counters) => counters.repairsFailed,
  );
  counter(
    "reproduced_records_total",
    "Records of a former writer of this node that were produced again, because peers hold another history of its feed",
    (counters) => counters.reproducedRecords,
  );
  readGauge(
    registry,
    { name: "grapevine_replication_peers", help: "Peers followed, by state", labelNames: ["state"] },
    () =>
      (["connecting", "listening", "heard"] as const).map(
        (state) => [{ state }, replication.peers.filter((peer) => peer.state === state).length] as const,
      ),
  );
  let looked = { atMs: Number.NEGATIVE_INFINITY, lag: lagOf([], () => new Map()) };
  const lag = (): Lag => {
    const atMs = systemClock.nowMs();
    if (atMs - looked.atMs > lagKeptMs) {
      looked = { atMs, lag: lagOf(replication.peers, (topic) => replication.have(topic)) };
    }
    return looked.lag;
  };
  const peerLag = `Records that a peer holds and this node lacks, of the ${peerSeriesMax} peers with the most`;
  readGauge(registry, { name: "grapevine_replication_lag_records", help: peerLag, labelNames: ["peer"] }, () =>
    greatest(lag().peers, "peer", peerSeriesMax),
  );
  const topicLag = `Records that some peer holds and this node lacks, of the ${topicSeriesMax} topics with the most`;
  const name = "grapevine_replication_topic_lag_records";
  readGauge(registry, { name, help: topicLag, labelNames: ["topic"] }, () =>
    greatest(lag().topics, "topic", topicSeriesMax),
  );
}

function greatest(counts: ReadonlyMap<string, number>, label: string, max: number): Series {
  const sorted = [...counts].sort(
    ([leftName, left], [rightName, right]) => right - left || (leftName < rightName ? -1 : 1),
  );
  return sorted.slice(0, max).map(([name, count]) => [{ [label]: name }, count] as const);
}
