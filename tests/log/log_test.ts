import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Checksum, compactedFrame, crc32, FrameBuilder, headersBytes, Random } from "../../src/base/mod.ts";
import type { LogOptions } from "../../src/log/mod.ts";
import { knownBytes, TailBudget, TailCache } from "../../src/log/tail_cache.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { frameOf, framesIn, newTopic, openLog, readAll, rejection, textsOf, typesOf } from "./log_kit.ts";

test("produce() answers with offset, writer, sequence and count, and read() gives the records back", async () => {
  const { log, topic } = await newTopic();
  assert.equal(await topic.produce(frameOf(["a", "b"])), { offset: 0, writer: log.writer, sequence: 1, count: 2 });
  assert.equal(await topic.produce(frameOf(["c"])), { offset: 2, writer: log.writer, sequence: 3, count: 1 });
  assert.equal(await textsOf(topic), ["a", "b", "c"]);
  assert.equal(topic.have, new Map([[log.writer, 3]]));
  assert.equal(topic.durable, topic.have);
  assert.is(topic.lamport, 2);
  assert.is(topic.nextOffset, 3);
});

test("produce() of 1,000 frames at once is one write and one sync", async () => {
  const { disk, topic } = await newTopic();
  const before = { ...disk.counts };
  const acks = await Promise.all(Array.from({ length: 1_000 }, (_, index) => topic.produce(frameOf([`${index}`]))));
  assert.is(disk.counts.writes - before.writes, 1);
  assert.is(disk.counts.syncs - before.syncs, 1);
  assert.equal(
    acks.map((ack) => ack.offset),
    Array.from({ length: 1_000 }, (_, index) => index),
  );
});

test("produce() puts what arrives during a sync into the next group", async () => {
  const { disk, topic } = await newTopic();
  let release: () => void = () => {};
  disk.pause = () => new Promise((resolve) => (release = resolve));
  const before = disk.counts.syncs;
  const first = topic.produce(frameOf(["first"]));
  for (let turn = 0; turn < 20; turn++) await undefined;
  const others = Array.from({ length: 50 }, (_, index) => topic.produce(frameOf([`${index}`])));
  assert.is(topic.nextOffset, 0, "what is not synced is not served");
  assert.is(disk.counts.syncs - before, 1);
  disk.pause = () => Promise.resolve();
  release();
  await Promise.all([first, ...others]);
  assert.is(disk.counts.syncs - before, 2);
});

test("produce() refuses what is no blank frame of records, and appends nothing", async () => {
  const { topic } = await newTopic();
  const good = frameOf(["a"]);
  const flipped = good.slice();
  flipped[flipped.length - 1] = 0;
  const plain = { compression: "none", checksum: crc32 } as const;
  const rows: [Uint8Array, string, string][] = [
    [new Uint8Array(0), "INVALID_FRAME", "not one whole frame"],
    [good.subarray(0, good.length - 1), "INVALID_FRAME", "not one whole frame"],
    [new Uint8Array([...good, ...good]), "INVALID_FRAME", "not one whole frame"],
    [flipped, "INVALID_FRAME", "payload's checksum"],
    [compactedFrame(good, good.subarray(headersBytes), plain), "INVALID_FRAME", "not what was produced"],
    [new FrameBuilder().finish(), "INVALID_FRAME", "it counts 0 records"],
    [frameOf(["x".repeat(1_048_577)]), "RECORD_TOO_LARGE", "allowed are 1048576"],
    [new Uint8Array(8 * 1_048_576 + 1), "RECORD_TOO_LARGE", "allowed are 8388608"],
  ];
  for (const [frame, code, message] of rows) {
    const error = await rejection(topic.produce(frame));
    assert.is(error.code, code, error.message);
    assert.match(error.message, message);
  }
  assert.is(topic.nextOffset, 0);
});

test("produce() refuses more than may wait, and recovers", async () => {
  const { topic } = await newTopic({ pendingBytesMax: 65_536 });
  const frames = Array.from({ length: 100 }, () => topic.produce(frameOf(["x".repeat(2_000)])));
  const results = await Promise.allSettled(frames);
  const refused = results.filter((result) => result.status === "rejected");
  assert.ok(refused.length > 50, `${refused.length} refused`);
  for (const result of refused) assert.is(result.reason.code, "LOG_OVERLOADED");
  assert.is(topic.nextOffset, 100 - refused.length);
  await topic.produce(frameOf(["y".repeat(100_000)]));
});

