import { test } from "uvu";
import * as assert from "uvu/assert";
import { FrameBuilder, Random } from "../../src/base/mod.ts";
import { type LogCorruptError, type LogEvent, type LogOptions, resolveOptions } from "../../src/log/mod.ts";
import { type CrashMode, SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, openLog, readAll, rejection, textsOf } from "./log_kit.ts";

const firstSegment = "topics/t/00000000000000000000.log";
const firstIndex = "topics/t/00000000000000000000.index";

/** A disk with so many frames in topic "t", each produced and synced by itself, and the log still open. */
async function filledDisk(frames: number, options: LogOptions = {}, valueBytes = 100) {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), options);
  const topic = await log.openTopic("t");
  for (let index = 0; index < frames; index++) await topic.produce(frameOf([`${index} ${"x".repeat(valueBytes)}`]));
  const starts = (await readAll(topic)).map(({ bytes }) => bytes.length);
  return { disk, log, starts: starts.map((_, index) => starts.slice(0, index).reduce((sum, size) => sum + size, 0)) };
}

async function reopen(disk: SimulatedDisk, options: LogOptions = {}) {
  return openLog(disk.mount(), options, environment(new Random(9)));
}

function flip(disk: SimulatedDisk, path: string, at: number): void {
  disk.damage(path, at, Uint8Array.of((disk.peek(path)[at] as number) ^ 1));
}

function ofType<Type extends LogEvent["type"]>(events: readonly LogEvent[], type: Type) {
  return events.filter((event): event is Extract<LogEvent, { type: Type }> => event.type === type);
}

test("a torn last frame is cut off and reported, and the log goes on there", async () => {
  const { disk, starts } = await filledDisk(5);
  const bytes = disk.peek(firstSegment).length;
  disk.crash("keep", new Random(1));
  flip(disk, firstSegment, bytes - 1);
  const { log, events } = await reopen(disk);
  assert.equal(ofType(events, "torn-tail"), [
    {
      type: "torn-tail",
      topic: "t",
      file: firstSegment,
      at: starts[4],
      bytes: bytes - (starts[4] as number),
      reason: "the payload's checksum does not match",
    },
  ]);
  const topic = await log.openTopic("t");
  assert.is(topic.nextOffset, 4);
  assert.equal((await topic.produce(frameOf(["again"]))).offset, 4);
  disk.crash("lose-unsynced", new Random(1));
  assert.is((await textsOf(await (await reopen(disk)).log.openTopic("t"))).length, 5);
});

test("every flipped bit below the greatest durable mark is refused with file and offset, and nothing is changed", async () => {
  const { disk, starts } = await filledDisk(4, {}, 10);
  disk.crash("keep", new Random(1));
  // The last frame says that the three before it were durable.
  for (let at = 0; at < (starts[3] as number); at += 3) {
    flip(disk, firstSegment, at);
    const before = disk.peek(firstSegment);
    const error = (await rejection(reopen(disk))) as LogCorruptError;
    assert.is(error.code, "LOG_CORRUPT", `byte ${at}`);
    assert.is(error.file, firstSegment);
    assert.is(error.at, starts.filter((start) => start <= at).at(-1), `byte ${at}`);
    assert.equal(disk.peek(firstSegment), before);
    flip(disk, firstSegment, at);
  }
  assert.is((await reopen(disk)).events.length, 0);
});

test("the durable mark of a frame counts also when its batch is damaged or cut off", async () => {
  const { disk, starts } = await filledDisk(4);
  disk.crash("keep", new Random(1));
  flip(disk, firstSegment, (starts[1] as number) + 130);
  flip(disk, firstSegment, (starts[3] as number) + 130);
  assert.is(((await rejection(reopen(disk))) as LogCorruptError).at, starts[1]);
});

test("frames that a producer wrote into a payload are no marks", async () => {
  const { disk } = await filledDisk(30);
  const builder = new FrameBuilder();
  builder.add({ value: disk.peek(firstSegment) }, 0);
  const victim = new SimulatedDisk();
  const { log } = await openLog(victim.mount());
  const topic = await log.openTopic("t");
  await topic.produce(frameOf(["first"]));
  const at = topic.bytes;
  await topic.produce(builder.finish());
  victim.crash("keep", new Random(1));
  flip(victim, firstSegment, victim.peek(firstSegment).length - 1);
  const { events } = await reopen(victim);
  assert.is(ofType(events, "torn-tail")[0]?.at, at);
});

test("after a clean stop every flipped bit is corruption, also in the last frame", async () => {
  const { disk, log, starts } = await filledDisk(4);
  await log[Symbol.asyncDispose]();
  const size = disk.peek(firstSegment).length;
  for (const at of [size - 1, starts[3] as number, 5]) {
    flip(disk, firstSegment, at);
    assert.is((await rejection(reopen(disk))).code, "LOG_CORRUPT", `byte ${at}`);
    flip(disk, firstSegment, at);
  }
  // A refused open has left the marker: the next one still knows.
  assert.ok(disk.paths().includes("clean-stop"));
  assert.equal((await reopen(disk)).events, []);
  assert.not.ok(disk.paths().includes("clean-stop"));
});

