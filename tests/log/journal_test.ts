// The journal that many topics share: nothing that it made durable is lost, nothing that failed comes back.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import type { Log, LogCorruptError, LogEvent, LogOptions, TopicLog } from "../../src/log/mod.ts";
import { type CrashMode, SimulatedDisk } from "../../src/testing/disk.ts";
import { keyedFrame } from "./compaction_kit.ts";
import { environment, frameOf, ManualTimers, openLog, rejection, seeds, textsOf, typesOf } from "./log_kit.ts";

const modes: readonly CrashMode[] = ["keep", "lose-unsynced", "reorder-unsynced", "tear-last-write"];
const everythingJournaled: LogOptions = { journalTopicsMin: 1, journalBytesMax: 65_536, segmentBytesMax: 65_536 };
const journalHeadBytes = 1_024;

function reopen(disk: SimulatedDisk, options: LogOptions = everythingJournaled) {
  return openLog(disk.mount(), options, environment(new Random(9)));
}

async function topicsOf(log: Log, count: number): Promise<TopicLog[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => log.openTopic(`t${index}`)));
}

/** So many topics, each with so many records of a group each, in the journal only. */
async function journaledDisk(topics: number, rounds: number) {
  const disk = new SimulatedDisk();
  const { log, events } = await openLog(disk.mount(), { journalTopicsMin: 1 });
  const opened = await topicsOf(log, topics);
  for (let round = 0; round < rounds; round++) {
    await Promise.all(opened.map((topic) => topic.produce(frameOf([`${topic.name} ${round}`]))));
  }
  return { disk, log, events, topics: opened };
}

function expected(topic: string, rounds: number): string[] {
  return Array.from({ length: rounds }, (_, round) => `${topic} ${round}`);
}

test("many topics that wait at once cost one write and one sync, and are read from memory until they are settled", async () => {
  const { disk, topics } = await journaledDisk(50, 2);
  const before = { ...disk.counts };
  await Promise.all(topics.map((topic) => topic.produce(frameOf([`${topic.name} 2`]))));
  assert.is(disk.counts.writes - before.writes, 1);
  assert.is(disk.counts.syncs - before.syncs, 1);
  assert.is(disk.peek("topics/t7/00000000000000000000.log").length, 0, "nothing is in the segment yet");
  for (const topic of topics) assert.equal(await textsOf(topic), expected(topic.name, 3));
  for (const topic of topics) assert.equal(topic.durable, topic.have);
});

test("a few topics write their own files, and a large group does so beside many small ones", async () => {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), { journalTopicsMin: 8 });
  const few = await topicsOf(log, 3);
  await Promise.all(few.map((topic) => topic.produce(frameOf([topic.name]))));
  assert.not.ok(disk.paths().some((path) => path.startsWith("journal/")));
  const many = await topicsOf(log, 10);
  await Promise.all(many.map((topic, index) => topic.produce(frameOf(["x".repeat(index === 0 ? 100_000 : 10)]))));
  assert.ok(disk.peek("topics/t0/00000000000000000000.log").length > 100_000);
  assert.is(disk.peek("topics/t9/00000000000000000000.log").length, 0);
});

for (const mode of modes) {
  test(`what the journal made durable survives a crash (${mode}), twice in a row`, async () => {
    for (const seed of [1, 2, 3]) {
      const { disk } = await journaledDisk(12, 5);
      disk.crash(mode, new Random(seed));
      const { log, events } = await reopen(disk);
      assert.equal(typesOf(events), ["journal-replayed"]);
      for (const topic of log.topics()) assert.equal(await textsOf(topic), expected(topic.name, 5));
      disk.crash(mode, new Random(seed));
      const again = await reopen(disk);
      assert.equal(again.events, [], "the journal was empty");
      for (const topic of again.log.topics()) assert.equal(await textsOf(topic), expected(topic.name, 5));
    }
  });
}

test("a clean stop writes everything to its segments: nothing is replayed, also without the journal", async () => {
  const { disk, log } = await journaledDisk(12, 5);
  await log[Symbol.asyncDispose]();
  assert.ok(disk.paths().includes("clean-stop"));
  for (const name of ["journal/0", "journal/1"]) disk.unlink(name);
  const { log: again, events } = await reopen(disk);
  assert.equal(events, []);
  for (const topic of again.topics()) assert.equal(await textsOf(topic), expected(topic.name, 5));
});

test("a crash within the replay leaves all of it to the next one", async () => {
  for (let count = 1; count < 40; count++) {
    const { disk } = await journaledDisk(6, 3);
    disk.crash("lose-unsynced", new Random(1));
    // The machine stops at the so-many-th sync of the open.
    let syncs = 0;
    disk.pause = async () => {
      if (++syncs === count) disk.crash("reorder-unsynced", new Random(count));
    };
    const opened = await reopen(disk).catch(() => undefined);
    disk.pause = () => Promise.resolve();
    if (opened === undefined) disk.crash("lose-unsynced", new Random(1));
    const { log } = opened ?? (await reopen(disk));
    for (const topic of log.topics()) assert.equal(await textsOf(topic), expected(topic.name, 3), `sync ${count}`);
    assert.is(log.topics().length, 6);
    if (opened !== undefined) return;
  }
  assert.unreachable("the open never got through");
});

