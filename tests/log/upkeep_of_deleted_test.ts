// runtimes: bun (thousands of simulated moments, the same ones on every runtime)
// What looks after a topic ends with it: whatever it is at when the topic is deleted, nobody hears of a failure.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import type { CorruptRange, Log, LogEvent, LogOptions, TopicLog } from "../../src/log/mod.ts";
import type { SimulatedDisk } from "../../src/testing/disk.ts";
import { compactedTopic, fill, small } from "./compaction_kit.ts";
import { environment, ManualTimers, openLog } from "./log_kit.ts";

const options: LogOptions = { ...small, compactionEveryMs: 1_000, scrubBytesPerSecond: 1_048_576 };
const firstSegment = "topics/t/00000000000000000000.log";
const deleted = { generation: 1, deleted: true };
/** More than any upkeep of so small a topic takes. */
const turnsMax = 5_000;

interface Node {
  readonly log: Log;
  readonly topic: TopicLog;
  readonly events: LogEvent[];
  readonly timers: ManualTimers;
  readonly disk: SimulatedDisk;
}

async function openOn(disk: SimulatedDisk): Promise<Node> {
  const timers = new ManualTimers();
  const { log, events } = await openLog(disk.mount(), options, environment(new Random(1), timers));
  const topic = log.topic("t") as TopicLog;
  return { log, topic, events, timers, disk };
}

/** What is to be looked after: three segments of keys that repeat. */
async function worn(): Promise<SimulatedDisk> {
  const { disk, log, topic } = await compactedTopic({ options });
  await fill(topic, 26, 5);
  await log[Symbol.asyncDispose]();
  return disk;
}

/** Deletes the topic so many turns after the upkeep began. Returns false when the upkeep was done by then. */
async function deleteAfter(turns: number, node: Node, upkeep: (node: Node) => Promise<unknown>): Promise<boolean> {
  const { log, events, disk } = node;
  let isDone = false;
  const fate = upkeep(node).then(
    () => "done",
    (error: { code?: string }) => error.code ?? String(error),
  );
  void fate.then(() => {
    isDone = true;
  });
  for (let turn = 0; turn < turns && !isDone; turn++) await undefined;
  const wasDone = isDone;
  events.length = 0;
  await log.settleLife("t", deleted);
  const where = `deleted after ${turns} turns`;
  assert.ok(["done", "TOPIC_DELETED"].includes(await fate), `${await fate}, ${where}`);
  const allowed: readonly LogEvent["type"][] = ["topic-deleted", "compacted", "segments-dropped", "repaired"];
  for (const event of events) assert.ok(allowed.includes(event.type), `${JSON.stringify(event)}, ${where}`);
  assert.equal(
    disk.paths().filter((path) => path.startsWith("topics/") || path.startsWith("removed/")),
    [],
    where,
  );
  await log[Symbol.asyncDispose]();
  assert.is(disk.counts.open, 0, where);
  return !wasDone;
}

/** The same at every turn of the upkeep. */
async function deleteAtEveryTurn(disk: SimulatedDisk, prepare: (node: Node) => Promise<() => Promise<unknown>>) {
  let turns = 0;
  for (let isUnder = true; isUnder; turns++) {
    assert.ok(turns < turnsMax, "the upkeep never ends");
    const node = await openOn(disk.fork());
    const upkeep = await prepare(node);
    isUnder = await deleteAfter(turns, node, upkeep);
  }
  assert.ok(turns > 10, `${turns} turns`);
}

test("a topic that is deleted at any moment of its compaction ends it", async () => {
  await deleteAtEveryTurn(await worn(), async ({ topic }) => {
    topic.setCompaction({ tombstoneGraceMs: 0 });
    return async () => {
      await topic.compact();
    };
  });
});

test("a topic that is deleted while its segments are dropped ends that", async () => {
  await deleteAtEveryTurn(await worn(), async ({ topic }) => {
    topic.setRetention({ segmentsMax: 1 });
    return () => topic.retain();
  });
});

test("a topic that is deleted while it is compacted, dropped and scrubbed in the background ends all of that", async () => {
  await deleteAtEveryTurn(await worn(), async ({ topic, timers }) => {
    topic.setCompaction({ tombstoneGraceMs: 0 });
    topic.setRetention({ segmentsMax: 2, ageMaxMs: 1_000 });
    return async () => {
      for (let round = 0; round < 6; round++) {
        timers.fire();
        for (let turn = 0; turn < 60; turn++) await undefined;
      }
    };
  });
});

test("a topic that is deleted at any moment of a repair ends it", async () => {
  const disk = await worn();
  const whole = (await openOn(disk.fork())).topic;
  const { frames } = await whole.readMissing(new Map(), 8_000_000);
  disk.damage(firstSegment, 7_000, Uint8Array.of(0));
  await deleteAtEveryTurn(disk, async ({ topic, log, timers }) => {
    for (let step = 0; step < 200 && topic.corruptRanges.length === 0; step++) {
      timers.fire();
      for (let turn = 0; turn < 100; turn++) await undefined;
    }
    assert.is(topic.corruptRanges.length, 1);
    assert.ok(log.scrubProgress.bytesTotal > 0);
    const [range] = topic.corruptRanges as [CorruptRange];
    return () => topic.repair(range, frames);
  });
});

test("a delete does not wait for the pace of a slow compaction", async () => {
  const timers = new ManualTimers();
  const disk = await worn();
  const slow = { ...options, compactionBytesPerSecond: 65_536 };
  const { log } = await openLog(disk.mount(), slow, environment(new Random(1), timers));
  log.topic("t")?.setCompaction({ tombstoneGraceMs: 0 });
  for (let round = 0; round < 5; round++) {
    timers.fire();
    for (let turn = 0; turn < 200; turn++) await undefined;
  }
  let isDeleted = false;
  const deleting = log.settleLife("t", deleted).then(() => {
    isDeleted = true;
  });
  for (let turn = 0; turn < 200; turn++) await undefined;
  assert.is(isDeleted, false, "the compaction waits for its turn");
  timers.fire();
  for (let turn = 0; turn < 500 && !isDeleted; turn++) await undefined;
  assert.is(isDeleted, true);
  await deleting;
  await log[Symbol.asyncDispose]();
});

test.run();