test("after a clean stop a missing file or topic is corruption", async () => {
  const { disk, log } = await filledDisk(4);
  await log[Symbol.asyncDispose]();
  disk.unlink(firstSegment);
  const error = (await rejection(reopen(disk))) as LogCorruptError;
  assert.is(error.code, "LOG_CORRUPT");
  assert.is(error.file, firstSegment);
});

test("after a clean stop the empty segment is none that a failed attempt to begin it left", async () => {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), { segmentBytesMax: 65_536 });
  const topic = await log.openTopic("t");
  await topic.produce(frameOf(["x".repeat(70_000)]));
  disk.failNext("sync-names", "EIO", { name: "topics/t/" });
  assert.is((await rejection(topic.produce(frameOf(["refused"])))).code, "LOG_WRITE_FAILED");
  await log[Symbol.asyncDispose]();
  assert.ok(disk.paths().includes("clean-stop"));
  assert.is(disk.peek("topics/t/00000000000000000001.log").length, 0);
  const { log: again } = await openLog(disk.mount(), {}, environment(new Random(2)));
  const found = await again.openTopic("t");
  await found.produce(frameOf(["b"]));
  assert.equal(
    (await textsOf(found)).map((text) => text.length),
    [70_000, 1],
  );
  await again[Symbol.asyncDispose]();
});

test("unsynced frames behind a hole are a torn tail, because nothing says they were durable", async () => {
  for (let seed = 0; seed < 40; seed++) {
    const { disk } = await filledDisk(3, { fsync: "never" }, 1_000);
    disk.crash("reorder-unsynced", new Random(seed));
    const { log } = await reopen(disk, { fsync: "never" });
    assert.ok((await textsOf(await log.openTopic("t"))).length <= 3);
  }
});

test("a closed segment's damage is corruption once its index does not vouch for it", async () => {
  const { disk, log } = await filledDisk(60, { segmentBytesMax: 65_536 }, 3_000);
  await log[Symbol.asyncDispose]();
  flip(disk, firstSegment, 40_000);
  const opened = await reopen(disk, { segmentBytesMax: 65_536 });
  const error = (await rejection(textsOf(await opened.log.openTopic("t")))) as LogCorruptError;
  assert.is(error.code, "LOG_CORRUPT", "reading finds what opening did not look at");
  assert.is(error.file, firstSegment);
  await opened.log[Symbol.asyncDispose]();
  disk.unlink(firstIndex);
  assert.is((await rejection(reopen(disk, { segmentBytesMax: 65_536 }))).code, "LOG_CORRUPT");
});

test("a file that loses its end while the log is open is corruption for those who read there", async () => {
  const { disk, log } = await filledDisk(60, { segmentBytesMax: 65_536 }, 3_000);
  await log[Symbol.asyncDispose]();
  const { log: again } = await reopen(disk, { segmentBytesMax: 65_536 });
  const topic = await again.openTopic("t");
  const directory = await (await disk.mount().directory("topics")).directory("t");
  const file = await directory.open("00000000000000000000.log");
  for (const size of [30_000, 0]) {
    await file.truncate(size);
    const error = (await rejection(textsOf(topic))) as LogCorruptError;
    assert.is(error.code, "LOG_CORRUPT");
    assert.is(error.file, firstSegment);
  }
  assert.is((await rejection(topic.readMissing(new Map(), 1_000))).code, "LOG_CORRUPT");
});

test("a missing segment between others is corruption", async () => {
  const { disk, log } = await filledDisk(60, { segmentBytesMax: 65_536 }, 3_000);
  await log[Symbol.asyncDispose]();
  const second = disk.paths().filter((path) => path.endsWith(".log"))[1] as string;
  disk.unlink(second);
  assert.match((await rejection(reopen(disk))).message, "the one before it ends at");
});

test("indexes are rebuilt when missing, damaged, cut or of another segment, with an event, and say the same", async () => {
  const options = { segmentBytesMax: 65_536, indexEveryBytes: 1_000 };
  const { disk, log } = await filledDisk(60, options, 3_000);
  const expected = await textsOf(await log.openTopic("t"));
  await log[Symbol.asyncDispose]();
  const indexes = disk.paths().filter((path) => path.endsWith(".index"));
  assert.ok(indexes.length >= 3);
  const intact = indexes.map((path) => disk.peek(path));
  const damages: ((path: string, index: number) => void)[] = [
    (path) => disk.unlink(path),
    (path) => flip(disk, path, 70),
    (path) => flip(disk, path, 0),
    (path) => disk.damage(path, 0, new Uint8Array(disk.peek(path).length)),
  ];
  for (const damage of damages) {
    for (const [index, path] of indexes.entries()) damage(path, index);
    const { log: again, events } = await reopen(disk, options);
    assert.equal(
      ofType(events, "index-rebuilt").map((event) => event.file),
      indexes,
    );
    const topic = await again.openTopic("t");
    assert.equal(await textsOf(topic), expected);
    await again[Symbol.asyncDispose]();
    assert.equal(
      indexes.map((path) => disk.peek(path)),
      intact,
    );
  }
  assert.is(ofType((await reopen(disk, options)).events, "index-rebuilt").length, 0);
});

