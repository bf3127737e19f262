import { test } from "uvu";
import * as assert from "uvu/assert";
import { chainStart, Random, stampBatch, viewOf } from "../../src/base/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, foreignFrame, frameOf, newTopic, openLog, readAll, textsOf, typesOf } from "./log_kit.ts";

const stamp = { lamport: 7, generation: 1, previousChain: chainStart };

test("apply() appends what is next, drops what is held, and ends at what is ahead", async () => {
  const { topic } = await newTopic();
  const writer = "00000000000000aa";
  const first = foreignFrame(writer, 1, ["a", "b"]);
  const second = foreignFrame(writer, 3, ["c"], first.chain);
  const third = foreignFrame(writer, 4, ["d"], second.chain);
  assert.equal(await topic.apply(first.frame.slice()), { appended: 2, dropped: 0 });
  assert.equal(await topic.apply(new Uint8Array([...first.frame, ...second.frame])), { appended: 1, dropped: 2 });
  const later = foreignFrame(writer, 9, ["z"], third.chain);
  assert.equal(await topic.apply(new Uint8Array([...third.frame, ...later.frame])), {
    appended: 1,
    dropped: 0,
    stopped: { reason: "ahead", writer, expected: 5, found: 9 },
  });
  assert.equal(await textsOf(topic), ["a", "b", "c", "d"]);
  assert.is(topic.lamport, 7);
  assert.is((await readAll(topic))[0]?.header.baseOffset, 0, "the place is this node's own");
});

test("apply() stops a forked feed alone, with one event, and follows the others", async () => {
  const { topic, events } = await newTopic();
  const forked = "00000000000000aa";
  const sound = foreignFrame("00000000000000bb", 1, ["b1"]);
  const first = foreignFrame(forked, 1, ["a1"]);
  const other = foreignFrame(forked, 1, ["another a1"]);
  const fork = foreignFrame(forked, 2, ["a2"], other.chain);
  await topic.apply(first.frame);
  assert.equal(await topic.apply(new Uint8Array([...fork.frame, ...sound.frame])), { appended: 1, dropped: 0 });
  assert.equal(await topic.apply(fork.frame), { appended: 0, dropped: 0 });
  assert.equal(await textsOf(topic), ["a1", "b1"]);
  const stops = events.filter((event) => event.type === "feed-stopped");
  assert.is(stops.length, 1);
  assert.equal([...topic.stoppedFeeds.keys()], [forked]);
});

test("apply() notices a fork also where the other history is no longer", async () => {
  const { topic } = await newTopic();
  await topic.apply(foreignFrame("00000000000000aa", 1, ["one"]).frame);
  await topic.apply(foreignFrame("00000000000000aa", 1, ["two"]).frame);
  assert.is(topic.stoppedFeeds.size, 1);
});

test("apply() stops a feed whose batch covers what is held in part", async () => {
  const { topic, events } = await newTopic();
  await topic.apply(foreignFrame("00000000000000aa", 1, ["a"]).frame);
  assert.equal(await topic.apply(foreignFrame("00000000000000aa", 1, ["a", "b"]).frame), { appended: 0, dropped: 0 });
  assert.match(events.find((event) => event.type === "feed-stopped")?.reason ?? "", "sequences 1 to 2");
});

test("apply() takes nothing after bytes that are no frames", async () => {
  const { topic } = await newTopic();
  const first = foreignFrame("00000000000000aa", 1, ["a"]);
  const damaged = foreignFrame("00000000000000aa", 2, ["b"], first.chain).frame;
  damaged[damaged.length - 1] = 0;
  const applied = await topic.apply(new Uint8Array([...first.frame, ...damaged]));
  assert.is(applied.appended, 1);
  assert.is(applied.stopped?.reason, "malformed");
});

test("apply() takes no batch that counts more records than one may have", async () => {
  const { topic } = await newTopic();
  const { frame } = foreignFrame("00000000000000aa", 1, ["a"]);
  viewOf(frame).setUint32(36, 1_000_001, true);
  stampBatch(frame, { ...stamp, writer: "00000000000000aa", baseSequence: 1 });
  const { appended, stopped } = await topic.apply(frame);
  assert.equal({ appended, reason: stopped?.reason }, { appended: 0, reason: "malformed" });
});

test("apply() refuses more of this node's own writer, until another writer is minted", async () => {
  const { topic, log, events } = await newTopic();
  await topic.produce(frameOf(["a"]));
  const own = (await readAll(topic))[0];
  const next = foreignFrame(log.writer, 2, ["from a peer"], own?.header.chain);
  const { appended, stopped } = await topic.apply(next.frame.slice());
  assert.equal({ appended, reason: stopped?.reason }, { appended: 0, reason: "malformed" });
  assert.not.ok(typesOf(events).includes("feed-stopped"), "what the peer says is refused, our own feed goes on");
  const previous = log.writer;
  const writer = await log.mintWriter("a peer holds more of ours");
  assert.is.not(writer, previous);
  assert.equal(await topic.apply(next.frame.slice()), { appended: 1, dropped: 0 });
  assert.equal(await topic.produce(frameOf(["b"])), { offset: 2, writer, sequence: 1, count: 1 });
  assert.equal(
    events.find((event) => event.type === "new-writer" && event.previous === previous),
    { type: "new-writer", writer, previous, reason: "a peer holds more of ours" },
  );
});

test("applyGap() advances the vector, shows in reads and the low-water mark, and accepts the next hash", async () => {
  const { disk, topic, log } = await newTopic();
  const writer = "00000000000000aa";
  await topic.applyGap(writer, 10);
  assert.is(topic.have.get(writer), 10);
  assert.is(topic.lowWater.get(writer), 11);
  await topic.apply(foreignFrame(writer, 11, ["k"], { high: 5, low: 6 }).frame);
  assert.is(topic.have.get(writer), 11);
  assert.equal(
    (await readAll(topic)).map(({ header }) => [header.kind, header.count, header.baseOffset]),
    [
      ["gap", 10, 0],
      ["records", 1, 10],
    ],
  );
  await log[Symbol.asyncDispose]();
  const again = await (await openLog(disk.mount())).log.openTopic("t");
  assert.is(again.lowWater.get(writer), 11);
  // Another node stops where the gap begins: that nobody holds these is not for one peer to say.
  const { topic: other } = await newTopic();
  const { frames } = await again.readMissing(new Map(), 10_000);
  const stopped = { reason: "gap", writer, through: 10, at: 0 } as const;
  assert.equal(await other.apply(frames.slice()), { appended: 0, dropped: 0, stopped });
  await other.applyGap(writer, 10);
  assert.equal(await other.apply(frames), { appended: 1, dropped: 10 });
  assert.equal(other.have, again.have);
});

test("two logs that pull from each other hold the same", async () => {
  const left = await newTopic();
  const right = await openLog(new SimulatedDisk().mount(), {}, environment(new Random(2)));
  const other = await right.log.openTopic("t");
  for (let round = 0; round < 20; round++) {
    await left.topic.produce(frameOf([`l${round}`]));
    await other.produce(frameOf([`r${round}`]));
    await left.topic.apply((await other.readMissing(left.topic.have, 500)).frames);
    await other.apply((await left.topic.readMissing(other.have, 500)).frames);
  }
  await left.topic.apply((await other.readMissing(left.topic.have, 100_000)).frames);
  await other.apply((await left.topic.readMissing(other.have, 100_000)).frames);
  assert.equal(left.topic.have, other.have);
  assert.is(left.topic.nextOffset, 40);
  assert.equal((await textsOf(left.topic)).sort(), (await textsOf(other)).sort());
});

test.run();
