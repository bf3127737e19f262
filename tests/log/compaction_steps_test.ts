// runtimes: bun (thousands of simulated steps, the same ones on every runtime)
import { test } from "uvu";
import * as assert from "uvu/assert";
import { chainStart, Random, stampBatch, viewOf } from "../../src/base/mod.ts";
import { findRemovable } from "../../src/log/compact_scan.ts";
import type { TopicLog } from "../../src/log/mod.ts";
import type { Topic } from "../../src/log/topic_log.ts";
import type { CrashMode, SimulatedDisk } from "../../src/testing/disk.ts";
import { compactedTopic, fill, keyedFrame, latestOf, pull, small } from "./compaction_kit.ts";
import { environment, framesIn, openLog, readAll, seeds } from "./log_kit.ts";

const modes: readonly CrashMode[] = ["keep", "lose-unsynced", "reorder-unsynced", "tear-last-write"];

test("a crash at any step of a compaction loses nothing, and leaves no draft", async () => {
  const expected = await (async () => {
    const { topic } = await compactedTopic();
    await fill(topic, 40, 3);
    return latestOf(topic);
  })();
  let isThrough = false;
  for (let count = 1; !isThrough && count < 60; count++) {
    for (const mode of modes) {
      const { disk, log, topic } = await compactedTopic();
      await fill(topic, 40, 3);
      let steps = 0;
      disk.pause = async () => {
        if (++steps === count) disk.crash(mode, new Random(count));
      };
      isThrough = await topic.compact().then(
        () => true,
        () => false,
      );
      disk.pause = () => Promise.resolve();
      if (isThrough) disk.crash(mode, new Random(count));
      const { log: again, events } = await openLog(disk.mount(), small, environment(new Random(9)));
      const held = again.topic("t") as TopicLog;
      assert.equal(
        events.filter(({ type }) => type !== "index-rebuilt"),
        [],
      );
      assert.equal(held.have, new Map([[log.writer, 40]]));
      assert.equal(await latestOf(held), expected, `${mode} at step ${count}`);
      assert.not(disk.paths().some((path) => path.endsWith(".compacted")));
      await held.compact();
      assert.equal(await latestOf(held), expected);
      assert.is((await held.produce(keyedFrame([{ key: "k", value: "next" }]))).sequence, 41);
      await again[Symbol.asyncDispose]();
    }
  }
  assert.ok(isThrough, "the compaction never got through");
});

test("readers of every kind go on while segments are replaced under them", async () => {
  const { disk, topic, log } = await compactedTopic();
  await fill(topic, 120, 110);
  const whole = (await readAll(topic)).map(({ header }) => header);
  disk.pause = async () => undefined;
  let isOver = false;
  const reading = Array.from({ length: 4 }, async (_, reader) => {
    while (!isOver) {
      let expected = reader * 20;
      for (let offset = expected; offset < topic.nextOffset; ) {
        const chunk = await topic.read(offset, 20_000);
        for (const { header } of framesIn(chunk.frames)) assert.is(header.baseOffset, expected++);
        offset = chunk.nextOffset;
      }
      const have = new Map([[log.writer, reader * 30]]);
      const missing = framesIn((await topic.readMissing(have, 1_000_000)).frames);
      for (const [index, { header }] of missing.entries()) assert.is(header.baseSequence, reader * 30 + 1 + index);
      const sequence = reader * 30 + 7;
      assert.equal(await topic.chainAt(log.writer, sequence), whole[sequence - 1]?.chain);
      assert.is(await topic.offsetAt(1_000), 0);
    }
  });
  let removed = 0;
  for (let round = 0; round < 6; round++) {
    await fill(topic, 15, 110, 120 + 15 * round);
    removed += (await topic.compact()).records;
  }
  isOver = true;
  await Promise.all(reading);
  assert.ok(removed > 60, `${removed}`);
  await log[Symbol.asyncDispose]();
  assert.is(disk.counts.open, 0);
});