test("an index of a segment that is longer than it covers is not believed", async () => {
  const options = { segmentBytesMax: 65_536 };
  const { disk, log } = await filledDisk(20, options, 3_000);
  await log[Symbol.asyncDispose]();
  const { log: again } = await reopen(disk, options);
  const topic = await again.openTopic("t");
  for (let index = 0; index < 20; index++) await topic.produce(frameOf([`later ${index} ${"x".repeat(3_000)}`]));
  disk.crash("keep", new Random(1));
  const { log: third } = await reopen(disk, options);
  assert.is((await textsOf(await third.openTopic("t"))).length, 40);
});

for (const [fsync, mode, minted] of [
  ["always", "keep", false],
  ["always", "lose-unsynced", false],
  ["interval", "keep", true],
  ["never", "keep", true],
  ["never", "lose-unsynced", true],
] satisfies [LogOptions["fsync"], CrashMode, boolean][]) {
  test(`an unclean stop (${mode}) under ${fsync} ${minted ? "mints a new writer" : "keeps the writer"}`, async () => {
    const { disk, log } = await filledDisk(2, { fsync });
    disk.crash(mode, new Random(1));
    const { log: again, events } = await reopen(disk, { fsync });
    assert.is(again.writer !== log.writer, minted);
    assert.is(ofType(events, "new-writer").length, minted ? 1 : 0);
    if (minted) assert.is(ofType(events, "new-writer")[0]?.previous, log.writer);
  });
}

test("an unclean stop under never mints a new writer, whatever the policy is now", async () => {
  const { disk, log } = await filledDisk(2, { fsync: "never" });
  disk.crash("keep", new Random(1));
  assert.is.not((await reopen(disk, { fsync: "always" })).log.writer, log.writer);
});

test("a clean stop keeps the writer under never, `newWriter` does not", async () => {
  const { disk, log } = await filledDisk(2, { fsync: "never" });
  await log[Symbol.asyncDispose]();
  const again = await reopen(disk, { fsync: "never" });
  assert.is(again.log.writer, log.writer);
  await again.log[Symbol.asyncDispose]();
  const { log: third, events } = await reopen(disk, { fsync: "never", newWriter: true });
  assert.is.not(third.writer, log.writer);
  assert.match(ofType(events, "new-writer")[0]?.reason ?? "", "asked for");
});

test("a damaged or missing writer file means a new writer", async () => {
  for (const harm of [
    (disk: SimulatedDisk) => disk.unlink("writer"),
    (disk: SimulatedDisk) => flip(disk, "writer", 20),
  ]) {
    const { disk, log } = await filledDisk(2);
    await log[Symbol.asyncDispose]();
    harm(disk);
    const { log: again } = await reopen(disk);
    assert.is.not(again.writer, log.writer);
    assert.is((await textsOf(await again.openTopic("t"))).length, 2);
  }
});

test("a marker that is damaged counts as none", async () => {
  const { disk, log } = await filledDisk(2, { fsync: "never" });
  await log[Symbol.asyncDispose]();
  flip(disk, "clean-stop", 9);
  assert.is.not((await reopen(disk, { fsync: "never" })).log.writer, log.writer);
});

test("a disk that fails while a log is opened rejects the open, and the next one succeeds", async () => {
  const { disk, log } = await filledDisk(5);
  await log[Symbol.asyncDispose]();
  for (const [operation, name] of [
    ["read", firstSegment.slice(9)],
    ["read", "writer"],
    ["replace", "writer"],
  ] as const) {
    disk.failNext(operation, "EIO", { name });
    assert.is((await rejection(reopen(disk, { newWriter: true }))).code, "EIO");
    disk.healFaults();
  }
  assert.is((await textsOf(await (await reopen(disk)).log.openTopic("t"))).length, 5);
});

test("resolveOptions() fills what is not given", () => {
  const { checksum, ...rest } = resolveOptions({});
  assert.type(checksum, "function");
  assert.equal(rest, {
    fsync: "always",
    fsyncIntervalMs: 1_000,
    segmentBytesMax: 268_435_456,
    indexEveryBytes: 65_536,
    pendingBytesMax: 67_108_864,
    journalTopicsMin: 8,
    journalBytesMax: 33_554_432,
    scrubBytesPerSecond: 0,
    scrubPauseMs: 3_600_000,
    compactionBytesPerSecond: 16_777_216,
    compactionDirtyRatioMin: 0.5,
    compactionEveryMs: 60_000,
    retention: {},
    newWriter: false,
  });
});

test.run();
