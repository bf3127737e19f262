/** What a topic knows of its producers: one batch, however often and wherever it is produced. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ProducerStamp, Random, readProducerStamp, writeProducerStamp } from "../../src/base/mod.ts";
import type { Ack, Log, LogOptions, TopicLog } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, newTopic, openLog, readAll, rejection, seeds, textsOf } from "./log_kit.ts";

const producer = "00000000000000a1";

/** One blank frame of as many records, stamped: what a producer sends each time that it sends the batch. */
function batch(sequence: number, count = 1, stamp: Partial<ProducerStamp> = {}): Uint8Array {
  const { epoch = 0 } = stamp;
  const frame = frameOf(Array.from({ length: count }, (_, index) => `${epoch}.${sequence + index}`));
  writeProducerStamp(frame, { producer, epoch, sequence, ...stamp });
  return frame;
}

function produce(topic: TopicLog, ...given: Parameters<typeof batch>): Promise<Ack> {
  return topic.produce(batch(...given));
}

interface Node {
  readonly disk: SimulatedDisk;
  log: Log;
  topic: TopicLog;
}

const smallSegments: LogOptions = { segmentBytesMax: 65_536 };

/** Another node, with a writer of its own. */
async function newNode(seed: number, options: LogOptions = {}): Promise<Node> {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), options, environment(new Random(seed)));
  return { disk, log, topic: await log.openTopic("t") };
}

/** Gives one node what it lacks of another's. */
async function pull(from: TopicLog, to: TopicLog): Promise<void> {
  const { frames } = await from.readMissing(to.have, 10_000_000);
  await to.apply(frames.slice());
}

test("a batch that is produced again is answered like the first, and stored once", async () => {
  const { log, topic } = await newTopic();
  await topic.produce(frameOf(["before"]));
  const first = await produce(topic, 1, 3);
  assert.equal(first, { offset: 1, writer: log.writer, sequence: 2, count: 3 });
  await produce(topic, 4);
  assert.equal(await produce(topic, 1, 3), { ...first, duplicate: true });
  assert.equal(await textsOf(topic), ["before", "0.1", "0.2", "0.3", "0.4"]);
  await log[Symbol.asyncDispose]();
});

test("one that comes while the first is on its way to the disk shares its fate, good or bad", async () => {
  const { log, topic, disk } = await newTopic();
  const both = await Promise.all([produce(topic, 1, 2), produce(topic, 1, 2)]);
  assert.equal(both[1], { ...(both[0] as Ack), duplicate: true });
  assert.is(topic.nextOffset, 2);
  disk.failNext("write", "EIO", { name: ".log" });
  const failed = await Promise.all([rejection(produce(topic, 3)), rejection(produce(topic, 3))]);
  assert.equal(
    failed.map(({ code }) => code),
    ["LOG_WRITE_FAILED", "LOG_WRITE_FAILED"],
  );
  // In the next group, when the first has failed by then, it is the first.
  let release = (): void => {};
  disk.pause = () =>
    new Promise((resolve) => {
      release = resolve;
    });
  disk.failNext("sync", "EIO", { name: ".log" });
  const first = rejection(produce(topic, 4));
  for (let turn = 0; turn < 20; turn++) await undefined;
  const second = produce(topic, 4);
  disk.pause = () => Promise.resolve();
  release();
  assert.is((await first).code, "LOG_WRITE_FAILED");
  assert.equal(await second, { offset: 2, writer: log.writer, sequence: 3, count: 1 });
  assert.equal(await textsOf(topic), ["0.1", "0.2", "0.4"]);
  await log[Symbol.asyncDispose]();
});

test("refuses what overlaps in part, with both ranges, and what a higher epoch has fenced off", async () => {
  const { log, topic } = await newTopic();
  await produce(topic, 5, 3);
  const overlap = await rejection(produce(topic, 6, 4));
  assert.is(overlap.code, "PRODUCER_OVERLAP");
  assert.match(overlap.message, "sequences 6 to 9");
  assert.match(overlap.message, "sequences 5 to 7 are held");
  assert.is((await rejection(produce(topic, 6, 1))).code, "DUPLICATE_FORGOTTEN");
  await produce(topic, 1, 2);
  await produce(topic, 6, 4, { epoch: 1 });
  const fenced = await rejection(produce(topic, 8));
  assert.is(fenced.code, "PRODUCER_FENCED");
  assert.match(fenced.message, "has epoch 1 by now, the batch has 0");
  assert.is(topic.nextOffset, 9);
  await log[Symbol.asyncDispose]();
});

