/** What a topic knows of its producers: one batch, however often and wherever it is produced. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ProducerStamp, writeProducerStamp } from "../../src/base/mod.ts";
import type { Ack, TopicLog } from "../../src/log/mod.ts";
import { frameOf, newTopic, rejection, textsOf } from "./log_kit.ts";

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

test("one that comes while the first is on its way to the disk shares its fate", async () => {
  const { log, topic, disk } = await newTopic();
  const both = await Promise.all([produce(topic, 1, 2), produce(topic, 1, 2)]);
  assert.equal(both, [
    { offset: 0, writer: log.writer, sequence: 1, count: 2 },
    { ...both[0], duplicate: true },
  ]);
  assert.is(topic.nextOffset, 2);
  await log[Symbol.asyncDispose]();
  void disk;
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

test.run();
