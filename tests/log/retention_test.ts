import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import type { Log, LogOptions, Retention, TopicLog } from "../../src/log/mod.ts";
import { type CrashMode, SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, framesIn, ManualTimers, openLog, readAll, rejection, textsOf } from "./log_kit.ts";

const modes: readonly CrashMode[] = ["keep", "lose-unsynced", "reorder-unsynced", "tear-last-write"];
const small: LogOptions = { segmentBytesMax: 65_536 };

/** A topic "t" with so many records of 6 kB, about eleven a segment. */
async function filled(disk: SimulatedDisk, records: number, options: LogOptions = small, timers = new ManualTimers()) {
  const { log, events } = await openLog(disk.mount(), options, environment(new Random(1), timers));
  const topic = await log.openTopic("t");
  for (let index = 0; index < records; index++) await topic.produce(frameOf([`${index} ${"x".repeat(6_000)}`], index));
  await topic.retain();
  return { log, topic, events };
}

function segmentsOf(disk: SimulatedDisk): string[] {
  return disk.paths().filter((path) => path.startsWith("topics/t/") && path.endsWith(".log"));
}

test("retention keeps so many segments, and takes their index files with them", async () => {
  const disk = new SimulatedDisk();
  const { log, topic, events } = await filled(disk, 100, { ...small, retention: { segmentsMax: 3 } });
  assert.is(segmentsOf(disk).length, 3);
  assert.is(disk.paths().filter((path) => path.endsWith(".index")).length, 2);
  assert.ok(topic.firstOffset > 50);
  assert.is(topic.nextOffset, 100);
  assert.equal(topic.lowWater, new Map([[log.writer, topic.firstOffset + 1]]));
  assert.is((await textsOf(topic)).length, 100 - topic.firstOffset);
  assert.is((await rejection(topic.read(topic.firstOffset - 1, 100))).code, "OFFSET_OUT_OF_RANGE");
  assert.ok(events.some((event) => event.type === "segments-dropped" && event.firstOffset === topic.firstOffset));
});

test("retention by bytes keeps at least so many, and no whole segment beyond them", async () => {
  const disk = new SimulatedDisk();
  const { topic } = await filled(disk, 100, { ...small, retention: { bytesMin: 200_000 } });
  assert.ok(topic.bytes >= 200_000, `${topic.bytes}`);
  assert.ok(topic.bytes < 200_000 + 80_000, `${topic.bytes}`);
});

test("a segment stays until enough nodes hold it, and one beyond the cap of bytes goes all the same, which is told", async () => {
  const disk = new SimulatedDisk();
  let held = 0;
  const asked: number[] = [];
  const timers = new ManualTimers();
  const env = {
    ...environment(new Random(1), timers),
    heldThrough: (topic: TopicLog, writer: string, copies: number): number => {
      asked.push(copies);
      return topic.name === "t" && topic.have.has(writer) ? held : 0;
    },
  };
  const { log, events } = await openLog(disk.mount(), small, env);
  const topic = await log.openTopic("t");
  topic.setRetention({ segmentsMax: 1, keepUntilReplicas: 3 });
  for (let index = 0; index < 60; index++) await topic.produce(frameOf([`${index} ${"x".repeat(6_000)}`], index));
  assert.is(await topic.retain(), 0);
  held = 30;
  assert.is(await topic.retain(), 2);
  assert.ok(topic.firstOffset > 15 && topic.firstOffset <= 30, `${topic.firstOffset}`);
  // What is confirmed later is judged now and then, too.
  held = 50;
  timers.fire();
  for (let turn = 0; turn < 400; turn++) await undefined;
  assert.ok(topic.firstOffset > 30 && topic.firstOffset <= 50, `${topic.firstOffset}`);
  assert.equal([...new Set(asked)], [3]);
  const uncopied = (): number => {
    return events.reduce((sum, event) => sum + (event.type === "segments-dropped" ? event.uncopied : 0), 0);
  };
  assert.is(uncopied(), 0);
  topic.setRetention({ segmentsMax: 1, keepUntilReplicas: 3, bytesMax: 70_000 });
  for (let index = 60; index < 90; index++) await topic.produce(frameOf([`${index} ${"x".repeat(6_000)}`], index));
  await topic.retain();
  assert.ok(topic.firstOffset > 60, `${topic.firstOffset}`);
  assert.ok(uncopied() > 0);
});

