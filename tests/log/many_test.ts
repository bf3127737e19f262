// timeout: 300
// What opening costs, and how many files stay open, however much there is.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import type { TopicLog } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, openLog, textsOf } from "./log_kit.ts";

const topicsMany = 10_000;
/** The pool's idle files, those in use by eight that are opened at once, the journal's two, and the readers' below. */
const openMost = 256 + 64;

test("10,000 topics keep a bounded number of files open while they are made, written, read, closed and opened", async () => {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount());
  const names = Array.from({ length: topicsMany }, (_, index) => `t${index}`);
  for (let at = 0; at < topicsMany; at += 50) {
    await Promise.all(names.slice(at, at + 50).map((name) => log.openTopic(name)));
  }
  const before = { ...disk.counts };
  await Promise.all(log.topics().map((topic) => topic.produce(frameOf([topic.name]))));
  assert.ok(disk.counts.syncs - before.syncs < 50, `${disk.counts.syncs - before.syncs} syncs for all of them`);
  await log[Symbol.asyncDispose]();
  assert.is(disk.counts.open, 0);
  const { log: again } = await openLog(disk.mount(), {}, environment(new Random(2)));
  assert.is(again.topics().length, topicsMany);
  for (let at = 0; at < topicsMany; at += 50) {
    const some = again.topics().slice(at, at + 50);
    for (const [index, texts] of (await Promise.all(some.map((topic) => textsOf(topic)))).entries()) {
      assert.equal(texts, [some[index]?.name]);
    }
  }
  assert.ok(disk.counts.openMost <= openMost, `${disk.counts.openMost} files were open at once`);
});

test("opening reads the last segment and what describes the others, not the log", async () => {
  const read: number[] = [];
  for (const records of [20, 400, 1_600]) {
    const disk = new SimulatedDisk();
    const options = { segmentBytesMax: 65_536 };
    const { log } = await openLog(disk.mount(), options);
    const topic = await log.openTopic("t");
    for (let index = 0; index < records; index++) await topic.produce(frameOf([`${index} ${"x".repeat(6_000)}`]));
    disk.crash("keep", new Random(1));
    const before = disk.counts.bytesRead;
    const { log: again } = await openLog(disk.mount(), options, environment(new Random(2)));
    read.push(disk.counts.bytesRead - before);
    assert.is((again.topic("t") as TopicLog).nextOffset, records);
  }
  const [little, , much] = read as [number, number, number];
  assert.ok(much < little + 150_000, `${read.join(", ")} bytes were read`);
});

test.run();