test("an acknowledged batch that comes late from a dead writer's feed is not hidden by the later ones of its producer", async () => {
  const [a, b, c] = [await newTopic(), await newNode(2), await newNode(3)];
  for (const [node, sequence] of [
    [b, 1],
    [a, 2],
    [b, 3],
    [b, 4],
  ] as const)
    await produce(node.topic, sequence);
  await pull(b.topic, c.topic);
  assert.equal(await textsOf(c.topic), ["0.1", "0.3", "0.4"]);
  await pull(a.topic, c.topic);
  assert.equal(await textsOf(c.topic), ["0.1", "0.3", "0.4", "0.2"]);
  const again = await produce(c.topic, 2);
  assert.equal(again, { offset: 3, writer: a.log.writer, sequence: 1, count: 1, duplicate: true });
  // Nor is a gap taken for held: where the dead writer's feed never came, it is stored.
  assert.is((await produce(b.topic, 2)).duplicate, undefined);
  await pull(b.topic, c.topic);
  assert.equal(await textsOf(c.topic), ["0.1", "0.3", "0.4", "0.2", "0.2"]);
  assert.equal(
    c.topic.producers.twinsOf(a.log.writer, 1)?.map(({ writer, baseSequence }) => [writer, baseSequence]),
    [[b.log.writer, 4]],
  );
  for (const { log } of [a, b, c]) await log[Symbol.asyncDispose]();
});

test("a new writer of the same node knows what the one before wrote", async () => {
  const { log, topic } = await newTopic();
  const first = await produce(topic, 1);
  await log.mintWriter("for this test");
  assert.equal(await produce(topic, 1), { ...first, duplicate: true });
  assert.is((await produce(topic, 2)).writer, log.writer);
  await log[Symbol.asyncDispose]();
});

/** A log of several segments whose first ones hold stamped batches: the producer's sequences 1 to 8, and what they got. */
async function manySegments(): Promise<{ readonly disk: SimulatedDisk; readonly acks: readonly Ack[] }> {
  const { disk, log, topic } = await newTopic({ segmentBytesMax: 65_536 });
  const acks: Ack[] = [];
  for (let sequence = 1; sequence <= 8; sequence++) {
    acks.push(await produce(topic, sequence));
    if (sequence !== 4) await topic.produce(frameOf(["x".repeat(40_000)]));
  }
  await log[Symbol.asyncDispose]();
  return { disk, acks };
}

function filesOf(disk: SimulatedDisk): string[] {
  return disk.paths().filter((path) => path.endsWith(".producers"));
}

async function reopen(disk: SimulatedDisk, options: LogOptions = {}) {
  const { log, events } = await openLog(
    disk.mount(),
    { segmentBytesMax: 65_536, ...options },
    environment(new Random(9)),
  );
  return { log, events, topic: log.topic("t") as TopicLog };
}

