/** What a node's log holds, as far as its interface tells. */
import { Histogram, type Registry } from "prom-client";
import { systemClock } from "../io/clock.ts";
import type { CommitLog, LogEvent, LogMeter, TopicLog } from "../log/mod.ts";
import { readCounter, readGauge, type Series, Tally } from "./metric_kinds.ts";

/** Topics with series of their own: those with the most records appended. Of more there are only sums. */
export const topicSeriesMax = 100;

/** From what a disk with a cache that survives takes to what makes callers give up. */
const syncBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Counts what the log does with the disk while it does it. */
export function meterOf(registry: Registry): LogMeter {
  const [toSegment, toJournal, records, bytes] = [new Tally(), new Tally(), new Tally(), new Tally()];
  const commits =
    "Groups of records of one topic that were committed at once, by whether to the topic's own file or to the journal";
  readCounter(registry, { name: "grapevine_log_commits_total", help: commits, labelNames: ["to"] }, () => [
    [{ to: "segment" }, toSegment.total],
    [{ to: "journal" }, toJournal.total],
  ]);
  const committed = "Records committed, by this node and from peers";
  readCounter(registry, { name: "grapevine_log_committed_records_total", help: committed }, () => records.total);
  const frames = "Bytes of frames committed";
  readCounter(registry, { name: "grapevine_log_committed_bytes_total", help: frames }, () => bytes.total);
  const syncs = new Histogram({
    name: "grapevine_log_fsync_duration_seconds",
    help: "How long the fsyncs of commits took",
    ...{ buckets: syncBuckets, registers: [registry] },
  });
  const stamped = { duplicate: new Tally(), fenced: new Tally(), twin: new Tally() };
  const counter = (name: string, help: string, tally: Tally): void =>
    readCounter(registry, { name: `grapevine_log_${name}_total`, help }, () => tally.total);
  counter(
    "producer_duplicates",
    "Batches that were produced again and answered with where they stood",
    stamped.duplicate,
  );
  counter("producer_fenced", "Batches refused because their producer has a higher epoch", stamped.fenced);
  counter(
    "producer_twins",
    "Batches found to stand in the log twice: their producer sent them to two nodes",
    stamped.twin,
  );
  return {
    nowMs: () => systemClock.nowMs(),
    committed: (recordCount, byteCount, inJournal) => {
      (inJournal ? toJournal : toSegment).inc();
      records.inc(recordCount);
      bytes.inc(byteCount);
    },
    synced: (tookMs) => syncs.observe(tookMs / 1_000),
    stamped: (what) => stamped[what].inc(),
  };
}

/** What a log is measured by beside itself. */
export interface MeasuredLog {
  readonly log: CommitLog;
  /** Its events, from the first on. The result stops that. */
  readonly onLogEvent: (listener: (event: LogEvent) => void) => () => void;
}