test("a search that began in a segment goes on in what replaced it", async () => {
  const { topic, log } = await compactedTopic({ options: { segmentBytesMax: 3_000_000, indexEveryBytes: 1_048_576 } });
  await fill(topic, 520, 5);
  const { state } = topic as Topic;
  /** Lets a compaction replace a segment as soon as a first part of it was read. */
  const compactWithin = (number: number) => {
    state.tail.clear();
    const segment = state.segments[number] as (typeof state.segments)[number];
    const read = segment.read.bind(segment);
    const within = { segment, segments: 0 };
    segment.read = async (...given) => {
      const bytes = await read(...given);
      segment.read = read;
      within.segments = (await topic.compact()).segments;
      return bytes;
    };
    return within;
  };
  const first = compactWithin(0);
  const frames = framesIn((await topic.readMissing(new Map(), 8_000_000)).frames);
  assert.ok(first.segments > 0);
  assert.equal(
    frames.map(({ header }) => header.baseSequence),
    Array.from({ length: 520 }, (_, index) => index + 1),
  );
  await fill(topic, 520, 5, 520);
  const chains = (await readAll(topic, 1_000_000)).map(({ header }) => header.chain);
  const second = compactWithin(1);
  const sequence = (second.segment.index.feeds.get(log.writer)?.first ?? 0) + 100;
  assert.equal(await topic.chainAt(log.writer, sequence), chains[sequence - 1]);
  assert.ok(second.segments > 0);
  await log[Symbol.asyncDispose]();
});

test("two nodes that took the same in another order and compacted at other times hold the same latest records", async () => {
  for (const seed of seeds(4)) {
    const random = new Random(`compaction/${seed}`);
    const nodes = [];
    for (let index = 0; index < 3; index++) {
      nodes.push(await compactedTopic({ seed: 100 * seed + index, graceMs: Number.MAX_SAFE_INTEGER }));
    }
    for (let step = 0; step < 150; step++) {
      const { topic } = random.pick(nodes) as (typeof nodes)[number];
      const choice = random.below(10);
      if (choice < 6) {
        const count = random.between(1, 4);
        const records = Array.from({ length: count }, (_, index) => ({
          key: `k${random.below(12)}`,
          value: random.chance(0.15) ? "" : `${step}/${index} ${"x".repeat(random.below(9_000))}`,
        }));
        await topic.produce(keyedFrame(records));
      } else if (choice < 9) {
        await pull((random.pick(nodes) as (typeof nodes)[number]).topic, topic, random.between(1, 60_000));
      } else {
        await topic.compact();
      }
    }
    const [first] = nodes as [(typeof nodes)[number]];
    for (const { topic } of nodes) if (topic !== first.topic) await pull(topic, first.topic);
    for (const { topic } of nodes) if (topic !== first.topic) await pull(first.topic, topic);
    const latest = await latestOf(first.topic);
    for (const { topic } of nodes) {
      assert.equal(topic.have, first.topic.have, `seed ${seed}`);
      assert.equal(await latestOf(topic), latest, `seed ${seed}`);
      await topic.compact();
      assert.equal(await latestOf(topic), latest, `seed ${seed}`);
    }
    for (const { log } of nodes) await log[Symbol.asyncDispose]();
  }
});