test("what is known survives a restart, with what was written down, without it, and where that is damaged", async () => {
  const { disk, acks } = await manySegments();
  assert.is(filesOf(disk).length, 2);
  const ways: Record<string, (disk: SimulatedDisk) => void> = {
    written: () => undefined,
    "newest gone": (copy) => copy.unlink(filesOf(copy).at(-1) as string),
    "all gone": (copy) => {
      for (const path of filesOf(copy)) copy.unlink(path);
    },
    "newest damaged": (copy) => copy.damage(filesOf(copy).at(-1) as string, 70, Uint8Array.of(255, 255)),
    "all damaged": (copy) => {
      for (const path of filesOf(copy)) copy.damage(path, 20, Uint8Array.of(255));
    },
    "a crash after more was written": (copy) => copy.crash("keep", new Random(1)),
  };
  for (const [way, change] of Object.entries(ways)) {
    const copy = disk.copy();
    if (way.startsWith("a crash")) {
      const { topic } = await reopen(copy);
      await produce(topic, 9);
    }
    change(copy);
    const { log, events, topic } = await reopen(copy);
    assert.is(topic.producers.count, 0, `${way}: nobody asked yet`);
    const end = topic.nextOffset;
    for (const [index, ack] of acks.entries()) {
      assert.equal(await produce(topic, index + 1), { ...ack, duplicate: true }, way);
    }
    if (way.startsWith("a crash")) assert.ok((await produce(topic, 9)).duplicate, way);
    assert.is(topic.nextOffset, end);
    const rebuilt = events.filter(({ type }) => type === "index-rebuilt").length;
    assert.is(rebuilt, way === "all damaged" ? 2 : way === "newest damaged" ? 1 : 0, way);
    await log[Symbol.asyncDispose]();
  }
});

test("what was written down of another history is not believed", async () => {
  const { disk } = await manySegments();
  const newest = filesOf(disk).at(-1) as string;
  const other = await newTopic(smallSegments);
  for (let record = 0; record < 20; record++) await other.topic.produce(frameOf(["y".repeat(40_000)]));
  await produce(other.topic, 100);
  await other.log[Symbol.asyncDispose]();
  for (const path of filesOf(other.disk)) other.disk.unlink(path);
  // As a backup would have it that was put together out of two.
  const topics = await other.disk.mount().directory("topics");
  const file = await (await topics.directory("t")).open(newest.slice(newest.lastIndexOf("/") + 1));
  file.write(0, [disk.peek(newest)]);
  await file.close();
  const { log, topic } = await reopen(other.disk);
  assert.is((await produce(topic, 1)).duplicate, undefined);
  assert.ok((await produce(topic, 100)).duplicate);
  await log[Symbol.asyncDispose]();
});

test("batches whose records retention took stay known, also after a restart; their files go with their segments", async () => {
  const { disk, acks } = await manySegments();
  for (const path of filesOf(disk)) disk.unlink(path);
  const { log, topic } = await reopen(disk);
  topic.setRetention({ segmentsMax: 1 });
  await topic.retain();
  assert.ok(topic.firstOffset > (acks[5] as Ack).offset);
  await log[Symbol.asyncDispose]();
  const again = await reopen(disk);
  for (const [index, ack] of acks.entries()) {
    assert.equal(await produce(again.topic, index + 1), { ...ack, duplicate: true });
  }
  assert.is(filesOf(disk).length, 1);
  again.topic.setRetention({ segmentsMax: 1 });
  for (let sequence = 9; sequence < 20; sequence++) {
    await produce(again.topic, sequence);
    await again.topic.produce(frameOf(["x".repeat(40_000)]));
    await again.topic.retain();
  }
  await again.log[Symbol.asyncDispose]();
  const names = disk.paths().map((path) => path.split("/").at(-1) ?? "");
  const segments = names.filter((name) => name.endsWith(".log"));
  assert.equal(
    names.filter((name) => name.endsWith(".producers")),
    segments.slice(-1).map((name) => name.replace(".log", ".producers")),
  );
});

test("what is known of batches that retention took survives a power cut right after, also one that takes the tail", async () => {
  for (const fsync of ["always", "never"] as const) {
    const { disk, acks } = await manySegments();
    for (const path of filesOf(disk)) disk.unlink(path);
    const { log, topic } = await reopen(disk, { fsync });
    await produce(topic, 9);
    topic.setRetention({ segmentsMax: 1 });
    await topic.retain();
    assert.ok(topic.firstOffset > (acks[5] as Ack).offset);
    disk.crash("lose-unsynced", new Random(1));
    await log[Symbol.asyncDispose]().catch(() => undefined);
    const again = await reopen(disk, { fsync });
    for (const [index, ack] of acks.entries()) {
      assert.equal(await produce(again.topic, index + 1), { ...ack, duplicate: true }, fsync);
    }
    await again.log[Symbol.asyncDispose]();
  }
});

