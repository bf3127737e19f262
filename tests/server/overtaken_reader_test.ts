/** Readers that are so slow that retention takes what they have not read yet. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { TopicLog } from "../../src/log/mod.ts";
import type { ServedTopic } from "../../src/server/ports.ts";
import { TopicReader } from "../../src/server/topic_reader.ts";
import { frameOf, newTopic, rejection } from "../log/log_kit.ts";

const batchRecords = 10;

/** A topic of so many batches in segments of a few each. */
async function topicOf(batches: number): Promise<TopicLog> {
  const { topic } = await newTopic({ segmentBytesMax: 65_536 });
  for (let batch = 0; batch < batches; batch++) await produceBatch(topic);
  return topic;
}

function produceBatch(topic: TopicLog): Promise<unknown> {
  return topic.produce(frameOf(Array.from({ length: batchRecords }, () => "x".repeat(1_000))));
}

/** Reads to the end and says what came: sequences of records and of gaps. */
async function readOn(reader: TopicReader): Promise<{ kind: string; from: number; to: number }[]> {
  const seen = [];
  for (let spans = await reader.next(100_000); spans.length > 0; spans = await reader.next(100_000)) {
    for (const span of spans) {
      const { kind, baseSequence, count } = span.header;
      seen.push({ kind, from: baseSequence, to: baseSequence + count - 1 });
      reader.taken(span);
    }
  }
  return seen;
}

test("TopicReader tells a reader whom retention overtook what is gone, and goes on at what is left", async () => {
  const topic = await topicOf(30);
  const reader = TopicReader.from(topic as unknown as ServedTopic, 0, new Map());
  const [first] = await reader.next(1);
  assert.ok(first);
  reader.taken(first);
  topic.setRetention({ segmentsMax: 1 });
  await topic.retain();
  assert.ok(topic.firstOffset > batchRecords, "retention took more than what was read");
  const [gap, ...rest] = await readOn(reader);
  assert.equal(gap, { kind: "gap", from: batchRecords + 1, to: topic.firstOffset });
  assert.is(rest[0]?.from, topic.firstOffset + 1);
  assert.is(rest.at(-1)?.to, 30 * batchRecords);
  assert.ok(rest.every(({ kind }) => kind === "records"));
  assert.is(reader.nextOffset, topic.nextOffset);
});

test("TopicReader says nothing of what is gone and was read", async () => {
  const topic = await topicOf(30);
  const reader = TopicReader.from(topic as unknown as ServedTopic, 0, new Map());
  await readOn(reader);
  await produceBatch(topic);
  topic.setRetention({ segmentsMax: 1 });
  await topic.retain();
  assert.equal(await readOn(reader), [{ kind: "records", from: 30 * batchRecords + 1, to: 31 * batchRecords }]);
});

test("TopicReader without a vector cannot tell what is gone, and fails", async () => {
  const topic = await topicOf(30);
  const reader = TopicReader.from(topic as unknown as ServedTopic, 0);
  topic.setRetention({ segmentsMax: 1 });
  await topic.retain();
  assert.is((await rejection(reader.next(100_000))).code, "OFFSET_OUT_OF_RANGE");
});

test.run();