test("openTopic() judges names and knows the default topic by two", async () => {
  const { log } = await newTopic();
  for (const name of ["..", "a/b", "ä", "x".repeat(250)]) {
    assert.is((await rejection(log.openTopic(name))).code, "INVALID_TOPIC");
  }
  const [first, second] = await Promise.all([log.openTopic(""), log.openTopic("default")]);
  assert.is(first, second);
  assert.is(log.topic(""), first);
  assert.is(log.topic("absent"), undefined);
  assert.equal(
    log.topics().map((topic) => topic.name),
    ["default", "t"],
  );
});

test("Log.open() judges its options", async () => {
  const rows: LogOptions[] = [
    { fsync: "sometimes" as "always" },
    { fsyncIntervalMs: 0 },
    { segmentBytesMax: 1_000 },
    { indexEveryBytes: 1.5 },
    { pendingBytesMax: Number.NaN },
  ];
  for (const options of rows) {
    const error = await rejection(openLog(new SimulatedDisk().mount(), options));
    assert.is(error.code, "INVALID_OPTION");
    assert.match(error.message, Object.keys(options)[0] as string);
  }
});

test("read() judges offsets, and is empty at the end", async () => {
  const { topic } = await newTopic();
  await topic.produce(frameOf(["a", "b", "c"]));
  assert.equal(await topic.read(3, 100), { frames: new Uint8Array(0), nextOffset: 3 });
  assert.is(framesIn((await topic.read(1, 1)).frames)[0]?.header.baseOffset, 0);
  for (const offset of [-1, 4, 0.5, Number.NaN]) {
    const error = await rejection(topic.read(offset, 100));
    assert.is(error.code, "OFFSET_OUT_OF_RANGE");
    assert.match(error.message, "the log holds 0 up to, not including, 3");
  }
});

test("read() and readMissing() of the newest frames do not touch the disk", async () => {
  const { disk, log, topic } = await newTopic();
  for (let index = 0; index < 100; index++) await topic.produce(frameOf([`${index}`]));
  const before = disk.counts.reads;
  assert.is(framesIn((await topic.read(97, 10_000)).frames).length, 3);
  const missing = await topic.readMissing(new Map([[log.writer, 98]]), 10_000);
  assert.is(framesIn(missing.frames).length, 2);
  assert.is(missing.complete, true);
  assert.is(disk.counts.reads, before);
});

test("reads are right where the cache of newest frames begins, and its bounds hold", async () => {
  const { log, topic, disk } = await newTopic();
  for (let index = 0; index < 40; index++) await topic.produce(frameOf([`${index} ${"x".repeat(100_000)}`]));
  const frames = await readAll(topic, 1);
  assert.is(frames.length, 40);
  let fromDisk = 0;
  for (let sequence = 0; sequence <= 40; sequence++) {
    const before = disk.counts.reads;
    const missing = await topic.readMissing(new Map([[log.writer, sequence]]), 250_000);
    const expected = frames.slice(sequence, sequence + 2).map(({ header }) => header.baseSequence);
    assert.equal(
      framesIn(missing.frames).map(({ header }) => header.baseSequence),
      expected,
    );
    assert.is(missing.complete, sequence >= 38);
    if (disk.counts.reads > before) fromDisk++;
  }
  assert.ok(fromDisk >= 15 && fromDisk <= 25, `${fromDisk} of 41 reads came from the disk`);
});

test("TailCache gives way to topics that grow while it is quiet, and says so to its feeds", () => {
  const budget = new TailBudget();
  const bytes = new Uint8Array(1_048_576 - knownBytes);
  const topics = Array.from({ length: 40 }, () => {
    const feed = { have: 0, chain: undefined, durable: 0, lowest: 1, cachedFrom: 1 };
    return { feed, cache: new TailCache(budget, new Map([["w", feed]])) };
  });
  for (const { cache } of topics) {
    for (let sequence = 1; sequence <= 3; sequence++) {
      const place = {
        position: 0,
        frameBytes: bytes.length,
        offset: sequence,
        count: 1,
        lamport: 1,
        timestampMaxMs: 0,
      };
      cache.add(
        { ...place, writer: "w", baseSequence: sequence, chain: undefined, gap: false, stamp: undefined },
        bytes,
      );
    }
  }
  assert.equal(
    topics.map(({ cache, feed }) => [cache.length, feed.cachedFrom]),
    topics.map((_, index) => (index < 8 ? [0, 4] : [2, 2])),
  );
});