test("what is known stays when all but an empty segment goes, before a restart or after it", async () => {
  for (const way of ["before", "after"] as const) {
    const begun = await newTopic({ segmentBytesMax: 65_536 });
    const { disk } = begun;
    let { log, topic }: { log: Log; topic: TopicLog } = begun;
    const first = await produce(topic, 1);
    await topic.produce(frameOf(["x".repeat(70_000)]));
    // The segment is full: the next one is begun for what then turns out to be a duplicate.
    assert.ok((await produce(topic, 1)).duplicate);
    if (way === "after") {
      await log[Symbol.asyncDispose]();
      ({ log, topic } = await reopen(disk));
    }
    topic.setRetention({ segmentsMax: 1 });
    assert.is(await topic.retain(), 1);
    assert.is(topic.firstOffset, topic.nextOffset);
    await log[Symbol.asyncDispose]();
    ({ log, topic } = await reopen(disk));
    assert.equal(await produce(topic, 1), { ...first, duplicate: true }, way);
    await log[Symbol.asyncDispose]();
  }
});

test("who produces while it is read what was known, and the log is closed or the topic deleted, is told so", async () => {
  for (const way of ["closed", "deleted"] as const) {
    const { disk } = await manySegments();
    for (const path of filesOf(disk)) disk.unlink(path);
    const { log, topic } = await reopen(disk);
    let release = (): void => {};
    disk.pauseRead = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const produced = rejection(produce(topic, 1));
    const over = way === "closed" ? log[Symbol.asyncDispose]() : log.settleLife("t", { generation: 1, deleted: true });
    const late = rejection(produce(topic, 2));
    disk.pauseRead = undefined;
    release();
    await over;
    const code = way === "closed" ? "LOG_CLOSED" : "TOPIC_DELETED";
    assert.equal([(await produced).code, (await late).code], [code, code]);
    if (way === "deleted") await log[Symbol.asyncDispose]();
    assert.is(disk.counts.open, 0);
  }
});

test("what waits while it is read what was known is bounded", async () => {
  const { disk } = await manySegments();
  for (const path of filesOf(disk)) disk.unlink(path);
  const { log, topic } = await reopen(disk, { pendingBytesMax: 65_536 });
  let release = (): void => {};
  disk.pauseRead = () =>
    new Promise((resolve) => {
      release = resolve;
    });
  const frames = [101, 102].map((sequence) => {
    const frame = frameOf(["x".repeat(40_000)]);
    writeProducerStamp(frame, { producer, epoch: 0, sequence });
    return frame;
  });
  const [first, second] = frames.map((frame) => topic.produce(frame));
  assert.is((await rejection(second as Promise<Ack>)).code, "LOG_OVERLOADED");
  disk.pauseRead = undefined;
  release();
  assert.is((await first)?.count, 1);
  assert.is((await topic.produce(frames[1] as Uint8Array)).duplicate, undefined);
  await log[Symbol.asyncDispose]();
});

test("a topic without stamps reads and writes nothing for them", async () => {
  const { disk, log, topic } = await newTopic({ segmentBytesMax: 65_536 });
  for (let record = 0; record < 6; record++) await topic.produce(frameOf(["x".repeat(40_000)]));
  assert.is(topic.producers.loading(), undefined);
  await log[Symbol.asyncDispose]();
  assert.equal(filesOf(disk), []);
  const again = await reopen(disk);
  const reads = disk.counts.reads;
  assert.is(again.topic.producers.loading(), undefined);
  assert.is((await produce(again.topic, 1)).duplicate, undefined);
  assert.is(disk.counts.reads, reads);
  await again.log[Symbol.asyncDispose]();
});

/** What a node holds of stamped batches, by the book: looked at anew each time, in its frames. */
class NaiveModel {
  readonly batches: { readonly stamp: ProducerStamp; readonly count: number; readonly ack: Ack }[] = [];

