import { test } from "uvu";
import * as assert from "uvu/assert";
import type { LogEnvironment } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, openLog } from "./log_kit.ts";

/** An environment whose clock moves a millisecond a look, and what it was told. */
function metered(): { env: LogEnvironment; told: string[] } {
  const told: string[] = [];
  let nowMs = 0;
  const committed = (records: number, bytes: number, inJournal: boolean): void => {
    assert.ok(bytes > 120, "a frame has that and its payload");
    told.push(`${records} records to the ${inJournal ? "journal" : "segment"}`);
  };
  const meter = { nowMs: () => nowMs++, committed, synced: (tookMs: number) => void told.push(`synced in ${tookMs}`) };
  return { env: { ...environment(), meter }, told };
}

test("a meter hears of each commit and of the sync that it waited for", async () => {
  const { env, told } = metered();
  const { log } = await openLog(new SimulatedDisk().mount(), {}, env);
  const topic = await log.openTopic("t");
  await topic.produce(frameOf(["one", "two"]));
  assert.equal(told, ["synced in 1", "2 records to the segment"]);
  assert.is(log.journalBytes, 0);
});

test("a meter hears what the journal takes: one sync, a group for each topic, and its bytes until they are settled", async () => {
  const { env, told } = metered();
  const { log } = await openLog(new SimulatedDisk().mount(), { journalTopicsMin: 2 }, env);
  const topics = await Promise.all(["a", "b", "c"].map((name) => log.openTopic(name)));
  await Promise.all(topics.map((topic) => topic.produce(frameOf(["one"]))));
  assert.is(told.filter((text) => text.startsWith("synced")).length, 1);
  assert.is(told.filter((text) => text.endsWith("journal")).length, 3);
  assert.ok(log.journalBytes > 300);
  await log[Symbol.asyncDispose]();
  assert.is(log.journalBytes, 0);
});

test("under never nothing is synced for a commit, and a failed one is none", async () => {
  const { env, told } = metered();
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), { fsync: "never" }, env);
  const topic = await log.openTopic("t");
  await topic.produce(frameOf(["one"]));
  disk.failNext("write", "ENOSPC");
  await topic.produce(frameOf(["two"])).catch(() => undefined);
  assert.equal(told, ["1 records to the segment"]);
});

test.run();
