import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compressFrame, crc32, Random, toText } from "../../src/base/mod.ts";
import { nodeCodecs } from "../../src/io/codecs.ts";
import { openDirectory } from "../../src/io/disk.ts";
import { type CorruptRange, dumpFile, type TopicLog } from "../../src/log/mod.ts";
import type { Topic } from "../../src/log/topic_log.ts";
import { compactedTopic, fill, keyedFrame, latestOf, pull, recordsOf, small } from "./compaction_kit.ts";
import { environment, openLog, readAll, rejection } from "./log_kit.ts";

test("compact() keeps the latest record of each key, with its offset and sequence, and every batch's headers", async () => {
  const { topic, log, disk, events } = await compactedTopic();
  await fill(topic, 60, 7);
  const before = await readAll(topic);
  const latest = await latestOf(topic);
  const state = { have: topic.have, durable: topic.durable, lowWater: topic.lowWater, next: topic.nextOffset };
  const bytes = topic.bytes;
  const compacted = await topic.compact();
  // Six segments are closed: all but the last 7 of the 60 records in these, at the most, are replaced.
  assert.ok(compacted.records >= 40 && compacted.segments >= 4, JSON.stringify(compacted));
  assert.is(topic.bytes, bytes - compacted.bytesBefore + compacted.bytesAfter);
  assert.ok(topic.bytes < bytes / 2);
  assert.equal({ have: topic.have, durable: topic.durable, lowWater: topic.lowWater, next: topic.nextOffset }, state);
  assert.equal(await latestOf(topic), latest);
  const { bytes: file } = { bytes: disk.peek("topics/t/00000000000000000000.log") };
  assert.ok([...(dumpFile(file, crc32) ?? [])].every(({ kind, fields }) => kind === "frame" && "count" in fields));
  for (const record of await recordsOf(topic)) {
    assert.is(record.offset, Number(record.text().split(" ")[0]));
    assert.is(record.sequence, record.offset + 1);
  }
  const after = await readAll(topic);
  assert.equal(
    after.map(({ header }) => [header.baseOffset, header.count, header.lamport, header.chain, header.producedChecksum]),
    before.map(({ header }) => [
      header.baseOffset,
      header.count,
      header.lamport,
      header.chain,
      header.producedChecksum,
    ]),
  );
  assert.is(events.filter(({ type }) => type === "compacted").length, 1);
  assert.equal(await topic.compact(), { segments: 0, records: 0, tombstones: 0, bytesBefore: 0, bytesAfter: 0 });
  await log[Symbol.asyncDispose]();
  const { log: again, events: later } = await openLog(disk.mount(), small, environment(new Random(5)));
  assert.equal(later, []);
  assert.equal(await latestOf(again.topic("t") as TopicLog), latest);
  await again[Symbol.asyncDispose]();
});

