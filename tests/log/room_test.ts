// Room ahead: zeros behind what a file holds. They cost nothing of what is promised, and nobody takes them for damage.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { crc32, Random } from "../../src/base/mod.ts";
import { dumpFile, type LogCorruptError, type LogOptions, type TopicLog } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, newTopic, openLog, rejection, textsOf, typesOf } from "./log_kit.ts";

const firstSegment = "topics/t/00000000000000000000.log";
const large = "x".repeat(70_000);

/** A topic whose segment is large enough to get room, and has it after one small group more. */
async function roomyTopic(options: LogOptions = {}) {
  const made = await newTopic(options);
  await made.topic.produce(frameOf([large]));
  await made.topic.produce(frameOf(["small"]));
  return made;
}

function reopen(disk: SimulatedDisk, options: LogOptions = {}) {
  return openLog(disk.mount(), options, environment(new Random(9)));
}

test("a small group finds room, as much as the segment holds; those that follow do not change the file's size", async () => {
  const { disk, topic } = await roomyTopic();
  const size = disk.peek(firstSegment).length;
  assert.ok(size > topic.bytes + 60_000 && size <= 2 * topic.bytes, `${size} of ${topic.bytes}`);
  assert.ok(
    disk
      .peek(firstSegment)
      .subarray(topic.bytes)
      .every((byte) => byte === 0),
  );
  for (let round = 0; round < 20; round++) await topic.produce(frameOf([`${round}`]));
  assert.is(disk.peek(firstSegment).length, size);
  assert.is((await textsOf(topic)).length, 22);
});

test("there is no room in small segments, for large groups, where nobody waits for syncs, and beyond a segment's end", async () => {
  const cases: readonly (readonly [LogOptions, readonly string[]])[] = [
    [{}, ["a", "b"]],
    [{}, [large, "y".repeat(5_000)]],
    [{ fsync: "interval" }, [large, "a"]],
    [{ fsync: "never" }, [large, "a"]],
    [{ segmentBytesMax: 65_536 }, ["y".repeat(60_000), "a"]],
  ];
  for (const [options, values] of cases) {
    const { disk, topic } = await newTopic(options);
    for (const value of values) await topic.produce(frameOf([value]));
    assert.is(disk.peek(firstSegment).length, topic.bytes, JSON.stringify(options));
  }
});

test("after a crash room is cut off and nothing is told; the log goes on there", async () => {
  for (const mode of ["keep", "lose-unsynced"] as const) {
    const { disk, topic } = await roomyTopic();
    const { bytes } = topic;
    disk.crash(mode, new Random(1));
    const { log, events } = await reopen(disk);
    assert.equal(typesOf(events), []);
    assert.is(disk.peek(firstSegment).length, bytes);
    const again = log.topic("t") as TopicLog;
    await again.produce(frameOf(["more"]));
    assert.equal(await textsOf(again), [large, "small", "more"]);
  }
});

test("a torn frame before room is a torn tail, without the zeros behind it", async () => {
  const { disk, topic } = await roomyTopic();
  const at = topic.bytes;
  await topic.produce(frameOf(["cut within"]));
  disk.crash("keep", new Random(1));
  const end = disk.peek(firstSegment).findLastIndex((byte) => byte !== 0) + 1;
  disk.damage(firstSegment, end - 4, new Uint8Array(4));
  const { log, events } = await reopen(disk);
  const told = events.map((event) => (event.type === "torn-tail" ? [event.at, event.bytes] : event.type));
  assert.equal(told, [[at, end - 4 - at]]);
  assert.equal(await textsOf(log.topic("t") as TopicLog), [large, "small"]);
});

test("zeros in the place of frames that were durable are corruption", async () => {
  const { disk, topic } = await roomyTopic();
  const at = topic.bytes;
  for (const value of ["a", "b", "c"]) await topic.produce(frameOf([value]));
  disk.crash("keep", new Random(1));
  disk.damage(firstSegment, at, new Uint8Array(130));
  const error = (await rejection(reopen(disk))) as LogCorruptError;
  assert.is(error.code, "LOG_CORRUPT");
  assert.is(error.at, at);
});

test("a clean stop leaves no room", async () => {
  const { disk, log, topic } = await roomyTopic();
  await log[Symbol.asyncDispose]();
  assert.is(disk.peek(firstSegment).length, topic.bytes);
  const { events } = await reopen(disk);
  assert.equal(events, []);
});

test("a segment that is closed before it is full has no room left, also after a power cut", async () => {
  const { disk, topic, timers } = await roomyTopic();
  const { bytes } = topic;
  // A topic that is compacted closes its segment in time, however little is written.
  topic.setCompaction({ tombstoneGraceMs: 0 });
  for (let look = 0; look < 10 && disk.peek(firstSegment).length > bytes; look++) {
    timers.fire();
    for (let turn = 0; turn < 200; turn++) await undefined;
  }
  assert.is(disk.peek(firstSegment).length, bytes);
  assert.is(disk.paths().filter((path) => path.endsWith(".log")).length, 2);
  disk.unlink(firstSegment.replace(".log", ".index"));
  disk.crash("lose-unsynced", new Random(1));
  const { log } = await reopen(disk);
  assert.equal(await textsOf(log.topic("t") as TopicLog), [large, "small"]);
});

test("where the disk is too full for room a group is written all the same, and no byte more is taken", async () => {
  const { disk, topic, events } = await newTopic();
  await topic.produce(frameOf([large]));
  disk.bytesMax = disk.bytesUsed() + 2_000;
  for (const value of ["a", "b", "c"]) await topic.produce(frameOf([value]));
  assert.is(disk.peek(firstSegment).length, topic.bytes);
  assert.is((await rejection(topic.produce(frameOf(["y".repeat(3_000)])))).code, "LOG_WRITE_FAILED");
  await topic.produce(frameOf(["d"]));
  assert.equal(await textsOf(topic), [large, "a", "b", "c", "d"]);
  assert.is(typesOf(events).filter((type) => type === "write-failed").length, 1);
  disk.crash("lose-unsynced", new Random(1));
  assert.is((await textsOf((await reopen(disk)).log.topic("t") as TopicLog)).length, 5);
});

test("the journal has room too, and is replayed up to it", async () => {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), { journalTopicsMin: 1 });
  const topics = await Promise.all(["a", "b"].map((name) => log.openTopic(name)));
  for (const value of ["x".repeat(40_000), "y", "z"]) {
    await Promise.all(topics.map((topic) => topic.produce(frameOf([value]))));
  }
  const size = disk.peek("journal/0").length;
  assert.ok(size > 150_000, `${size}`);
  await Promise.all(topics.map((topic) => topic.produce(frameOf(["w"]))));
  assert.is(disk.peek("journal/0").length, size);
  disk.crash("lose-unsynced", new Random(1));
  const { log: again } = await reopen(disk);
  for (const topic of again.topics()) assert.equal(await textsOf(topic), ["x".repeat(40_000), "y", "z", "w"]);
});

test("dumpFile() shows room as such", async () => {
  const { disk, topic } = await roomyTopic();
  const bytes = disk.peek(firstSegment);
  const items = [...(dumpFile(bytes, crc32) ?? [])];
  assert.equal(items.at(-1), { kind: "room", at: topic.bytes, fields: { bytes: bytes.length - topic.bytes } });
  assert.equal(
    items.map(({ kind }) => kind),
    ["frame", "frame", "room"],
  );
});

test.run();
