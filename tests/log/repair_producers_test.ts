// runtimes: bun (what is known is the same on all)
/** What is known of the producers of batches that a repair put in another order than they came in. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random, writeProducerStamp } from "../../src/base/mod.ts";
import type { CorruptRange, TopicLog } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, ManualTimers, openLog } from "./log_kit.ts";

const options = { segmentBytesMax: 65_536, indexEveryBytes: 65_536, scrubBytesPerSecond: 1_048_576 };
const firstSegment = "topics/t/00000000000000000000.log";
const batches = 20;
const all = 8_000_000;

/** The batches of one producer are numbered from 1. */
function stamped(producer: "a" | "b", sequence: number): Uint8Array {
  const frame = frameOf([`${producer} ${sequence}`]);
  writeProducerStamp(frame, { producer: `000000000000000${producer}`, epoch: 1, sequence });
  return frame;
}

async function open(disk: SimulatedDisk, seed: number) {
  const timers = new ManualTimers();
  const { log } = await openLog(disk.mount(), options, environment(new Random(seed), timers));
  return { log, topic: await log.openTopic("t"), timers };
}

/** A node that took a peer's batches behind its own ones, which have the same Lamport numbers: a repair will mix them. */
async function twoFeeds(disk: SimulatedDisk) {
  const { topic: copy } = await open(new SimulatedDisk(), 2);
  for (let sequence = 1; sequence <= batches; sequence++) await copy.produce(stamped("b", sequence));
  let node = await open(disk, 1);
  for (let sequence = 1; sequence <= batches; sequence++) await node.topic.produce(stamped("a", sequence));
  // Its file of producers tells of these alone.
  await node.log[Symbol.asyncDispose]();
  node = await open(disk, 1);
  await node.topic.apply((await copy.readMissing(node.topic.have, all)).frames);
  await copy.apply((await node.topic.readMissing(copy.have, all)).frames);
  return { ...node, copy };
}

/** Damages everything behind the first batch, and puts it back. */
async function breakAndRepair(disk: SimulatedDisk, node: Awaited<ReturnType<typeof twoFeeds>>): Promise<void> {
  const { log, topic, timers, copy } = node;
  disk.damage(firstSegment, 200, Uint8Array.of(0, 1, 2));
  for (let step = 0; step < 100 && topic.corruptRanges.length === 0; step++) {
    timers.fire();
    for (let turn = 0; turn < 200; turn++) await undefined;
  }
  assert.ok(log.scrubProgress.bytesTotal > 0);
  const [range] = topic.corruptRanges as [CorruptRange];
  await topic.repair(range, (await copy.readMissing(new Map(), all)).frames);
}

async function afterPowerCut(disk: SimulatedDisk): Promise<TopicLog> {
  disk.crash("lose-unsynced", new Random(1));
  return (await open(disk, 3)).topic;
}

test("repair() of several feeds: all that was produced is known after it, also where the file of producers told of a part", async () => {
  const disk = new SimulatedDisk();
  // The peer's batches will stand among the node's own ones, of which alone the file tells.
  await breakAndRepair(disk, await twoFeeds(disk));
  const topic = await afterPowerCut(disk);
  for (const producer of ["a", "b"] as const) {
    for (let sequence = 1; sequence <= batches; sequence++) {
      const { duplicate } = await topic.produce(stamped(producer, sequence));
      assert.is(duplicate, true, `${producer} ${sequence}`);
    }
  }
});

test.run();