test("retention by age looks at the newest record of a segment, also when nothing is written", async () => {
  const disk = new SimulatedDisk();
  const timers = new ManualTimers();
  const { topic } = await filled(disk, 100, small, timers);
  assert.is(timers.waiting, 0);
  // The records' times are 0 to 99, and it is 1,000 now: what is older than a second is gone.
  topic.setRetention({ ageMaxMs: 1_000 });
  timers.fire();
  for (let turn = 0; turn < 100; turn++) await undefined;
  assert.is(topic.firstOffset, 0);
  disk.crash("keep", new Random(1));
  const laterTimers = new ManualTimers();
  const env = { ...environment(new Random(2), laterTimers), wallMs: () => 1_050 };
  const { log: later } = await openLog(disk.mount(), { ...small, retention: { ageMaxMs: 1_000 } }, env);
  laterTimers.fire();
  for (let turn = 0; turn < 400; turn++) await undefined;
  const first = (later.topic("t") as TopicLog).firstOffset;
  assert.ok(first > 35 && first <= 50, `${first}`);
  await later[Symbol.asyncDispose]();
  assert.is(laterTimers.waiting, 0);
});

test("retention that makes no sense is refused with field, value and limit", async () => {
  const disk = new SimulatedDisk();
  const { topic } = await filled(disk, 1);
  const rows: readonly [Retention, string][] = [
    [{ bytesMin: 1_000 }, "retention.bytesMin is 1000, allowed is a whole number from 65536"],
    [{ ageMaxMs: 5 }, "retention.ageMaxMs is 5, allowed is a whole number from 1000"],
    [{ segmentsMax: 0 }, "retention.segmentsMax is 0, allowed is a whole number from 1"],
  ];
  for (const [retention, message] of rows) {
    assert.throws(() => topic.setRetention(retention), message);
    assert.match((await rejection(openLog(disk.mount(), { ...small, retention }))).message, message);
  }
});

for (const mode of modes) {
  test(`feeds go on behind what retention took, also those that are wholly gone, over a crash (${mode})`, async () => {
    const disk = new SimulatedDisk();
    const { log, topic } = await filled(disk, 30);
    const gone = log.writer;
    await log.mintWriter("the test wants a feed that ends");
    for (let index = 30; index < 100; index++) await topic.produce(frameOf([`${index} ${"x".repeat(6_000)}`]));
    topic.setRetention({ segmentsMax: 2 });
    await topic.retain();
    assert.is(topic.lowWater.get(gone), 31);
    const before = { have: topic.have, lowWater: topic.lowWater, lamport: topic.lamport, first: topic.firstOffset };
    const texts = await textsOf(topic);
    disk.crash(mode, new Random(3));
    const { log: again, events } = await openLog(disk.mount(), small, environment(new Random(9)));
    const held = again.topic("t") as TopicLog;
    assert.equal(
      events.filter(({ type }) => type !== "index-rebuilt"),
      [],
    );
    assert.equal({ have: held.have, lowWater: held.lowWater, lamport: held.lamport, first: held.firstOffset }, before);
    assert.equal(held.durable, held.have);
    assert.equal(await textsOf(held), texts);
    assert.equal(await held.produce(frameOf(["next"])), { offset: 100, writer: again.writer, sequence: 71, count: 1 });
    await again[Symbol.asyncDispose]();
    const { log: third } = await openLog(disk.mount(), small, environment(new Random(9)));
    assert.is((await textsOf(third.topic("t") as TopicLog)).at(-1), "next");
  });
}

test("a crash while segments are removed leaves all of them or a log that begins above", async () => {
  for (let count = 1; count < 20; count++) {
    for (const mode of modes) {
      const disk = new SimulatedDisk();
      const { log, topic } = await filled(disk, 60);
      let syncs = 0;
      let isOver = false;
      disk.pause = async () => {
        if (++syncs === count) disk.crash(mode, new Random(count));
      };
      topic.setRetention({ segmentsMax: 1 });
      await topic.retain().then(
        () => {
          isOver = true;
        },
        () => undefined,
      );
      disk.pause = () => Promise.resolve();
      disk.crash(mode, new Random(count));
      const { log: again } = await openLog(disk.mount(), small, environment(new Random(9)));
      const held = again.topic("t") as TopicLog;
      assert.equal(held.have, new Map([[log.writer, 60]]));
      assert.is((await textsOf(held)).length, 60 - held.firstOffset);
      assert.is(segmentsOf(disk).length, held.firstOffset === 0 ? 6 : 1);
      if (isOver && mode === modes.at(-1)) return;
    }
  }
  assert.unreachable("the removal never got through");
});