test("keys that need more memory than there is are taken in several passes, with the same result", async () => {
  const { topic, log } = await compactedTopic();
  for (let index = 0; index < 1_000; index++) {
    await topic.produce(keyedFrame([{ key: `key ${index % 400}`, value: `${index} ${"x".repeat(400)}` }]));
  }
  const { state } = topic as Topic;
  const closed = state.segments.slice(0, -1);
  const findings = [];
  for (const keyBytesMax of [1_000_000, 5_000, 300]) {
    let bytes = 0;
    const spent = async (count: number) => {
      bytes += count;
    };
    const { removed } = await findRemovable(state, closed, { codecs: undefined, ripe: new Map(), keyBytesMax, spent });
    const offsets = Array.from({ length: 1_000 }, (_, offset) => offset).filter((offset) => removed.has(offset));
    assert.is(removed.size, offsets.length);
    findings.push({ offsets, passes: Math.round(bytes / topic.bytes) });
  }
  const [whole, some, many] = findings;
  assert.ok(whole && whole.offsets.length > 400 && whole.passes === 1, `${whole?.offsets.length}`);
  assert.ok(some && some.passes > 10 && many && many.passes > some.passes, `${some?.passes} ${many?.passes}`);
  for (const { offsets } of findings) assert.equal(offsets, whole.offsets);
  await log[Symbol.asyncDispose]();
});

test("a batch that holds more records than it counts makes no other record go", async () => {
  const { topic, log } = await compactedTopic();
  const lie = keyedFrame(["1", "2", "3"].map((value) => ({ key: "a", value })));
  viewOf(lie).setUint32(36, 1, true);
  stampBatch(lie, {
    ...{ writer: "00000000000000aa", baseSequence: 1, lamport: 1 },
    ...{ generation: 1, previousChain: chainStart },
  });
  assert.is((await topic.apply(lie)).appended, 1);
  // They stand at the offsets that the second and the third record of the lie would have.
  for (const key of ["b", "c"]) await topic.produce(keyedFrame([{ key, value: "kept" }]));
  await fill(topic, 24, 12);
  assert.ok((await topic.compact()).records > 0);
  const latest = await latestOf(topic);
  assert.ok(latest.includes("b=kept"), latest.join());
  assert.ok(latest.includes("c=kept"), latest.join());
  await log[Symbol.asyncDispose]();
});

test("a crash at any step of a repair that writes a segment anew leaves a log that opens", async () => {
  const { disk, topic, log, timers } = await compactedTopic({ options: { scrubBytesPerSecond: 1_048_576 } });
  await fill(topic, 40, 3);
  const latest = await latestOf(topic);
  const { topic: copy } = await compactedTopic({ seed: 2 });
  await pull(topic, copy);
  await copy.compact();
  const path = "topics/t/00000000000000000000.log";
  disk.damage(path, 20_000, Uint8Array.of((disk.peek(path)[20_000] as number) ^ 1));
  for (let step = 0; step < 100 && topic.corruptRanges.length === 0; step++) {
    timers.fire();
    for (let turn = 0; turn < 200; turn++) await undefined;
  }
  const [range] = topic.corruptRanges;
  assert.ok(range);
  const moments: { readonly step: string; readonly disk: SimulatedDisk }[] = [];
  disk.onStep = ({ operation, path: file }) => moments.push({ step: `${operation} ${file}`, disk: disk.fork() });
  await topic.repair(range, (await copy.readMissing(new Map(), 8_000_000)).frames);
  disk.onStep = undefined;
  moments.push({ step: "the end", disk: disk.fork() });
  let isIndexDurable = false;
  for (const [index, { step, disk: moment }] of moments.entries()) {
    // Without an index, damage in a closed segment is corruption: one that was never synced is only sure of a kill.
    for (const mode of isIndexDurable ? modes : (["keep"] as const)) {
      const forked = moment.fork();
      forked.crash(mode, new Random(index));
      const { log: again } = await openLog(forked.mount(), small, environment(new Random(3)));
      const found = again.topic("t") as TopicLog;
      const left = await latestOf(found).catch(({ code }) => code);
      assert.ok(left === "LOG_CORRUPT" || left.join() === latest.join(), `${mode} before ${step}: ${left}`);
      await again[Symbol.asyncDispose]();
    }
    isIndexDurable ||= step.startsWith("replace");
  }
  assert.ok(isIndexDurable);
  await log[Symbol.asyncDispose]();
});

test.run();
