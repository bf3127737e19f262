/** What a node's log holds, as far as its interface tells. */
import type { Registry } from "prom-client";
import type { CommitLog, LogEvent, TopicLog } from "../log/mod.ts";
import { readCounter, readGauge, type Series } from "./metric_kinds.ts";

/** Topics with series of their own: those with the most records appended. Of more there are only sums. */
export const topicSeriesMax = 100;

/** The result stops listening. */
export function registerLog(registry: Registry, log: CommitLog): () => void {
  const sum = (read: (topic: TopicLog) => number) => () =>
    log.topics().reduce((total, topic) => total + read(topic), 0);
  const gauge = (name: string, help: string, read: () => number): void =>
    readGauge(registry, { name: `grapevine_log_${name}`, help }, read);
  gauge("topics", "Topics held", () => log.topics().length);
  gauge(
    "disk_bytes",
    "Bytes of all segments on disk",
    sum((topic) => topic.bytes),
  );
  gauge(
    "records",
    "Records held",
    sum((topic) => topic.nextOffset - topic.firstOffset),
  );
  gauge(
    "feeds",
    "Feeds held: one for each topic and writer",
    sum((topic) => topic.have.size),
  );
  gauge(
    "feeds_stopped",
    "Feeds that are no longer followed because they forked",
    sum(({ stoppedFeeds }) => stoppedFeeds.size),
  );
  const appended = "Records ever appended to the log, by this node and from peers; it goes on counting after a restart";
  readCounter(
    registry,
    { name: "grapevine_log_appended_records_total", help: appended },
    sum((topic) => topic.nextOffset),
  );
  const labelNames = ["topic"];
  const topicBytes = `Bytes on disk, of the ${topicSeriesMax} topics with the most records appended`;
  readGauge(registry, { name: "grapevine_log_topic_bytes", help: topicBytes, labelNames }, () =>
    ofTopics(log, ({ bytes }) => bytes),
  );
  const topicRecords = `Records ever appended, of the ${topicSeriesMax} topics that have the most`;
  const name = "grapevine_log_topic_appended_records_total";
  readCounter(registry, { name, help: topicRecords, labelNames }, () => ofTopics(log, ({ nextOffset }) => nextOffset));
  return registerEvents(registry, log);
}

function ofTopics(log: CommitLog, read: (topic: TopicLog) => number): Series {
  const topics = [...log.topics()].sort((left, right) => right.nextOffset - left.nextOffset);
  return topics.slice(0, topicSeriesMax).map((topic) => [{ topic: topic.name }, read(topic)] as const);
}

/** What happened to the log since the node runs: kinds of events are few. */
function registerEvents(registry: Registry, log: CommitLog): () => void {
  const counts = new Map<LogEvent["type"], number>(
    ["feed-stopped", "new-writer", "write-failed"].map((type) => [type as LogEvent["type"], 0]),
  );
  const help = "Things about the log that an operator should know, by kind";
  readCounter(registry, { name: "grapevine_log_events_total", help, labelNames: ["type"] }, () =>
    [...counts].map(([type, count]) => [{ type }, count] as const),
  );
  return log.onEvent(({ type }) => counts.set(type, (counts.get(type) ?? 0) + 1));
}
