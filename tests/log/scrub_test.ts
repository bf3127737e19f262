import { test } from "uvu";
import * as assert from "uvu/assert";
import { chainStart, concat, placeFrame, Random, stampBatch } from "../../src/base/mod.ts";
import type { CorruptRange, Log, TopicLog } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import {
  environment,
  frameOf,
  framesIn,
  ManualTimers,
  openLog,
  readAll,
  rejection,
  textsOf,
  typesOf,
} from "./log_kit.ts";

const options = { segmentBytesMax: 65_536, indexEveryBytes: 4_096, scrubBytesPerSecond: 1_048_576 };
const firstSegment = "topics/t/00000000000000000000.log";

/** A topic with feeds of two writers in a few segments, and a peer that has all of it. */
async function damageable() {
  const disk = new SimulatedDisk();
  const timers = new ManualTimers();
  const { log: before } = await openLog(disk.mount(), options, environment(new Random(1)));
  await fill(before);
  await before[Symbol.asyncDispose]();
  // Opened anew, so that the newest frames are not in memory.
  const { log, events } = await openLog(disk.mount(), options, environment(new Random(1), timers));
  const topic = log.topic("t") as TopicLog;
  const peer = (await openLog(new SimulatedDisk().mount(), options, environment(new Random(2)))).log;
  const copy = await peer.openTopic("t");
  await copy.apply((await topic.readMissing(new Map(), 8_000_000)).frames);
  return { disk, log, topic, events, timers, copy };
}

async function fill(log: Log): Promise<void> {
  const topic = await log.openTopic("t");
  for (let index = 0; index < 120; index++) {
    if (index === 20) await log.mintWriter("the test wants two feeds");
    await topic.produce(frameOf([`${index} ${"x".repeat(1_500)}`]));
  }
}

/** Runs the scrub until so many rounds are over. */
async function scrub(log: Log, timers: ManualTimers, rounds: number): Promise<void> {
  for (let step = 0; step < 1_000 && log.scrubProgress.rounds < rounds; step++) {
    timers.fire();
    for (let turn = 0; turn < 200; turn++) await undefined;
  }
  assert.ok(log.scrubProgress.rounds >= rounds);
}

test("the scrub looks at everything again and again, at its rate, and finds nothing where nothing is", async () => {
  const { log, topic, events, timers, disk } = await damageable();
  const before = disk.counts.reads;
  timers.fire();
  for (let turn = 0; turn < 300; turn++) await undefined;
  assert.is(log.scrubProgress.bytesTotal, topic.bytes);
  assert.ok(disk.counts.reads > before);
  await scrub(log, timers, 3);
  assert.equal(topic.corruptRanges, []);
  assert.not.ok(typesOf(events).includes("corrupt"));
  await log[Symbol.asyncDispose]();
  assert.is(timers.waiting, 0);
});

test("a round goes on every second, and then the scrub rests: a node that has nothing to do does nothing", async () => {
  const delays: number[] = [];
  const timers = new ManualTimers();
  const after = (delayMs: number, callback: () => void): (() => void) => {
    delays.push(delayMs);
    return timers.after(delayMs, callback);
  };
  const disk = new SimulatedDisk();
  const { log } = await openLog(
    disk.mount(),
    { scrubBytesPerSecond: 65_536, scrubPauseMs: 50_000 },
    {
      ...environment(),
      after,
    },
  );
  await fill(log);
  await scrub(log, timers, 1);
  // About 180 KB are more than one burst.
  assert.equal(delays, [1_000, 1_000, 50_000]);
  const before = disk.counts.reads;
  timers.fire();
  for (let turn = 0; turn < 200; turn++) await undefined;
  assert.ok(disk.counts.reads > before);
  await log[Symbol.asyncDispose]();
});

