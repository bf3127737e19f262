import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, openLog, rejection, textsOf } from "./log_kit.ts";

async function reopen(disk: SimulatedDisk) {
  return openLog(disk.mount(), {}, environment(new Random(9)));
}

test("what an open read back after a failed sync is on disk for sure before it is served", async () => {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), {});
  const topic = await log.openTopic("t");
  await topic.produce(frameOf(["first"]));
  // The process is killed between a write and its sync: the bytes are in the system's memory only.
  let release = (): void => {};
  disk.pause = () =>
    new Promise((resolve) => {
      release = resolve;
    });
  void topic.produce(frameOf(["second"])).catch(() => undefined);
  for (let turn = 0; turn < 50; turn++) await undefined;
  disk.crash("keep", new Random(1));
  release();
  // The sync of the next open fails, and forgets its pages; the one after that succeeds, and has nothing to carry.
  disk.failNext("sync", "EIO", { name: ".log" });
  await rejection(reopen(disk));
  const served = await reopen(disk);
  const before = await textsOf(served.log.topic("t") as Exclude<ReturnType<typeof served.log.topic>, undefined>);
  assert.equal(before, ["first", "second"]);
  disk.crash("lose-unsynced", new Random(1));
  const after = await reopen(disk);
  assert.equal(await textsOf(after.log.topic("t") as Exclude<ReturnType<typeof after.log.topic>, undefined>), before);
});

test.run();