test("a real disk has the same done to it", async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), "grapevine-compaction-"));
  try {
    const directory = await openDirectory(root);
    const { log } = await openLog(directory, small);
    const topic = await log.openTopic("t");
    topic.setCompaction({ tombstoneGraceMs: 0 });
    await fill(topic, 60, 7);
    const latest = await latestOf(topic);
    const { bytesBefore, bytesAfter } = await topic.compact();
    assert.ok(bytesAfter < bytesBefore / 2);
    assert.equal(await latestOf(topic), latest);
    await log[Symbol.asyncDispose]();
    const { log: again, events } = await openLog(directory, small);
    assert.equal(events, []);
    assert.equal(await latestOf(again.topic("t") as TopicLog), latest);
    await again[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
    assert.not((await readdir(path.join(root, "topics", "t"))).some((name) => name.endsWith(".compacted")));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test("records without a key, and gaps, stay", async () => {
  const { topic, log } = await compactedTopic();
  topic.setCompaction(undefined);
  await topic.produce(keyedFrame([{ value: "no key" }]));
  await topic.applyGap("00000000000000ff", 5);
  await topic.produce(keyedFrame([{ key: "k0", value: "old" }, { value: "none" }, { key: "k0", value: "new" }]));
  await fill(topic, 30, 3);
  await topic.compact();
  const records = await recordsOf(topic);
  assert.equal(
    records.filter(({ key }) => key === undefined).map((record) => [record.sequence, record.text()]),
    [
      [1, "no key"],
      [3, "none"],
    ],
  );
  assert.not(records.some((record) => record.text() === "new"));
  assert.is(topic.have.get("00000000000000ff"), 5);
  await log[Symbol.asyncDispose]();
});

test("a produce without keys is refused where a topic is compacted, also within a compressed batch", async () => {
  const { topic, log } = await compactedTopic({ codecs: nodeCodecs });
  const keyless = keyedFrame([{ key: "k", value: "v" }, { value: "x".repeat(1_000) }]);
  const message = "record 1 has no key, and the topic is compacted by key";
  const gzip = { codec: "gzip", codecs: nodeCodecs, checksum: crc32 } as const;
  const compressed = await compressFrame(keyless, gzip);
  assert.match((await rejection(topic.produce(keyless.slice()))).message, message);
  assert.match((await rejection(topic.produce(compressed))).message, message);
  assert.is(topic.nextOffset, 0);
  // Nothing overtakes a batch that is looked into.
  const acks = await Promise.all([
    topic.produce(await compressFrame(keyedFrame([{ key: "k", value: "x".repeat(1_000) }]), gzip)),
    topic.produce(keyedFrame([{ key: "k", value: "second" }])),
    rejection(topic.produce(keyless)),
    topic.produce(keyedFrame([{ key: "k", value: "third" }])),
  ]);
  assert.equal(
    acks.map((ack) => ("offset" in ack ? ack.offset : "refused")),
    [0, 1, "refused", 2],
  );
  await log[Symbol.asyncDispose]();
  const { topic: blind } = await compactedTopic();
  const whole = await compressFrame(keyedFrame([{ key: "k", value: "x".repeat(1_000) }]), gzip);
  assert.match(
    (await rejection(blind.produce(whole))).message,
    "this node cannot look into a batch compressed with gzip",
  );
});

test("compressed batches are compacted where they can be unpacked, and stay whole where not", async () => {
  for (const codecs of [nodeCodecs, undefined]) {
    const { topic, log } = await compactedTopic({ codecs });
    topic.setCompaction(undefined);
    const records = (value: string) => ["a", "b"].map((key) => ({ key, value: `${value} ${"x".repeat(2_000)}` }));
    const gzip = { codec: "gzip", codecs: nodeCodecs, checksum: crc32 } as const;
    await topic.produce(await compressFrame(keyedFrame(records("old")), gzip));
    await topic.produce(await compressFrame(keyedFrame([...records("new"), { key: "c", value: "kept" }]), gzip));
    await fill(topic, 20, 2);
    await topic.produce(keyedFrame([{ key: "a", value: "x".repeat(70_000) }]));
    await topic.produce(keyedFrame([{ key: "z", value: "last" }]));
    await topic.compact();
    const [first, second] = await readAll(topic).catch(() => []);
    const left: string[] = [];
    for (const seen of [first, second]) {
      assert.ok(seen);
      const payload = seen.bytes.subarray(120);
      const unpacked =
        seen.header.compression === "none" ? payload : await nodeCodecs.decompress("gzip", payload, 100_000);
      left.push(toText(unpacked as Uint8Array));
      assert.is(seen.header.compacted, codecs !== undefined);
    }
    assert.is(left[0]?.includes("old"), codecs === undefined);
    assert.ok(left[1]?.includes("kept"));
    assert.ok(left[1]?.includes("new"));
    assert.is(left[1]?.match(/new/g)?.length, codecs === undefined ? 2 : 1);
    await log[Symbol.asyncDispose]();
  }
});

for (const operation of ["write", "sync", "replace"] as const) {
  test(`a disk that fails in ${operation} is told, and the next compaction goes on`, async () => {
    const { disk, topic, log } = await compactedTopic();
    await fill(topic, 40, 3);
    const latest = await latestOf(topic);
    disk.failNext(operation, "EIO", { name: ".compacted" });
    assert.is((await rejection(topic.compact())).code, "EIO");
    assert.not(disk.paths().some((path) => path.endsWith(".compacted")));
    assert.equal(await latestOf(topic), latest);
    assert.ok((await topic.compact()).records > 20);
    assert.equal(await latestOf(topic), latest);
    await log[Symbol.asyncDispose]();
  });
}

test("an empty node that pulls compacted batches holds the same chain, vectors and records", async () => {
  const { topic, log } = await compactedTopic();
  await fill(topic, 60, 7);
  await log.mintWriter("the test wants two feeds");
  await fill(topic, 60, 7, 60);
  await topic.compact();
  const { topic: copy, log: other } = await compactedTopic({ seed: 2 });
  await pull(topic, copy);
  assert.equal(copy.have, topic.have);
  assert.equal(copy.lowWater, topic.lowWater);
  assert.is(copy.lamport, topic.lamport);
  for (const writer of topic.have.keys()) assert.equal(copy.feedEnd(writer), topic.feedEnd(writer));
  const texts = async (one: TopicLog) => (await recordsOf(one)).map((record) => `${record.sequence} ${record.text()}`);
  assert.equal(await texts(copy), await texts(topic));
  // A feed goes on behind compacted batches as behind any other.
  await fill(topic, 5, 7, 120);
  await pull(topic, copy);
  assert.equal(copy.have, topic.have);
  assert.equal(copy.stoppedFeeds, new Map());
  // A peer that stands within the feed gets the rest.
  const { topic: half, log: third } = await compactedTopic({ seed: 3 });
  await half.apply((await topic.readMissing(half.have, 30_000)).frames);
  await half.compact();
  await pull(copy, half);
  assert.equal(half.have, topic.have);
  assert.equal(await latestOf(half), await latestOf(topic));
  for (const one of [log, other, third]) await one[Symbol.asyncDispose]();
});

test("a tombstone hides its key at once, and goes a grace time after all nodes hold it", async () => {
  let held = new Map<string, number>();
  const { topic, log, timers } = await compactedTopic({
    graceMs: 120_000,
    options: { compactionDirtyRatioMin: 1 },
    heldByPeers: () => held,
  });
  await fill(topic, 12, 12);
  await topic.produce(keyedFrame([{ key: "k3", value: "" }]));
  await fill(topic, 12, 1);
  const tombstones = async () => (await recordsOf(topic)).filter(({ value }) => value.length === 0).length;
  const minute = async () => {
    timers.fire();
    for (let turn = 0; turn < 2_000; turn++) await undefined;
  };
  await topic.compact();
  assert.not((await latestOf(topic)).some((text) => text.startsWith("k3=")));
  assert.not(
    (await recordsOf(topic)).some(
      (record) => toText(record.key ?? new Uint8Array()) === "k3" && record.value.length > 0,
    ),
  );
  for (let minutes = 0; minutes < 10; minutes++) await minute();
  assert.is(await tombstones(), 1, "a peer does not have it");
  held = new Map([[log.writer, 13]]);
  for (let minutes = 0; minutes < 2; minutes++) await minute();
  assert.is(await tombstones(), 1, "its grace time is not over");
  for (let minutes = 0; minutes < 4; minutes++) await minute();
  assert.is(await tombstones(), 0);
  await log[Symbol.asyncDispose]();
  assert.is(timers.waiting, 0);
});

test("a tombstone stays while anything that it hides is in the segment that takes new records", async () => {
  const { topic, log } = await compactedTopic();
  const { topic: other, log: late } = await compactedTopic({ seed: 2 });
  await other.produce(keyedFrame([{ key: "k", value: "older" }]));
  await topic.produce(keyedFrame([{ key: "x", value: "1" }]));
  await topic.produce(keyedFrame([{ key: "k", value: "" }]));
  await fill(topic, 12, 1);
  await pull(other, topic);
  await topic.compact();
  assert.not((await latestOf(topic)).some((text) => text.startsWith("k=")));
  await fill(topic, 12, 1);
  // The first compaction takes what it hides, only the next one the tombstone.
  assert.is((await topic.compact()).tombstones, 0);
  assert.not((await latestOf(topic)).some((text) => text.startsWith("k=")));
  assert.is((await topic.compact()).tombstones, 1);
  assert.not((await latestOf(topic)).some((text) => text.startsWith("k=")));
  for (const one of [log, late]) await one[Symbol.asyncDispose]();
});

test("in _topics the record that deletes a topic stays, whatever was settled about it elsewhere meanwhile", async () => {
  const { log, topic } = await compactedTopic();
  const topics = await log.openTopic("_topics");
  const value = (generation: number, deleted: boolean, retention?: object) =>
    JSON.stringify({ version: 2, generation, deleted, retention, filling: "x".repeat(5_000) });
  const set = (key: string, text: string) => topics.produce(keyedFrame([{ key, value: text }]));
  await set("t", value(1, false));
  await set("t", value(1, true));
  await set("u", value(3, false));
  for (let index = 0; index < 15; index++) await set("t", value(1, false, { segmentsMax: index + 1 }));
  await set("u", "not understood");
  for (let index = 0; index < 12; index++) await set("v", value(1, false, { segmentsMax: index + 1 }));
  await topics.compact();
  const left = (await recordsOf(topics)).filter(({ offset }) => offset < 19);
  assert.equal(
    left.map(({ offset }) => offset),
    [1, 2, 18],
  );
  await topic.compact();
  await log[Symbol.asyncDispose]();
});

test("the background compacts what is due at its pace, closes old segments, and stops when the log is closed", async () => {
  const { topic, log, timers, events } = await compactedTopic({
    graceMs: 240_000,
    options: { compactionBytesPerSecond: 65_536 },
  });
  await fill(topic, 40, 3);
  const latest = await latestOf(topic);
  let fired = 0;
  for (; fired < 1_000 && !events.some(({ type }) => type === "compacted"); fired++) {
    timers.fire();
    for (let turn = 0; turn < 200; turn++) await undefined;
  }
  // 240 kB are read, and 200 kB of them read again to be written anew, 6,553 bytes a burst.
  assert.ok(fired > 40 && fired < 200, `${fired}`);
  assert.equal(await latestOf(topic), latest);
  const next = topic.nextOffset;
  for (let minute = 0; minute < 5; minute++) {
    timers.fire();
    for (let turn = 0; turn < 200; turn++) await undefined;
  }
  assert.is((topic as Topic).state.segments.at(-1)?.baseOffset, next);
  assert.is(topic.nextOffset, next);
  await fill(topic, 40, 3, 40);
  timers.fire();
  const closing = log[Symbol.asyncDispose]();
  timers.fire();
  await closing;
  assert.is(timers.waiting, 0);
});

test("retention and compaction of one topic at the same time leave what the floor says", async () => {
  const { disk, topic, log } = await compactedTopic();
  await fill(topic, 200, 150);
  disk.pause = async () => undefined;
  const compacting = topic.compact();
  topic.setRetention({ segmentsMax: 5 });
  await Promise.all([compacting, topic.retain()]);
  assert.is(topic.nextOffset, 200);
  assert.is((await readAll(topic)).length, 200 - topic.firstOffset);
  const files = disk.paths().filter((path) => path.startsWith("topics/t/") && path.endsWith(".log"));
  assert.is(files.length, 5);
  await log[Symbol.asyncDispose]();
  const { log: again } = await openLog(disk.mount(), small, environment(new Random(3)));
  assert.is((again.topic("t") as TopicLog).firstOffset, topic.firstOffset);
});

test("damage stops a compaction before it changes anything", async () => {
  const { disk, topic } = await compactedTopic();
  await fill(topic, 40, 3);
  const path = "topics/t/00000000000000000000.log";
  disk.damage(path, 500, Uint8Array.of((disk.peek(path)[500] as number) ^ 1));
  const bytes = topic.bytes;
  assert.is((await rejection(topic.compact())).code, "LOG_CORRUPT");
  assert.is(topic.bytes, bytes);
});

for (const isPeerCompacted of [true, false]) {
  test(`damage is repaired by a peer that has it ${isPeerCompacted ? "compacted" : "whole"}, and this node otherwise`, async () => {
    const { disk, topic, log, timers, events } = await compactedTopic({ options: { scrubBytesPerSecond: 1_048_576 } });
    await fill(topic, 40, 3);
    const latest = await latestOf(topic);
    const { topic: copy, log: peer } = await compactedTopic({ seed: 2 });
    await pull(topic, copy);
    if (isPeerCompacted) await copy.compact();
    else await topic.compact();
    const path = "topics/t/00000000000000000000.log";
    const at = isPeerCompacted ? 20_000 : 700;
    disk.damage(path, at, Uint8Array.of((disk.peek(path)[at] as number) ^ 1));
    const findDamage = async () => {
      const before = log.scrubProgress.rounds;
      for (let step = 0; step < 1_000 && log.scrubProgress.rounds < before + 2; step++) {
        timers.fire();
        for (let turn = 0; turn < 200; turn++) await undefined;
      }
    };
    await findDamage();
    assert.is(topic.corruptRanges.length, 1);
    const [range] = topic.corruptRanges as [CorruptRange];
    const bytes = topic.bytes;
    const { frames } = await copy.readMissing(new Map(), 8_000_000);
    await topic.repair(range, frames);
    assert.equal(topic.corruptRanges, []);
    assert.is(topic.bytes < bytes, isPeerCompacted);
    assert.is(events.filter(({ type }) => type === "repaired").length, 1);
    assert.equal(await latestOf(topic), latest);
    await findDamage();
    assert.equal(topic.corruptRanges, []);
    assert.equal(await topic.chainAt(log.writer, 5), await copy.chainAt(log.writer, 5));
    disk.crash("lose-unsynced", new Random(1));
    const { log: again } = await openLog(disk.mount(), small, environment(new Random(5)));
    assert.equal(await latestOf(again.topic("t") as TopicLog), latest);
    assert.equal(again.topic("t")?.have, copy.have);
    for (const one of [again, peer]) await one[Symbol.asyncDispose]();
  });
}

test.run();
