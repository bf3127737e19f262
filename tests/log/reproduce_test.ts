// What a former writer of ours wrote, produced again under the present one (rule R6): in order, and once, whatever crashes.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { at } from "../../src/base/frame.ts";
import {
  chainStart,
  crc32,
  frameRecordsMax,
  placeFrame,
  Random,
  readProducerStamp,
  stampBatch,
  viewOf,
  writeProducerStamp,
} from "../../src/base/mod.ts";
import { type Directory, dumpFile, type LogOptions, type TopicLog } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, framesIn, openLog, readAll, textsOf } from "./log_kit.ts";

const small: LogOptions = { segmentBytesMax: 65_536, indexEveryBytes: 512 };

/** The values that stand in feeds of this writer, in the order of the log. */
async function textsBy(topic: TopicLog, writer: string): Promise<string[]> {
  const frames = await readAll(topic);
  return frames.filter(({ header }) => header.writer === writer).flatMap(({ texts }) => texts);
}

test("reproduce() gives what a former writer wrote to the new one, in order, and does it once", async () => {
  const { log } = await openLog(new SimulatedDisk().mount());
  const topic = await log.openTopic("t");
  for (const values of [["a", "b"], ["c"], ["d", "e"]]) await topic.produce(frameOf(values));
  const former = log.writer;
  assert.is(await topic.reproduce(former, 3), 0, "it is not a former writer yet");
  const lamports = (await readAll(topic)).map(({ header }) => header.lamport);
  await log.mintWriter("a test");
  assert.equal(log.formerWriters, [former]);
  await topic.produce(frameOf(["new"]));
  assert.is(await topic.reproduce(former, 3), 3);
  assert.is(await topic.reproduce(former, 3), 0, "once");
  assert.equal(await textsBy(topic, log.writer), ["new", "c", "d", "e"]);
  const copies = (await readAll(topic)).slice(-2);
  assert.equal(
    copies.map(({ header }) => header.lamport),
    lamports.slice(1),
    "what was written since, knowing them, stays the later one",
  );
  assert.is(await topic.reproduce(former, 1), 2, "a lower beginning adds what is missing");
  assert.equal(await textsBy(topic, log.writer), ["new", "c", "d", "e", "a", "b"]);
  assert.is(await topic.reproduce(former, 2), 0);
});

test("reproduce() keeps the stamps of producers, and gives one to batches that have none", async () => {
  const { log } = await openLog(new SimulatedDisk().mount());
  const topic = await log.openTopic("t");
  const stamped = frameOf(["stamped"]);
  const stamp = { producer: "00000000000000ee", epoch: 3, sequence: 41 };
  writeProducerStamp(stamped, stamp);
  await topic.produce(stamped);
  await topic.produce(frameOf(["bare"]));
  const former = log.writer;
  await log.mintWriter("a test");
  assert.is(await topic.reproduce(former, 1), 2);
  const [, , first, second] = (await readAll(topic)).map(({ bytes }) => readProducerStamp(bytes));
  assert.equal(first, stamp);
  assert.is(second?.sequence, 2, "the sequence that it had");
  assert.not.equal(
    second?.producer,
    former,
    "another node with a copy of the directory may have the same former writer",
  );
});

test("reproduce() that a crash ended at any step goes on where it was, after the restart", async () => {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), small);
  const topic = await log.openTopic("t");
  const values = Array.from({ length: 40 }, (_, index) => `${index} ${"v".repeat(20_000)}`);
  for (const value of values) await topic.produce(frameOf([value]));
  const former = log.writer;
  await log.mintWriter("a test");
  const moments: SimulatedDisk[] = [];
  disk.onStep = () => moments.push(disk.fork());
  assert.is(await topic.reproduce(former, 6), 35);
  disk.onStep = undefined;
  assert.ok(moments.length > 8, `${moments.length} steps`);
  for (const [index, moment] of moments.entries()) {
    const mode = (["lose-unsynced", "tear-last-write", "keep"] as const)[index % 3] ?? "keep";
    moment.crash(mode, new Random(index));
    const again = await openLog(moment.mount(), small, environment(new Random(index)));
    const held = await again.log.openTopic("t");
    await held.reproduce(former, 6);
    assert.equal(await textsBy(held, again.log.writer), values.slice(5), `step ${index}, ${mode}`);
    assert.is(await held.reproduce(former, 6), 0);
    await again.log[Symbol.asyncDispose]();
  }
});

test("reproduce() gives what a peer has in place of ours to the new writer, once, also after a restart", async () => {
  const [disk, environments] = [new SimulatedDisk(), [2, 3].map((seed) => environment(new Random(seed)))];
  const { log: peer } = await openLog(disk.mount());
  const peers = await peer.openTopic("t");
  for (const value of ["a", "b"]) await peers.produce(frameOf([value]));
  const copy = disk.fork();
  copy.crash("keep", new Random(1));
  const { log } = await openLog(copy.mount(), {}, environments[0]);
  const [topic, former] = [await log.openTopic("t"), log.writer];
  await topic.produce(frameOf(["ours"]));
  for (const values of [["c", "d"], ["e"]]) await peers.produce(frameOf(values));
  await peer.mintWriter("a test");
  await peers.produce(frameOf(["nothing of that feed"]));
  const theirs = async (): Promise<Uint8Array> =>
    (await peers.readMissing(new Map([[former, 2]]), 65_536)).frames.slice();
  assert.is(await topic.reproduce(former, 3, await theirs()), 0, "it is not a former writer yet");
  await log.mintWriter("a test");
  const damaged = await theirs();
  const [sound, next] = framesIn(damaged).map(({ bytes }) => bytes.length) as [number, number];
  damaged[sound + next - 1] = 7;
  assert.is(await topic.reproduce(former, 3, damaged), 2, "nothing behind what is damaged");
  assert.is(await topic.reproduce(former, 3, await theirs()), 1, "the rest");
  assert.is(await topic.reproduce(former, 3, await theirs()), 0, "once");
  assert.equal(await textsBy(topic, log.writer), ["c", "d", "e"]);
  const lamports = (await readAll(topic)).slice(-2).map(({ header }) => header.lamport);
  assert.equal(lamports, [3, 4], "those that they had");
  const { writer } = log;
  await log[Symbol.asyncDispose]();
  const again = await openLog(copy.mount(), {}, environments[1]);
  const held = await again.log.openTopic("t");
  assert.is(await held.reproduce(former, 3, await theirs()), 0, "after a restart");
  assert.equal(await textsBy(held, writer), ["c", "d", "e"]);
});

