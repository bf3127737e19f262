/** What the tests of compaction share: topics of keyed records, and the latest of each key by the book. */
import {
  FrameBuilder,
  headersBytes,
  type LogRecord,
  Random,
  type RecordInput,
  readRecords,
  toText,
} from "../../src/base/mod.ts";
import type { LogEnvironment, LogOptions, TopicLog } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, ManualTimers, openLog, readAll } from "./log_kit.ts";

export const small: LogOptions = { segmentBytesMax: 65_536, indexEveryBytes: 4_096 };

export function keyedFrame(records: readonly RecordInput[]): Uint8Array {
  const builder = new FrameBuilder();
  for (const record of records) builder.add({ timestampMs: 1_000, ...record }, 1_000);
  return builder.finish();
}

/** Every record of a topic that is left, with the Lamport number of its batch. */
export async function recordsOf(topic: TopicLog): Promise<(LogRecord & { readonly lamport: number })[]> {
  const records: (LogRecord & { lamport: number })[] = [];
  for (const { header, bytes } of await readAll(topic)) {
    if (header.kind !== "records") continue;
    const fault = readRecords(bytes.subarray(headersBytes), header, (record) => {
      records.push(Object.assign(record, { lamport: header.lamport }));
    });
    if (fault !== undefined) throw new Error(fault);
  }
  return records;
}

/** The value of the latest record of each key (rule R7), tombstones left out, sorted. */
export async function latestOf(topic: TopicLog): Promise<string[]> {
  const latest = new Map<string, Awaited<ReturnType<typeof recordsOf>>[number]>();
  for (const record of await recordsOf(topic)) {
    if (record.key === undefined) continue;
    const key = toText(record.key);
    const known = latest.get(key);
    if (known === undefined || isLater(record, known)) latest.set(key, record);
  }
  return [...latest]
    .filter(([, record]) => record.value.length > 0)
    .map(([key, record]) => `${key}=${record.text().slice(0, 40)}`)
    .sort();
}

type Standing = Pick<LogRecord, "writer" | "sequence"> & { readonly lamport: number };

function isLater(left: Standing, right: Standing): boolean {
  const order = left.lamport - right.lamport || (left.writer < right.writer ? -1 : left.writer > right.writer ? 1 : 0);
  return (order || left.sequence - right.sequence) > 0;
}

/** A topic "t" that is compacted by key, on a simulated disk. */
export async function compactedTopic(
  env: Partial<LogEnvironment> & { readonly seed?: number; readonly options?: LogOptions; graceMs?: number } = {},
) {
  const { seed = 1, options, graceMs = 0, ...given } = env;
  const disk = new SimulatedDisk();
  const timers = new ManualTimers();
  const { log, events } = await openLog(
    disk.mount(),
    { ...small, ...options },
    { ...environment(new Random(seed), timers), ...given },
  );
  const topic = await log.openTopic("t");
  topic.setCompaction({ tombstoneGraceMs: graceMs });
  return { disk, log, events, topic, timers };
}

/** Produces so many records of about 6 kB, whose keys repeat: about eleven a segment. */
export async function fill(topic: TopicLog, records: number, keys: number, from = 0): Promise<void> {
  for (let index = from; index < from + records; index++) {
    await topic.produce(keyedFrame([{ key: `k${index % keys}`, value: `${index} ${"x".repeat(6_000)}` }]));
  }
}

/** Copies what another node holds, as replication does. */
export async function pull(from: TopicLog, into: TopicLog, bytesMax = 50_000): Promise<void> {
  for (let round = 0; round < 10_000; round++) {
    const missing = await from.readMissing(into.have, bytesMax);
    for (const [writer, low] of missing.lowWater) {
      if ((into.have.get(writer) ?? 0) + 1 < low) await into.applyGap(writer, low - 1);
    }
    const { stopped } = await into.apply(missing.frames);
    if (stopped !== undefined) throw new Error(JSON.stringify(stopped));
    if (missing.complete) return;
  }
  throw new Error("pulling never ends");
}