test("a TailCache that was cleared is held by nothing, so that a deleted topic leaves no memory behind", () => {
  const budget = new TailBudget();
  const place = { position: 0, frameBytes: 10, offset: 1, count: 1, lamport: 1, timestampMaxMs: 0, baseSequence: 1 };
  const [quiet, gone, loud] = Array.from({ length: 3 }, () => {
    const cache = new TailCache(budget, new Map());
    cache.add({ ...place, writer: "w", chain: undefined, gap: false, stamp: undefined }, new Uint8Array(10));
    return cache;
  }) as [TailCache, TailCache, TailCache];
  gone.clear();
  assert.ok(quiet.louder === loud && loud.quieter === quiet);
  assert.ok(gone.louder === undefined && gone.quieter === undefined);
});

test("read() gives bytes whose change does not reach other readers", async () => {
  const { topic } = await newTopic();
  await topic.produce(frameOf(["a"]));
  (await topic.read(0, 100)).frames.fill(0);
  (await topic.readMissing(new Map(), 100)).frames.fill(0);
  assert.equal(await textsOf(topic), ["a"]);
});

test("readShared() reads once for all who ask for the same place, and hears of growth and of failures", async () => {
  const { disk, topic } = await newTopic();
  for (let index = 0; index < 40; index++) await topic.produce(frameOf([`${index} ${"x".repeat(100_000)}`]));
  const before = disk.counts.reads;
  const chunks = await Promise.all(Array.from({ length: 100 }, () => topic.readShared(0, 262_144)));
  assert.is(disk.counts.reads - before, 1);
  for (const chunk of chunks) assert.is(chunk, chunks[0]);
  const { frames, nextOffset } = await topic.read(0, 262_144);
  assert.equal([chunks[0]?.frames, chunks[0]?.nextOffset], [frames, nextOffset]);
  assert.is((await topic.readShared(40, 1_000)).frames.length, 0);
  await topic.produce(frameOf(["more"]));
  assert.ok((await topic.readShared(40, 1_000)).frames.length > 0);
  disk.failNext("read", "EIO");
  assert.is((await rejection(topic.readShared(5, 1_000))).code, "EIO");
  assert.is(framesIn((await topic.readShared(5, 1_000)).frames).length, 1);
});

test("interval acknowledges before the sync, and `durable` follows when the timer fires", async () => {
  const { disk, log, topic, timers } = await newTopic({ fsync: "interval" });
  const before = disk.counts.syncs;
  await topic.produce(frameOf(["a"]));
  await topic.produce(frameOf(["b"]));
  assert.is(topic.nextOffset, 2);
  assert.is(topic.durable.size, 0);
  assert.is(disk.counts.syncs, before);
  assert.is(timers.waiting, 1);
  const grown = new Promise<void>((resolve) => topic.onGrow(resolve));
  timers.fire();
  await grown;
  assert.equal(topic.durable, new Map([[log.writer, 2]]));
  assert.is(disk.counts.syncs, before + 1);
  assert.is(timers.waiting, 0);
});

test("interval writes again what a failed sync may have forgotten", async () => {
  const { disk, topic, timers, events } = await newTopic({ fsync: "interval" });
  await topic.produce(frameOf(["a"]));
  disk.failNext("sync", "EIO");
  timers.fire();
  for (let turn = 0; turn < 50; turn++) await undefined;
  assert.is(topic.durable.size, 0);
  assert.ok(typesOf(events).includes("write-failed"));
  timers.fire();
  for (let turn = 0; turn < 50; turn++) await undefined;
  assert.is(topic.durable.size, 1);
  disk.crash("lose-unsynced", new Random(1));
  const { log } = await openLog(disk.mount(), { fsync: "interval" });
  assert.equal(await textsOf(await log.openTopic("t")), ["a"]);
});

for (const fsync of ["always", "interval", "never"] as const) {
  test(`a full disk under ${fsync} fails that produce alone, reads go on, and room heals it`, async () => {
    const { disk, topic, events } = await newTopic({ fsync });
    await topic.produce(frameOf(["a"]));
    const bytes = topic.bytes;
    disk.bytesMax = disk.bytesUsed() + 200;
    for (let round = 0; round < 3; round++) {
      const error = await rejection(topic.produce(frameOf(["x".repeat(1_000)])));
      assert.is(error.code, "LOG_WRITE_FAILED");
      assert.match(error.message, "ENOSPC");
      assert.is(topic.bytes, bytes);
      assert.equal(await textsOf(topic), ["a"]);
    }
    assert.is(typesOf(events).filter((type) => type === "write-failed").length, 1, "one event for a row of failures");
    disk.bytesMax = Number.POSITIVE_INFINITY;
    assert.is((await topic.produce(frameOf(["b"]))).offset, 1);
    disk.crash("keep", new Random(1));
    const { log } = await openLog(disk.mount(), { fsync });
    assert.equal(await textsOf(await log.openTopic("t")), ["a", "b"]);
  });
}