test("reproduce() takes of a peer's history what other nodes take from us, and each batch once", async () => {
  const { log } = await openLog(new SimulatedDisk().mount());
  const topic = await log.openTopic("t");
  await topic.produce(frameOf(["a"]));
  const former = log.writer;
  await log.mintWriter("a test");
  const theirs = (count: number): Uint8Array => {
    const frame = frameOf(["b"]);
    viewOf(frame).setUint32(at.count, count, true);
    // Nobody could know it by that stamp again.
    writeProducerStamp(frame, { producer: "00000000000000ee", epoch: 0, sequence: 0 });
    stampBatch(frame, { writer: former, baseSequence: 2, lamport: 2, generation: 1, previousChain: chainStart });
    placeFrame(frame, { baseOffset: 0, durableBefore: 0 });
    return frame;
  };
  const { bytes } = topic;
  for (const count of [0, frameRecordsMax + 1]) {
    assert.is(await topic.reproduce(former, 2, theirs(count)), 0);
    assert.is(topic.bytes, bytes, `${count} records`);
  }
  assert.is(await topic.reproduce(former, 2, theirs(1)), 1);
  assert.is(await topic.reproduce(former, 2, theirs(1)), 0, "once");
});

test("a dump tells of former writers, of what was produced again, and marks it", async () => {
  const directory = new SimulatedDisk().mount();
  const { log } = await openLog(directory);
  const topic = await log.openTopic("t");
  await topic.produce(frameOf(["a", "b"]));
  const former = log.writer;
  await log.mintWriter("a test");
  await topic.reproduce(former, 1);
  const dumped = async (from: Directory, name: string): Promise<Record<string, string | number>[]> => {
    const bytes = (await from.readFile(name)) as Uint8Array;
    return [...(dumpFile(bytes, crc32) ?? [])].map(({ kind, fields }) => ({ kind, ...fields }));
  };
  const inTopic = await directory.directory("topics").then((topics) => topics.directory("t"));
  assert.equal(await dumped(directory, "former-writers"), [{ kind: "former-writer", writer: former }]);
  const [entry] = await dumped(inTopic, "reproduced");
  const known = {
    kind: entry?.["kind"],
    writer: entry?.["writer"],
    from: entry?.["from"],
    through: entry?.["through"],
    done: entry?.["done"],
  };
  assert.equal(known, { kind: "reproduced", writer: former, from: 1, through: 2, done: "yes" });
  const frames = (await dumped(inTopic, "00000000000000000000.log")).filter(({ kind }) => kind === "frame");
  assert.equal(
    frames.map((frame) => [frame["writer"], frame["producedAgain"]]),
    [
      [former, undefined],
      [log.writer, "yes"],
    ],
  );
  const damaged = (await directory.readFile("former-writers")) as Uint8Array;
  damaged[9] = 7;
  assert.is([...(dumpFile(damaged, crc32) ?? [])][0]?.kind, "damage");
});

test("former writers are kept over restarts, the last sixteen of them", async () => {
  const disk = new SimulatedDisk();
  const writers: string[] = [];
  for (let round = 0; round < 18; round++) {
    const { log } = await openLog(disk.mount(), { newWriter: round > 0 }, environment(new Random(round)));
    writers.push(log.writer);
    await log[Symbol.asyncDispose]();
  }
  const { log } = await openLog(disk.mount());
  assert.equal(log.formerWriters, writers.slice(1, -1));
});

test("feedPointAt() answers with the last end of a batch at or below a sequence", async () => {
  const disk = new SimulatedDisk();
  const opened = await openLog(disk.mount(), small);
  const topic = await opened.log.openTopic("t");
  for (let round = 0; round < 60; round++) await topic.produce(frameOf(["v".repeat(2_000), "w", "x"]));
  const { writer } = opened.log;
  const ends = new Map((await readAll(topic)).map(({ header }) => [header.baseSequence + 2, header.chain]));
  const check = async (held: TopicLog): Promise<void> => {
    for (let sequence = 1; sequence <= 180; sequence++) {
      const end = sequence - (sequence % 3);
      const chain = end === 0 ? { high: 0, low: 0 } : ends.get(end);
      assert.equal(await held.feedPointAt(writer, sequence), { sequence: end, chain });
    }
    assert.is(await held.feedPointAt(writer, 181), undefined);
  };
  await check(topic);
  await opened.log[Symbol.asyncDispose]();
  const again = await openLog(disk.mount(), small);
  const held = await again.log.openTopic("t");
  await check(held);
  held.setRetention({ segmentsMax: 1 });
  await held.retain();
  const low = held.lowWater.get(writer) ?? 0;
  assert.ok(low > 1);
  assert.equal(
    await held.feedPointAt(writer, low - 1),
    { sequence: low - 1, chain: ends.get(low - 1) },
    "the floor knows",
  );
  assert.is(await held.feedPointAt(writer, low - 4), undefined);
  assert.ok((await textsOf(held)).length > 0);
});

test.run();