/** The result stops listening. */
export function registerLog(registry: Registry, { log, onLogEvent }: MeasuredLog): () => void {
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
  // What deleted topics held stays counted: a counter that falls would look like a restart.
  let deleted = 0;
  const stopDeleted = onLogEvent((event) => {
    if (event.type === "topic-deleted") deleted += event.appended;
  });
  const held = sum((topic) => topic.nextOffset);
  const appended = "Records ever appended to the log, by this node and from peers; it goes on counting after a restart";
  readCounter(registry, { name: "grapevine_log_appended_records_total", help: appended }, () => held() + deleted);
  const labelNames = ["topic"];
  const topicBytes = `Bytes on disk, of the ${topicSeriesMax} topics with the most records appended`;
  readGauge(registry, { name: "grapevine_log_topic_bytes", help: topicBytes, labelNames }, () =>
    ofTopics(log, ({ bytes }) => bytes),
  );
  const topicRecords = `Records ever appended, of the ${topicSeriesMax} topics that have the most`;
  const name = "grapevine_log_topic_appended_records_total";
  readCounter(registry, { name, help: topicRecords, labelNames }, () => ofTopics(log, ({ nextOffset }) => nextOffset));
  registerUpkeep(registry, log);
  const stops = [
    stopDeleted,
    registerEvents(registry, onLogEvent),
    registerDropped(registry, onLogEvent),
    registerCompacted(registry, onLogEvent),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Journal, damage, and the search for it. */
function registerUpkeep(registry: Registry, log: CommitLog): void {
  const gauge = (name: string, help: string, read: () => number): void =>
    readGauge(registry, { name: `grapevine_log_${name}`, help }, read);
  gauge("journal_bytes", "Bytes of the journal that are not in their segments yet", () => log.journalBytes);
  gauge("corrupt_ranges", "Damaged ranges on disk, served to nobody", () =>
    log.topics().reduce((sum, { corruptRanges }) => sum + corruptRanges.length, 0),
  );
  gauge("lost_ranges", "Damaged ranges that no peer held in time: readers are told of a gap", () =>
    log
      .topics()
      .reduce(
        (sum, { corruptRanges }) => sum + corruptRanges.filter((range) => range.lostFromOffset !== undefined).length,
        0,
      ),
  );
  gauge("corrupt_bytes", "Bytes of damaged ranges on disk", () =>
    log.topics().reduce((sum, topic) => topic.corruptRanges.reduce((bytes, range) => bytes + range.bytes, sum), 0),
  );
  gauge("scrub_done_bytes", "Bytes that the present round of the scrub has read", () => log.scrubProgress.bytesDone);
  gauge("scrub_total_bytes", "Bytes that a round of the scrub reads in all", () => log.scrubProgress.bytesTotal);
  const help = "Times that the scrub has read everything";
  readCounter(registry, { name: "grapevine_log_scrub_rounds_total", help }, () => log.scrubProgress.rounds);
}

/** What retention took. */
function registerDropped(registry: Registry, onLogEvent: MeasuredLog["onLogEvent"]): () => void {
  let [segments, bytes, uncopied] = [0, 0, 0];
  const counter = (name: string, help: string, read: () => number): void =>
    readCounter(registry, { name: `grapevine_log_dropped_${name}_total`, help }, read);
  counter("segments", "Segments that retention took", () => segments);
  counter("bytes", "Bytes of segments that retention took", () => bytes);
  counter("uncopied_segments", "Segments that the cap of bytes took before enough nodes held them", () => uncopied);
  return onLogEvent((event) => {
    if (event.type !== "segments-dropped") return;
    segments += event.segments;
    bytes += event.bytes;
    uncopied += event.uncopied;
  });
}

/** What compaction did. */
function registerCompacted(registry: Registry, onLogEvent: MeasuredLog["onLogEvent"]): () => void {
  let [compactions, segments, records, bytesBefore, bytesAfter] = [0, 0, 0, 0, 0];
  const counter = (name: string, help: string, read: () => number): void =>
    readCounter(registry, { name: `grapevine_log_${name}_total`, help }, read);
  counter("compactions", "Compactions of a topic that removed records", () => compactions);
  counter("compacted_segments", "Segments that compaction wrote anew", () => segments);
  counter("compacted_records", "Records that compaction removed", () => records);
  counter("compacted_before_bytes", "Bytes of these segments before they were written anew", () => bytesBefore);
  counter("compacted_after_bytes", "Bytes of these segments afterwards", () => bytesAfter);
  return onLogEvent((event) => {
    if (event.type !== "compacted") return;
    compactions++;
    segments += event.segments;
    records += event.records;
    bytesBefore += event.bytesBefore;
    bytesAfter += event.bytesAfter;
  });
}

function ofTopics(log: CommitLog, read: (topic: TopicLog) => number): Series {
  const topics = [...log.topics()].sort((left, right) => right.nextOffset - left.nextOffset);
  return topics.slice(0, topicSeriesMax).map((topic) => [{ topic: topic.name }, read(topic)] as const);
}

/** What happened to the log since the node runs: kinds of events are few. */
function registerEvents(registry: Registry, onLogEvent: MeasuredLog["onLogEvent"]): () => void {
  const counts = new Map<LogEvent["type"], number>(
    ["compaction-failed", "corrupt", "feed-stopped", "lost", "new-writer", "repaired", "write-failed"].map((type) => [
      type as LogEvent["type"],
      0,
    ]),
  );
  const help = "Things about the log that an operator should know, by kind";
  readCounter(registry, { name: "grapevine_log_events_total", help, labelNames: ["type"] }, () =>
    [...counts].map(([type, count]) => [{ type }, count] as const),
  );
  return onLogEvent(({ type }) => counts.set(type, (counts.get(type) ?? 0) + 1));
}
