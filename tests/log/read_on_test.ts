/** What a reader gets from a log that changes, or is found damaged, while it reads. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import type { Missing, TopicLog } from "../../src/log/mod.ts";
import type { ServedTopic } from "../../src/server/ports.ts";
import { TopicReader } from "../../src/server/topic_reader.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, framesIn, openLog, rejection } from "./log_kit.ts";

const records = 200;
const options = { segmentBytesMax: 65_536, indexEveryBytes: 4_096, scrubBytesPerSecond: 0 };

/** A topic of one feed, read from disk alone: nothing of it is in memory. */
async function onDisk(logOptions = options) {
  const disk = new SimulatedDisk();
  const { log: before } = await openLog(disk.mount(), logOptions, environment(new Random(1)));
  const filled = await before.openTopic("t");
  for (let index = 0; index < records; index++) await filled.produce(frameOf([`${index} ${"x".repeat(1_500)}`]));
  await before[Symbol.asyncDispose]();
  const { log } = await openLog(disk.mount(), logOptions, environment(new Random(1)));
  return { disk, log, topic: log.topic("t") as TopicLog };
}

function sequencesOf({ frames }: Pick<Missing, "frames">): number[] {
  return framesIn(frames).map(({ header }) => header.baseSequence);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

test("what is sound before damage is served, by offset and to peers, and only then the damage is told", async () => {
  const { disk, log, topic } = await onDisk({ ...options, segmentBytesMax: 1_048_576 });
  const whole = framesIn((await topic.read(0, 8_000_000)).frames);
  const at = whole.slice(0, 30).reduce((sum, { bytes }) => sum + bytes.length, 0);
  disk.damage("topics/t/00000000000000000000.log", at + 500, Uint8Array.of(0));
  const chunk = await topic.read(0, 8_000_000);
  assert.is(chunk.nextOffset, 30);
  assert.equal(sequencesOf(chunk), upTo(30));
  const shared = await topic.readShared(10, 200_000);
  assert.is(shared.nextOffset, 30);
  shared.release();
  const missing = await topic.readMissing(new Map(), 8_000_000);
  assert.equal(sequencesOf(missing), upTo(30));
  assert.is(missing.complete, false);
  for (let turn = 0; turn < 400; turn++) await undefined;
  assert.is(topic.corruptRanges.length, 1, "it is looked at before anybody meets it");
  assert.is((await rejection(topic.read(30, 100))).code, "LOG_CORRUPT");
  assert.is((await rejection(topic.readMissing(new Map([[log.writer, 30]]), 100))).code, "LOG_CORRUPT");
});

test("what retention takes while a reader searches is announced as a gap, at whichever read it comes", async () => {
  let tried = 0;
  for (let read = 1; read <= 20; read++) {
    const { disk, log, topic } = await onDisk();
    topic.setRetention({ segmentsMax: 1 });
    const goal = topic.nextOffset;
    let retained: Promise<unknown> | undefined;
    let reads = 0;
    disk.pauseRead = async () => {
      if (retained !== undefined || ++reads < read) return;
      // Not awaited itself: it waits for the reads under way.
      retained = topic.retain();
      for (let turn = 0; turn < 200 && topic.firstOffset === 0; turn++) await undefined;
      assert.ok(topic.firstOffset > 0, "retention took something meanwhile");
    };
    const reader = TopicReader.after(topic as unknown as ServedTopic, new Map());
    let next = 1;
    for (let spans = await reader.next(40_000); spans.length > 0; spans = await reader.next(40_000)) {
      for (const span of spans) {
        assert.is(span.header.baseSequence, next, `of read ${read}: nothing is passed over`);
        next += span.header.count;
        reader.taken(span);
      }
    }
    await retained;
    if (retained === undefined) break;
    tried++;
    disk.pauseRead = undefined;
    assert.is(next, goal + 1);
    await log[Symbol.asyncDispose]();
  }
  assert.ok(tried >= 4, `${tried}`);
});

test.run();
