/** Batches that a producer sent to several nodes: each node stores all, and gives each consumer one. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FrameBuilder, headersBytes, Random, readRecords, writeProducerStamp } from "../../src/base/mod.ts";
import { Log, type LogOptions, type TopicLog } from "../../src/log/mod.ts";
import { TopicReader } from "../../src/server/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, seeds } from "../log/log_kit.ts";

const producer = "00000000000000a1";

interface Node {
  readonly disk: SimulatedDisk;
  log: Log;
  topic: TopicLog;
}

async function openNode(seed: number, disk = new SimulatedDisk(), options: LogOptions = {}): Promise<Node> {
  const log = await Log.open(disk.mount(), options, environment(new Random(seed)));
  return { disk, log, topic: await log.openTopic("t") };
}

/** A batch of some records whose values are their producer's numbers. */
function batch(sequence: number, count = 1): Uint8Array {
  const builder = new FrameBuilder();
  for (let index = 0; index < count; index++) builder.add({ key: "k", value: String(sequence + index) }, 1_000);
  const frame = builder.finish();
  writeProducerStamp(frame, { producer, epoch: 0, sequence });
  return frame;
}

/** Gives one node what it lacks of another's. */
async function pull(from: Node, to: Node): Promise<void> {
  const { frames } = await from.topic.readMissing(to.topic.have, 1_000_000);
  await to.topic.apply(frames.slice());
}

/** Takes so many of what a reader gives, as whole batches. */
async function takeBatches(
  reader: TopicReader,
  max = Number.POSITIVE_INFINITY,
  bytesMax = 1_000_000,
): Promise<string[]> {
  const taken: string[] = [];
  let batches = 0;
  for (let spans = await reader.next(bytesMax); spans.length > 0; spans = await reader.next(bytesMax)) {
    for (const span of spans) {
      if (batches++ >= max) return taken;
      readRecords(span.bytes.subarray(headersBytes), span.header, (record) => taken.push(record.text()));
      reader.taken(span);
    }
  }
  return taken;
}

/** Takes so many records one by one. */
async function takeRecords(reader: TopicReader, max: number): Promise<string[]> {
  const taken: string[] = [];
  for (let spans = await reader.next(1); spans.length > 0; spans = await reader.next(1)) {
    for (const span of spans) {
      for (const record of reader.records(span, span.bytes.subarray(headersBytes))) {
        taken.push(record.text());
        if (taken.length >= max) return taken;
      }
    }
  }
  return taken;
}

const earliest = (topic: TopicLog): TopicReader => TopicReader.from(topic, topic.firstOffset, new Map());

test("what was produced again is given to whoever counted beyond it in the other history of the former feed", async () => {
  const [a, b, copyOfA] = [await openNode(1), await openNode(2), await openNode(3)];
  await a.topic.produce(batch(1));
  await pull(a, copyOfA);
  const backup = a.disk.fork();
  const former = a.log.writer;
  await a.topic.produce(batch(2));
  await pull(a, b);
  await a.log[Symbol.asyncDispose]();
  const again = await openNode(4, backup);
  await again.topic.produce(batch(7));
  await pull(again, copyOfA);
  await again.log.mintWriter("a test");
  assert.is(await again.topic.reproduce(former, 2), 1);
  await pull(again, copyOfA);
  const atB = earliest(b.topic);
  assert.equal(await takeBatches(atB), ["1", "2"]);
  const read = atB.read as ReadonlyMap<string, number>;
  for (const { topic } of [again, copyOfA]) assert.equal(await takeBatches(TopicReader.after(topic, read)), ["7"]);
  const held = await copyOfA.topic.produce(batch(7));
  assert.ok(held.duplicate, "it is known by what its producer called it");
  const other = earliest(copyOfA.topic);
  assert.equal(await takeBatches(other), ["1", "7", "7"], "who has the owner's history is given it a second time");
});

test("what stands twice is given to whoever read another history of the feed in which the first stands", async () => {
  const [a, b, copyOfA] = [await openNode(1), await openNode(2), await openNode(3)];
  await a.topic.produce(batch(1));
  await pull(a, copyOfA);
  const backup = a.disk.fork();
  await a.topic.produce(batch(2));
  await a.topic.produce(batch(3));
  await pull(a, b);
  const atB = earliest(b.topic);
  assert.equal(await takeBatches(atB, 2), ["1", "2"]);
  const read = new Map(atB.read);
  await a.log[Symbol.asyncDispose]();
  const again = await openNode(4, backup);
  await again.topic.produce(batch(7));
  await pull(again, copyOfA);
  // Its producer did not hear of it, and asked another node.
  await b.topic.produce(batch(7));
  await again.log.mintWriter("a test");
  await pull(b, again);
  await pull(b, copyOfA);
  assert.ok(copyOfA.topic.stoppedFeeds.size > 0, "its copy does not go on as that of b does");
  for (const { topic } of [again, copyOfA]) assert.equal(await takeBatches(TopicReader.after(topic, read)), ["7"]);
});