test("a failed sync under always fails its group, leaves no trace of it, and the next one works", async () => {
  const { disk, log, topic } = await newTopic();
  await topic.produce(frameOf(["a"]));
  disk.failNext("sync", "EIO", { name: ".log" });
  assert.is((await rejection(topic.produce(frameOf(["lost"])))).code, "LOG_WRITE_FAILED");
  assert.is(topic.nextOffset, 1);
  assert.equal(await topic.produce(frameOf(["b"])), { offset: 1, writer: log.writer, sequence: 2, count: 1 });
  disk.crash("lose-unsynced", new Random(1));
  const again = await openLog(disk.mount());
  assert.equal(await textsOf(await again.log.openTopic("t")), ["a", "b"]);
  assert.is(again.log.writer, log.writer);
});

test("a tail that cannot even be repaired refuses appends until it can, and serves reads", async () => {
  const { disk, topic } = await newTopic();
  await topic.produce(frameOf(["a"]));
  disk.failNext("sync", "EIO", { name: ".log" });
  disk.failNext("truncate", "EIO", { times: 2 });
  assert.is((await rejection(topic.produce(frameOf(["lost"])))).code, "LOG_WRITE_FAILED");
  assert.is((await rejection(topic.produce(frameOf(["lost too"])))).code, "LOG_WRITE_FAILED");
  assert.equal(await textsOf(topic), ["a"]);
  disk.healFaults();
  await topic.produce(frameOf(["b"]));
  disk.crash("keep", new Random(1));
  assert.equal(await textsOf(await (await openLog(disk.mount())).log.openTopic("t")), ["a", "b"]);
});

test("segments roll, and reads go across them", async () => {
  const { disk, topic, log } = await newTopic({ segmentBytesMax: 65_536 });
  for (let index = 0; index < 50; index++) await topic.produce(frameOf([`${index} ${"x".repeat(6_000)}`]));
  const segments = disk.paths().filter((path) => path.endsWith(".log"));
  assert.ok(segments.length >= 4, segments.join());
  assert.is((await readAll(topic, 20_000)).length, 50);
  const missing = await topic.readMissing(new Map([[log.writer, 5]]), 8_000_000);
  assert.is(framesIn(missing.frames).length, 45);
  assert.is(missing.complete, true);
});

test("a closed log refuses everything, keeps what was acknowledged, and knows its writer again", async () => {
  const { disk, log, topic } = await newTopic({ fsync: "never" });
  const produced = topic.produce(frameOf(["a"]));
  await log[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
  await produced;
  const calls = [() => topic.produce(frameOf(["b"])), () => topic.apply(frameOf(["b"])), () => topic.read(0, 1)];
  for (const call of [...calls, () => log.openTopic("t"), () => log.mintWriter("")]) {
    assert.is((await rejection(call())).code, "LOG_CLOSED");
  }
  const again = await openLog(disk.mount(), { fsync: "never" });
  assert.is(again.log.writer, log.writer);
  assert.equal(await textsOf(await again.log.openTopic("t")), ["a"]);
});

test("onGrow() tells of growth on the topic and on the log, until it is removed", async () => {
  const { log, topic } = await newTopic();
  const heard: string[] = [];
  const removals = [log.onGrow((grown) => heard.push(grown.name)), topic.onGrow(() => heard.push("topic"))];
  await topic.produce(frameOf(["a"]));
  assert.equal(heard, ["t", "topic"]);
  for (const remove of removals) remove();
  await topic.produce(frameOf(["b"]));
  assert.is(heard.length, 2);
});

test("Log uses the checksum that it is given", async () => {
  let calls = 0;
  const counting: Checksum = (bytes, seed) => {
    calls++;
    return crc32(bytes, seed);
  };
  const { topic } = await newTopic({ checksum: counting });
  const before = calls;
  // Short payloads are checked by what base brings.
  await topic.produce(frameOf(["a".repeat(1_000)]));
  assert.ok(calls > before);
});

test.run();