test("damage is told once with file, position and the sequences that it took, and is served to nobody", async () => {
  const { disk, log, topic, events, timers } = await damageable();
  const starts = (await readAll(topic)).map(({ bytes }) => bytes.length);
  const at = starts.slice(0, 30).reduce((sum, size) => sum + size, 0);
  disk.damage(firstSegment, at + 500, Uint8Array.of(0));
  await scrub(log, timers, 3);
  const told = events.filter((event) => event.type === "corrupt");
  assert.is(told.length, 1);
  const [range] = topic.corruptRanges as [CorruptRange];
  assert.is(range.file, firstSegment);
  assert.is(range.at, at);
  assert.is(range.reason, "the payload's checksum does not match");
  const [[writer, lost]] = [...range.feeds] as [[string, { first: number; last: number }]];
  assert.is(writer, log.writer);
  assert.is(lost.first, 11, "the 31st frame is the 11th of the second writer");
  assert.ok(lost.last >= 11 && lost.last <= 14);
  assert.is((await rejection(topic.read(30, 100))).code, "LOG_CORRUPT");
  assert.is((await rejection(topic.readMissing(new Map([...topic.have, [writer, 10]]), 100))).code, "LOG_CORRUPT");
});

test("repair() puts back what a peer has, byte by byte, wherever the damage is", async () => {
  const { disk, log, topic, timers, copy } = await damageable();
  const whole = disk.peek(firstSegment);
  const texts = await textsOf(topic);
  const random = new Random("places");
  for (let round = 1; round <= 12; round++) {
    // Anywhere in a segment that is closed: header or payload, one byte or many, at the border of the two feeds, too.
    const at = round === 1 ? 0 : random.below(whole.length - 3_000);
    disk.damage(firstSegment, at, random.bytes(random.between(1, 3_000)));
    await scrub(log, timers, log.scrubProgress.rounds + 2);
    const ranges = topic.corruptRanges;
    assert.ok(ranges.length > 0, `damage at ${at}`);
    for (const range of ranges) {
      const have = new Map([...copy.have].map(([writer]) => [writer, (range.feeds.get(writer)?.first ?? 1e9) - 1]));
      await topic.repair(range, (await copy.readMissing(have, 8_000_000)).frames);
    }
    assert.equal(topic.corruptRanges, []);
    assert.equal(await textsOf(topic), texts);
  }
  disk.crash("lose-unsynced", new Random(1));
  disk.unlink(firstSegment.replace(".log", ".index"));
  const { log: again } = await openLog(disk.mount(), options, environment(new Random(3)));
  assert.equal(await textsOf(again.topic("t") as TopicLog), texts);
});

test("repair() refuses what is not exactly what was lost, and writes nothing", async () => {
  const { disk, log, topic, timers, copy } = await damageable();
  disk.damage(firstSegment, 20_000, Uint8Array.of(1, 2, 3));
  await scrub(log, timers, 2);
  const [range] = topic.corruptRanges as [CorruptRange];
  const before = disk.peek(firstSegment);
  const some = (await copy.readMissing(new Map(), 20_000)).frames;
  for (const [frames, message] of [
    [new Uint8Array(0), "is missing"],
    [some.subarray(0, 10_000), "no whole frames"],
    [some.subarray(0, 0), "is missing"],
  ] as const) {
    const error = await rejection(topic.repair(range, frames));
    assert.is(error.code, "REPAIR_MISFIT");
    assert.match(error.message, message);
  }
  assert.equal(disk.peek(firstSegment), before);
});

test("repair() refuses batches of another history, though they have the same sequences and bytes", async () => {
  const { disk, log, topic, timers, copy } = await damageable();
  disk.damage(firstSegment, 20_000, Uint8Array.of(1, 2, 3));
  await scrub(log, timers, 2);
  const [range] = topic.corruptRanges as [CorruptRange];
  const have = new Map([...copy.have].map(([writer]) => [writer, (range.feeds.get(writer)?.first ?? 1e9) - 1]));
  const { frames } = await copy.readMissing(have, range.bytes);
  const forged: Uint8Array[] = [];
  for (const { header, texts } of framesIn(frames)) {
    const { writer, baseSequence, lamport } = header;
    const frame = frameOf(texts.map((text) => text.replaceAll("x", "y")));
    stampBatch(frame, { writer, baseSequence, lamport, generation: 1, previousChain: chainStart });
    placeFrame(frame, { baseOffset: 0, durableBefore: 0 });
    forged.push(frame);
  }
  const before = disk.peek(firstSegment);
  const error = await rejection(topic.repair(range, concat(forged)));
  assert.is(error.code, "REPAIR_MISFIT");
  assert.match(error.message, "another history");
  assert.equal(disk.peek(firstSegment), before);
});

test.run();
