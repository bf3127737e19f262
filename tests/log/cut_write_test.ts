// The process is killed within its last write, at each byte of it in turn: acknowledged is kept, the tail is cut once.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import type { TopicLog } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, openLog, readAll, typesOf } from "./log_kit.ts";

/** Cuts each file's last write after so many bytes. */
class CutAfter extends Random {
  readonly #bytes: number;

  constructor(bytes: number) {
    super(1);
    this.#bytes = bytes;
  }

  override below(limit: number): number {
    return Math.min(this.#bytes, limit - 1);
  }
}

/** Three groups that were acknowledged, and a fourth whose write the machine's end cuts. */
async function cutDisk(journalTopicsMin: number, cutAfter: number): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), { journalTopicsMin });
  const topics = await Promise.all(["a", "b"].map((name) => log.openTopic(name)));
  for (const round of [1, 2, 3]) await Promise.all(topics.map((topic) => topic.produce(frameOf([`${round}`]))));
  // The sync never ends: the write is there, and nobody was told.
  disk.pause = () => new Promise(() => undefined);
  for (const topic of topics) topic.produce(frameOf(["four", "five"])).catch(() => undefined);
  for (let turn = 0; turn < 100; turn++) await undefined;
  disk.crash("tear-last-write", new CutAfter(cutAfter));
  return disk;
}

for (const journalTopicsMin of [1, 100]) {
  test(`a write that is cut after any number of bytes loses nothing acknowledged (journal from ${journalTopicsMin})`, async () => {
    const whole = new Set<number>();
    for (let cutAfter = 0; cutAfter < 500; cutAfter++) {
      const disk = await cutDisk(journalTopicsMin, cutAfter);
      const { log, events } = await openLog(disk.mount(), {}, environment(new Random(2)));
      for (const topic of log.topics()) {
        const frames = await readAll(topic);
        const texts = frames.flatMap((frame) => frame.texts);
        assert.equal(texts.slice(0, 3), ["1", "2", "3"], `cut after ${cutAfter}`);
        assert.ok(frames.length === 3 || frames.length === 4, "a batch is there as a whole or not at all");
        whole.add(frames.length);
        assert.ok(typesOf(events).filter((type) => type === "torn-tail").length <= 2);
      }
      // The tail was cut once: the next open finds nothing to do.
      disk.crash("keep", new Random(1));
      const again = await openLog(disk.mount(), {}, environment(new Random(3)));
      assert.equal(again.events, [], `cut after ${cutAfter}`);
      const topic = again.log.topic("a") as TopicLog;
      assert.is((await topic.produce(frameOf(["next"]))).offset, topic.nextOffset - 1);
    }
    assert.is(whole.size, 2, "some cuts leave the last batch, some do not");
  });
}

test.run();