test("every flipped byte of the journal below its greatest mark is corruption; above it is what was never promised", async () => {
  const { disk } = await journaledDisk(2, 4);
  disk.crash("keep", new Random(1));
  const whole = disk.peek("journal/0");
  const starts: number[] = [];
  for (let at = 0; at < whole.length - 4; at++) {
    if (whole[at] === 0x47 && whole[at + 1] === 0x56 && whole[at + 2] === 0x45 && whole[at + 3] === 0x31)
      starts.push(at);
  }
  assert.is(starts[0], journalHeadBytes);
  // Two entries a commit: those of the last one say that everything before them was durable.
  const mark = starts.at(-2) as number;
  for (let at = journalHeadBytes; at < mark; at += 7) {
    const copy = disk.copy();
    copy.damage("journal/0", at, Uint8Array.of((whole[at] as number) ^ 1));
    const error = (await rejection(reopen(copy))) as LogCorruptError;
    assert.is(error.code, "LOG_CORRUPT", `byte ${at}`);
    assert.is(error.file, "journal/0");
    assert.is(error.at, starts.filter((start) => start <= at).at(-1), `byte ${at}`);
  }
});

test("headers that are both damaged are corruption while entries stand behind them", async () => {
  const { disk } = await journaledDisk(2, 2);
  disk.crash("keep", new Random(1));
  disk.damage("journal/0", 0, new Uint8Array(journalHeadBytes));
  const error = (await rejection(reopen(disk))) as LogCorruptError;
  assert.is(error.code, "LOG_CORRUPT");
  assert.match(error.message, "neither header is intact");
});

test("a segment that the journal continues and that is gone, or too short, is corruption", async () => {
  const { disk, log } = await journaledDisk(2, 2);
  await log[Symbol.asyncDispose]();
  const { log: again } = await reopen(disk);
  await Promise.all(again.topics().map((topic) => topic.produce(frameOf(["more"]))));
  disk.crash("keep", new Random(1));
  const path = "topics/t1/00000000000000000000.log";
  const short = disk.copy();
  const file = await (await (await short.mount().directory("topics")).directory("t1")).open(path.slice(10));
  await file.truncate(10);
  assert.match((await rejection(reopen(short))).message, "the journal goes on at byte");
  disk.unlink(path);
  assert.match((await rejection(reopen(disk))).message, "the file is missing");
});

test("a failed sync of the journal fails all its groups, leaves no trace of them, and the next ones work", async () => {
  for (const mode of modes) {
    for (const journalTopicsMin of [1, 100]) {
      const { disk, topics } = await journaledDisk(4, 2);
      disk.failNext("sync", "EIO", { name: "0" });
      const lost = await Promise.allSettled(topics.map((topic) => topic.produce(frameOf(["lost"]))));
      for (const result of lost) assert.is(result.status === "rejected" && result.reason.code, "LOG_WRITE_FAILED");
      for (const topic of topics) assert.equal(await textsOf(topic), expected(topic.name, 2));
      await Promise.all(topics.slice(0, 2).map((topic) => topic.produce(frameOf([`${topic.name} 2`]))));
      disk.crash(mode, new Random(3));
      const { log } = await reopen(disk, { journalTopicsMin });
      for (const [index, topic] of log.topics().entries()) {
        assert.equal(await textsOf(topic), expected(topic.name, index < 2 ? 3 : 2), mode);
      }
    }
  }
});

test("while a failed commit cannot be taken back nobody writes, not even to files of their own", async () => {
  const { disk, topics } = await journaledDisk(2, 1);
  // The sync fails and so does the one that takes the commit back: its entries may stand in the journal.
  disk.failNext("sync", "EIO", { times: 3, name: "0" });
  const [first, second] = topics as [TopicLog, TopicLog];
  assert.is((await rejection(first.produce(frameOf(["lost"])))).code, "LOG_WRITE_FAILED");
  assert.is((await rejection(first.produce(frameOf(["x".repeat(100_000)])))).code, "LOG_WRITE_FAILED");
  disk.healFaults();
  await second.produce(frameOf(["t1 1"]));
  await first.produce(frameOf(["x".repeat(100_000)]));
  disk.crash("keep", new Random(1));
  const { log } = await reopen(disk);
  assert.equal(await textsOf(log.topic("t0") as TopicLog), ["t0 0", "x".repeat(100_000)]);
  assert.equal(await textsOf(log.topic("t1") as TopicLog), ["t1 0", "t1 1"]);
});