  static async of(topic: TopicLog): Promise<NaiveModel> {
    const model = new NaiveModel();
    for (const { header, bytes } of await readAll(topic)) {
      const { writer, baseSequence: sequence, baseOffset: offset, count } = header;
      const stamp = readProducerStamp(bytes);
      if (stamp !== undefined) model.batches.push({ stamp, count, ack: { offset, writer, sequence, count } });
    }
    return model;
  }

  /** What a produce is answered with. */
  verdict(stamp: ProducerStamp, count: number): Ack | string {
    const own = this.batches.filter((known) => known.stamp.producer === stamp.producer);
    const epoch = Math.max(-1, ...own.map((known) => known.stamp.epoch));
    if (stamp.epoch < epoch) return "PRODUCER_FENCED";
    const present = own.filter((known) => known.stamp.epoch === stamp.epoch);
    const held = new Set<number>();
    for (const known of present)
      for (let index = 0; index < known.count; index++) held.add(known.stamp.sequence + index);
    const met = Array.from({ length: count }, (_, index) => stamp.sequence + index).filter((one) =>
      held.has(one),
    ).length;
    if (met === 0) return "new";
    const same = present.find((known) => known.stamp.sequence === stamp.sequence && known.count === count);
    if (same !== undefined) return { ...same.ack, duplicate: true };
    return met === count ? "DUPLICATE_FORGOTTEN" : "PRODUCER_OVERLAP";
  }

  /** Batches that stand twice, by their places. */
  twins(): string[] {
    const places = new Map<string, string[]>();
    for (const { stamp, count, ack } of this.batches) {
      const identity = `${stamp.producer} ${stamp.epoch} ${stamp.sequence} ${count}`;
      places.set(identity, [...(places.get(identity) ?? []), `${ack.writer} ${ack.sequence}`]);
    }
    return [...places.values()]
      .filter((group) => group.length > 1)
      .flat()
      .sort();
  }
}

test("against a naive model: several nodes, batches in any order, restarts and damage", async () => {
  for (const seed of seeds(10)) {
    const random = new Random(`idempotence ${seed}`);
    const nodes = [await newNode(1, smallSegments), await newNode(2, smallSegments), await newNode(3, smallSegments)];
    for (let step = 0; step < 60; step++) {
      const node = nodes[random.below(nodes.length)] as Node;
      const action = random.below(10);
      if (action < 6) {
        const stamp = {
          producer: random.below(4) === 0 ? "00000000000000b2" : producer,
          epoch: random.below(12) === 0 ? 1 : 0,
          sequence: random.between(1, 12),
        };
        const count = random.between(1, 2);
        const expected = (await NaiveModel.of(node.topic)).verdict(stamp, count);
        const where = `seed ${seed}, step ${step}: ${JSON.stringify(stamp)} of ${count}`;
        const outcome = await produce(node.topic, stamp.sequence, count, stamp).catch(({ code }) => code as string);
        if (expected === "new") assert.is((outcome as Ack).duplicate, undefined, where);
        else assert.equal(outcome, expected, where);
        if (random.below(3) === 0) await node.topic.produce(frameOf(["x".repeat(20_000)]));
      } else if (action < 9) {
        await pull((nodes[random.below(nodes.length)] as Node).topic, node.topic);
      } else {
        if (random.below(2) === 0) await node.log[Symbol.asyncDispose]();
        else node.disk.crash("lose-unsynced", random);
        for (const path of filesOf(node.disk)) {
          const fate = random.below(3);
          if (fate === 0) node.disk.unlink(path);
          if (fate === 1 && node.disk.peek(path).length > 60)
            node.disk.damage(path, random.below(60), Uint8Array.of(7));
        }
        Object.assign(node, await reopen(node.disk));
      }
    }
    for (const node of nodes) {
      await node.topic.producers.loading();
      const model = await NaiveModel.of(node.topic);
      const known = model.batches.flatMap(({ ack }) => {
        const others = node.topic.producers.twinsOf(ack.writer, ack.sequence);
        return others === undefined ? [] : `${ack.writer} ${ack.sequence}`;
      });
      assert.equal(known.sort(), model.twins(), `seed ${seed}: twins`);
      await node.log[Symbol.asyncDispose]();
    }
  }
});

test.run();