test("readers that stand in a segment when it goes get whole frames, or hear that they are below the log", async () => {
  const disk = new SimulatedDisk();
  const { topic } = await filled(disk, 400);
  disk.pause = async () => undefined;
  const reading = Array.from({ length: 12 }, async (_, reader) => {
    let offset = reader * 30;
    let outOfRange = 0;
    while (offset < topic.nextOffset) {
      try {
        const chunk = await topic.read(offset, 20_000);
        for (const { header } of framesIn(chunk.frames)) assert.ok(header.baseOffset >= offset);
        offset = chunk.nextOffset;
      } catch (error) {
        assert.is((error as { code: string }).code, "OFFSET_OUT_OF_RANGE");
        assert.ok(offset < topic.firstOffset);
        outOfRange++;
        offset = topic.firstOffset;
      }
      await topic.readMissing(new Map(), 20_000);
      await topic.offsetAt(reader * 20);
    }
    return outOfRange;
  });
  for (let segmentsMax = 30; segmentsMax >= 1; segmentsMax--) {
    topic.setRetention({ segmentsMax });
    await topic.retain();
    for (let turn = 0; turn < 5; turn++) await undefined;
  }
  const outOfRange = (await Promise.all(reading)).reduce((sum, count) => sum + count, 0);
  assert.ok(outOfRange > 0, "some were below");
});

test("an empty node gets what is held, with a gap for what is gone, and then has all that the others have", async () => {
  const { log, topic } = await filled(new SimulatedDisk(), 100, { ...small, retention: { segmentsMax: 2 } });
  const { log: empty } = await openLog(new SimulatedDisk().mount(), small, environment(new Random(7)));
  const copy = await empty.openTopic("t");
  let rounds = 0;
  for (; rounds < 10; rounds++) {
    const missing = await topic.readMissing(copy.have, 50_000);
    for (const [writer, low] of missing.lowWater) {
      if ((copy.have.get(writer) ?? 0) + 1 < low) await copy.applyGap(writer, low - 1);
    }
    const applied = await copy.apply(missing.frames);
    assert.is(applied.stopped, undefined);
    if (missing.complete) break;
  }
  assert.ok(rounds < 10);
  assert.equal(copy.have, new Map([[log.writer, 100]]));
  assert.equal(copy.lowWater, topic.lowWater);
  const records = (await readAll(copy)).filter(({ header }) => header.kind === "records");
  assert.equal(
    records.flatMap(({ texts }) => texts),
    await textsOf(topic),
  );
});

test("who lacks the end of a feed that retention took to its end is given the rest, and its low-water mark", async () => {
  const { log: quiet } = await openLog(new SimulatedDisk().mount(), small, environment(new Random(7)));
  const source = await quiet.openTopic("t");
  for (const value of ["a", "b"]) await source.produce(frameOf([value]));
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), small, environment(new Random(1)));
  await (await log.openTopic("t")).apply((await source.readMissing(new Map(), 50_000)).frames.slice());
  await log[Symbol.asyncDispose]();
  const options = { ...small, retention: { segmentsMax: 2 } };
  const { log: again } = await filled(disk, 100, options);
  await again[Symbol.asyncDispose]();
  // What stands in memory needs no search.
  const { log: reopened } = await openLog(disk.mount(), options, environment(new Random(1)));
  const held = await reopened.openTopic("t");
  assert.is(held.lowWater.get(quiet.writer), 3);
  const { frames, lowWater, complete } = await held.readMissing(new Map([[quiet.writer, 1]]), 1_000_000);
  assert.is(complete, true);
  assert.is(framesIn(frames).length, held.nextOffset - held.firstOffset);
  assert.is(lowWater.get(quiet.writer), 3);
});

test("a floor that is damaged, or whose segment is missing, is corruption", async () => {
  const disk = new SimulatedDisk();
  const { log } = await filled(disk, 60, { ...small, retention: { segmentsMax: 2 } });
  await log[Symbol.asyncDispose]();
  for (const at of [0, 5, 20, 50]) {
    const copy = disk.copy();
    copy.damage("topics/t/floor", at, Uint8Array.of((copy.peek("topics/t/floor")[at] as number) ^ 1));
    const error = (await rejection(openLog(copy.mount(), small))) as Error & { file?: string };
    assert.is(error.file, "topics/t/floor");
  }
  const copy = disk.copy();
  copy.unlink(segmentsOf(disk)[0] as string);
  assert.match((await rejection(openLog(copy.mount(), small))).message, "the file is missing");
});

test("a disk that fails while segments are removed is told, and the next try goes on", async () => {
  const disk = new SimulatedDisk();
  const { log, topic }: { log: Log; topic: TopicLog } = await filled(disk, 60);
  topic.setRetention({ segmentsMax: 2 });
  disk.failNext("replace", "EIO");
  assert.is((await rejection(topic.retain())).code, "EIO");
  assert.is(topic.firstOffset, 0);
  assert.is((await textsOf(topic)).length, 60);
  assert.is(await topic.retain(), 4);
  await log[Symbol.asyncDispose]();
});

test.run();
