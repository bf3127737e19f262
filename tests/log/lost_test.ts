/** Damage that is taken for lost: gaps stand for it, and nothing else changes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random, type Vector } from "../../src/base/mod.ts";
import type { CorruptRange, TopicLog } from "../../src/log/mod.ts";
import type { ServedTopic } from "../../src/server/ports.ts";
import { TopicReader } from "../../src/server/topic_reader.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, framesIn, ManualTimers, openLog, readAll, rejection, textsOf } from "./log_kit.ts";

const options = { segmentBytesMax: 1_048_576, indexEveryBytes: 8_192, scrubBytesPerSecond: 1_048_576 };
const file = "topics/t/00000000000000000000.log";
const records = 100;

/** A topic of two feeds that alternate, damaged in the middle and not in memory, and a peer that has all of it. */
async function damaged() {
  const disk = new SimulatedDisk();
  const timers = new ManualTimers();
  const { log: before } = await openLog(disk.mount(), options, environment(new Random(1)));
  const filled = await before.openTopic("t");
  const peer = (await openLog(new SimulatedDisk().mount(), options, environment(new Random(2)))).log;
  const copy = await peer.openTopic("t");
  for (let index = 0; index < records / 2; index++) {
    await filled.produce(frameOf([`${index} ${"x".repeat(1_500)}`]));
    await copy.produce(frameOf([`peer ${index} ${"x".repeat(1_500)}`]));
    await filled.apply((await copy.readMissing(filled.have, 100_000)).frames);
    await copy.apply((await filled.readMissing(copy.have, 100_000)).frames);
  }
  await before[Symbol.asyncDispose]();
  const { log, events } = await openLog(disk.mount(), options, environment(new Random(1), timers));
  const topic = log.topic("t") as TopicLog;
  const whole = await textsOf(topic);
  disk.damage(file, 80_000, Uint8Array.of(0, 0));
  const scrub = async (): Promise<void> => {
    for (let rounds = log.scrubProgress.rounds + 2; log.scrubProgress.rounds < rounds; ) {
      timers.fire();
      for (let turn = 0; turn < 200; turn++) await undefined;
    }
  };
  await scrub();
  return { disk, log, events, topic, copy, whole, scrub, range: topic.corruptRanges[0] as CorruptRange };
}

/** What a reader is given, by writer: each sequence is one of a record or of a gap, and none comes twice. */
async function readOn(
  reader: TopicReader,
  read: Vector,
): Promise<{ records: number; gaps: Map<string, [number, number]> }> {
  const next = new Map(read);
  const gaps = new Map<string, [number, number]>();
  let count = 0;
  for (let spans = await reader.next(4_000); spans.length > 0; spans = await reader.next(4_000)) {
    for (const span of spans) {
      const { header } = span;
      assert.is(header.baseSequence, (next.get(header.writer) ?? 0) + 1, "nothing is passed over and nothing repeated");
      const last = header.baseSequence + header.count - 1;
      next.set(header.writer, last);
      if (header.kind === "gap") gaps.set(header.writer, [header.baseSequence, last]);
      else count += header.count;
      reader.taken(span);
    }
  }
  return { records: count, gaps };
}

test("what is lost is a gap for readers from anywhere, by offset and by vector, and only as far as they lack it", async () => {
  const { topic, range, events } = await damaged();
  assert.is((await rejection(readAll(topic))).code, "LOG_CORRUPT");
  await topic.lose(range);
  const told = events.filter(({ type }) => type === "lost");
  assert.equal(told, [
    {
      type: "lost",
      topic: "t",
      file,
      at: range.at,
      bytes: range.bytes,
      reason: "the payload's checksum does not match",
    },
  ]);
  const lost = [...range.feeds].map(([writer, { first, last }]) => [writer, [first, last]] as const);
  const lostRecords = lost.reduce((sum, [, [first, last]]) => sum + last + 1 - first, 0);
  assert.is(lost.length, 2);
  const served = topic as unknown as ServedTopic;
  for (const reader of [TopicReader.from(served, 0, new Map()), TopicReader.after(served, new Map())]) {
    const seen = await readOn(reader, new Map());
    assert.equal(seen.gaps, new Map(lost));
    assert.is(seen.records, records - lostRecords);
  }
  const [[writer, [first, last]]] = lost as [(typeof lost)[number]];
  const read = new Map([...topic.have, [writer, first]]);
  for (const reader of [TopicReader.from(served, 0, read), TopicReader.after(served, read)]) {
    const seen = await readOn(reader, read);
    assert.equal(seen.gaps, new Map([[writer, [first + 1, last]]]));
    assert.is(seen.records, records / 2 - last);
  }
  for (let offset = 0; offset < records; offset++) {
    const [frame] = framesIn((await topic.read(offset, 1)).frames);
    const { baseOffset = -1, count = 0 } = frame?.header ?? {};
    assert.ok(baseOffset <= offset && offset < baseOffset + count, `offset ${offset}`);
  }
});

test("a peer pulls on behind what is lost, also one that holds a part of it", async () => {
  const { topic, range, copy } = await damaged();
  await topic.lose(range);
  for (const heldRecords of [0, 55]) {
    const { log } = await openLog(new SimulatedDisk().mount(), options, environment(new Random(3)));
    const puller = await log.openTopic("t");
    for (const { bytes } of (await readAll(copy)).slice(0, heldRecords)) await puller.apply(bytes);
    for (let pulls = 0; pulls < 100; pulls++) {
      const { frames, complete } = await topic.readMissing(puller.have, 10_000);
      const { stopped } = frames.length > 0 ? await puller.apply(frames) : {};
      // Whether it is a gap is for the puller to say, who asks other peers.
      if (stopped?.reason === "gap") await puller.applyGap(stopped.writer, stopped.through);
      else assert.is(stopped, undefined);
      if (complete && stopped === undefined) break;
    }
    assert.equal(puller.have, topic.have);
    assert.equal(puller.stoppedFeeds, new Map());
  }
});

test("what is lost stays so when it is found again, and is whole for everybody once it is repaired", async () => {
  const { topic, range, copy, scrub, whole, events, disk } = await damaged();
  const before = disk.peek(file);
  await topic.lose(range);
  await scrub();
  assert.is(topic.corruptRanges.length, 1);
  assert.type(topic.corruptRanges[0]?.lostFromOffset, "number");
  assert.is(events.filter(({ type }) => type === "corrupt" || type === "lost").length, 2);
  assert.equal(disk.peek(file), before, "the bytes stay as they are");
  const place = topic.corruptRanges[0]?.lostFromOffset as number;
  (await topic.readShared(place, 1)).release();
  const { frames } = await copy.readMissing(new Map(), 1_000_000);
  await topic.repair(topic.corruptRanges[0] as CorruptRange, frames);
  assert.equal(topic.corruptRanges, []);
  assert.equal(await textsOf(topic), whole);
  const shared = await topic.readShared(place, 1);
  assert.is(framesIn(shared.frames)[0]?.header.kind, "records");
  shared.release();
});

test.run();