test("each node gives one of two, whichever came first to it, and whoever hops gets one", async () => {
  const [a, b, c] = [await openNode(1), await openNode(2), await openNode(3)];
  await a.topic.produce(batch(1, 2));
  await b.topic.produce(batch(1, 2));
  await b.topic.produce(batch(3));
  await pull(b, c);
  const before = earliest(c.topic);
  assert.equal(await takeBatches(before), ["1", "2", "3"]);
  await pull(a, c);
  assert.is(c.topic.nextOffset, 5);
  assert.equal(await takeBatches(before), [], "what comes later is known");
  assert.is(before.nextOffset, 5);
  assert.equal(before.read, c.topic.have);
  assert.equal(await takeBatches(earliest(c.topic)), ["1", "2", "3"]);
  await pull(c, a);
  assert.equal(await takeBatches(earliest(a.topic)), ["1", "2", "3"]);
  for (const bytesMax of [1, 1_000_000]) {
    for (const hopAfter of [0, 1, 2]) {
      const first = earliest(c.topic);
      const taken = await takeBatches(first, hopAfter, bytesMax);
      const second = TopicReader.after(a.topic, first.read as Map<string, number>);
      assert.equal([...taken, ...(await takeBatches(second, undefined, bytesMax))], ["1", "2", "3"], `${hopAfter}`);
    }
  }
  // Who begins at the end has passed over the first of them, too.
  assert.equal(await takeBatches(TopicReader.from(b.topic, b.topic.nextOffset, b.topic.served)), []);
  await pull(a, b);
  for (const { log } of [a, b, c]) await log[Symbol.asyncDispose]();
});

test("a consumer of single records that hops within a batch goes on within its twin", async () => {
  const [a, b] = [await openNode(1), await openNode(2)];
  await a.topic.produce(batch(1, 4));
  await b.topic.produce(batch(1, 4));
  await pull(a, b);
  await pull(b, a);
  for (let records = 1; records <= 4; records++) {
    const first = earliest(a.topic);
    const taken = await takeRecords(first, records);
    const rest = await takeRecords(TopicReader.after(b.topic, new Map(first.read)), 10);
    assert.equal([...taken, ...rest], ["1", "2", "3", "4"]);
  }
  for (const { log } of [a, b]) await log[Symbol.asyncDispose]();
});

test("one is given whose twin retention took, and one whose twin compaction thinned out", async () => {
  const [a, b] = [await openNode(1), await openNode(2, undefined, { segmentBytesMax: 65_536 })];
  await a.topic.produce(batch(1, 2));
  await b.topic.produce(batch(1, 2));
  await b.topic.produce(batch(3));
  b.topic.setCompaction({ tombstoneGraceMs: 0 });
  await b.topic.compact();
  const filling = new FrameBuilder();
  filling.add({ key: "filling", value: new Uint8Array(70_000) }, 1_000);
  await b.topic.produce(filling.finish());
  await b.topic.produce(batch(4));
  await b.topic.compact();
  await pull(a, b);
  assert.is(b.topic.producers.twins, 2);
  const reader = earliest(b.topic);
  const texts = (await takeBatches(reader)).filter((text) => text.length < 10);
  assert.equal(texts, ["3", "4", "1", "2"], "of the first nothing is left but its header");
  b.topic.setRetention({ segmentsMax: 1 });
  await b.topic.retain();
  assert.equal(await takeBatches(earliest(b.topic)), ["4", "1", "2"]);
  for (const { log } of [a, b]) await log[Symbol.asyncDispose]();
});

test("of three that stand in three feeds one is given, also after a restart", async () => {
  const nodes = [await openNode(1), await openNode(2), await openNode(3), await openNode(4)];
  for (const node of nodes.slice(0, 3)) await node.topic.produce(batch(1, 2));
  const last = nodes[3] as Node;
  for (const node of nodes.slice(0, 3)) await pull(node, last);
  assert.equal(await takeBatches(earliest(last.topic)), ["1", "2"]);
  assert.is(last.topic.producers.twins, 3);
  await last.log[Symbol.asyncDispose]();
  const again = await openNode(5, last.disk);
  assert.is(again.topic.producers.twins, 0, "nobody asked yet");
  assert.equal(await takeBatches(earliest(again.topic)), ["1", "2"]);
  assert.is(again.topic.producers.twins, 3);
  await again.log[Symbol.asyncDispose]();
  for (const { log } of nodes.slice(0, 3)) await log[Symbol.asyncDispose]();
});

test("however nodes pull from each other and consumers hop, nothing is lost, and nothing repeats where the twin is known", async () => {
  for (const seed of seeds(15)) {
    const random = new Random(`twins ${seed}`);
    const nodes = [await openNode(1), await openNode(2), await openNode(3)];
    const pick = (): Node => nodes[random.below(nodes.length)] as Node;
    const frames = [
      [1, 1],
      [2, 3],
      [5, 2],
      [7, 1],
      [8, 4],
    ] as const;
    for (const [sequence, count] of frames) {
      for (let tries = random.between(1, 3); tries > 0; tries--) await pick().topic.produce(batch(sequence, count));
      if (random.below(2) === 0) await pull(pick(), pick());
    }
    // Each node has all before the consumers come: then it knows all twins.
    for (const from of nodes) for (const to of nodes) if (from !== to) await pull(from, to);
    for (let consumer = 0; consumer < 5; consumer++) {
      const taken: string[] = [];
      // Batches are given whole: who took some records of one may get those again with its twin, if it takes batches then.
      const byRecord = consumer % 2 === 0;
      let read = new Map<string, number>();
      for (let hops = 0; hops < 20; hops++) {
        const reader = TopicReader.after(pick().topic, read);
        taken.push(
          ...(byRecord ? await takeRecords(reader, random.between(1, 4)) : await takeBatches(reader, random.below(3))),
        );
        read = new Map(reader.read);
      }
      taken.push(...(await takeBatches(TopicReader.after(pick().topic, read))));
      const distinct = [...new Set(taken)].sort((left, right) => Number(left) - Number(right));
      assert.equal(
        distinct,
        Array.from({ length: 11 }, (_, index) => String(index + 1)),
        `seed ${seed}: lost`,
      );
      assert.is(taken.length, 11, `seed ${seed}: repeated, ${taken.join(" ")}`);
    }
    for (const { log } of nodes) await log[Symbol.asyncDispose]();
  }
});

test.run();