test("the journal's files take turns, and what cannot be settled sends topics to their own files", async () => {
  const disk = new SimulatedDisk();
  const { log, events } = await openLog(disk.mount(), everythingJournaled);
  const topics = await topicsOf(log, 6);
  for (let round = 0; round < 60; round++) {
    // One topic's file cannot be written: the others go on.
    if (round === 20) disk.failNext("write", "EIO", { name: ".log", times: 3 });
    const results = await Promise.allSettled(
      topics.map((topic) => topic.produce(frameOf([`${topic.name} ${round} ${"x".repeat(1_000)}`]))),
    );
    if (round !== 20 && round < 20) for (const result of results) assert.is(result.status, "fulfilled");
  }
  disk.healFaults();
  for (const name of ["journal/0", "journal/1"]) assert.ok(disk.peek(name).length <= 65_536);
  assert.ok(disk.peek("topics/t3/00000000000000000000.log").length > 20_000);
  assert.ok(typesOf(events).includes("write-failed"));
  const texts = await Promise.all(topics.map((topic) => textsOf(topic)));
  disk.crash("lose-unsynced", new Random(1));
  const { log: again } = await reopen(disk);
  assert.equal(await Promise.all(again.topics().map((topic) => textsOf(topic))), texts);
});

/** A random life of many topics on a disk that fails now and then. */
async function randomLife(random: Random, disk: SimulatedDisk, promised: Map<string, string[]>): Promise<LogEvent[]> {
  const options = { ...everythingJournaled, journalTopicsMin: random.pick([1, 4, 1_000]) };
  const { log, events } = await openLog(disk.mount(), options, environment(random));
  for (const [name, texts] of promised) {
    const held = await textsOf(log.topic(name) as TopicLog);
    assert.is(new Set(held).size, held.length, "no record is there twice");
    const found = held.filter((text) => texts.includes(text));
    assert.equal(found, texts, `what topic ${name} acknowledged is there, in order`);
  }
  const topics = await topicsOf(log, 8);
  disk.pause = async () => {
    for (let turn = random.below(8); turn > 0; turn--) await undefined;
  };
  const running: Promise<unknown>[] = [];
  for (let step = random.between(1, 40); step > 0; step--) {
    const topic = random.pick(topics) as TopicLog;
    const text = `${promised.size} ${random.below(2 ** 31)} ${"x".repeat(random.chance(0.1) ? random.below(70_000) : 50)}`;
    const produced = topic.produce(frameOf([text])).then(() => {
      promised.set(topic.name, [...(promised.get(topic.name) ?? []), text]);
    });
    running.push(produced.catch(() => undefined));
    if (random.chance(0.1)) disk.failNext(random.pick(["write", "sync", "truncate"] as const) ?? "sync", "EIO");
    if (random.chance(0.5)) for (let turn = random.below(30); turn > 0; turn--) await undefined;
    if (random.chance(0.1)) await Promise.all(running);
  }
  disk.healFaults();
  if (random.chance(0.3)) await Promise.all(running);
  if (random.chance(0.2)) await log[Symbol.asyncDispose]();
  disk.crash(random.pick(modes) as CrashMode, random);
  await Promise.all(running);
  await log[Symbol.asyncDispose]();
  return events;
}

test("many topics keep their promises, whatever crashes and faults come", async () => {
  for (const seed of seeds(60)) {
    const random = new Random(`journal ${seed}`);
    const disk = new SimulatedDisk();
    const promised = new Map<string, string[]>();
    try {
      for (let life = 0; life < 5; life++) await randomLife(random, disk, promised);
    } catch (error) {
      throw new Error(`SEED=${seed}: ${error instanceof Error ? error.stack : error}`);
    }
  }
});

test("a group that the journal has no room for stays in its segment, though that is to be closed meanwhile", async () => {
  const disk = new SimulatedDisk();
  const timers = new ManualTimers();
  const options = { ...everythingJournaled, segmentBytesMax: 1_048_576 };
  const { log } = await openLog(disk.mount(), options, environment(new Random(1), timers));
  const topic = await log.openTopic("t");
  // Without a grace time, compaction closes a segment at the second look at it.
  topic.setCompaction({ tombstoneGraceMs: 0 });
  const look = async (): Promise<void> => {
    timers.fire();
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  await topic.produce(keyedFrame([{ key: "small", value: "a" }]));
  await look();
  let looked = false;
  disk.pause = async () => {
    if (looked) return;
    looked = true;
    await look();
  };
  await topic.produce(keyedFrame([{ key: "large", value: "b".repeat(65_000) }]));
  assert.ok(looked);
  await topic.produce(keyedFrame([{ key: "small", value: "c" }]));
  assert.ok(disk.paths().includes("topics/t/00000000000000000002.log"), "it is closed after the group");
  const texts = (await textsOf(topic)).map((text) => text.slice(0, 1));
  assert.equal(texts, ["a", "b", "c"]);
  disk.crash("lose-unsynced", new Random(1));
  const again = await reopen(disk, options);
  assert.equal(
    (await textsOf(again.log.topic("t") as TopicLog)).map((text) => text.slice(0, 1)),
    texts,
  );
  await again.log[Symbol.asyncDispose]();
});

test.run();
