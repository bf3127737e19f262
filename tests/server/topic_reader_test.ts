// What a consumer is told of records that its node no longer holds.
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { TopicLog } from "../../src/log/mod.ts";
import { TopicReader } from "../../src/server/mod.ts";
import { noFaults, World } from "../../src/testing/mod.ts";

/** A topic that forgot its oldest segments. */
async function forgetful(): Promise<{ topic: TopicLog; writer: string; low: number }> {
  const world = new World(1, noFaults, { gossip: false });
  const node = world.addNode("alone", { retention: { segmentsMax: 2 } });
  await world.runFor(4_000);
  for (let round = 1; round <= 40; round++) {
    node.produce("orders", [`${round} ${"x".repeat(6_000)}`]);
    await world.runFor(20);
  }
  const topic = node.log?.topic("orders") as TopicLog;
  const [writer, low] = [...topic.lowWater][0] as [string, number];
  assert.ok(low > 5 && low < 40);
  return { topic, writer, low };
}

async function readAll(reader: TopicReader): Promise<string[]> {
  const seen: string[] = [];
  for (let spans = await reader.next(65_536); spans.length > 0; spans = await reader.next(65_536)) {
    for (const span of spans) {
      const { kind, baseSequence, count } = span.header;
      reader.taken(span);
      seen.push(`${kind} ${baseSequence}-${baseSequence + count - 1}`);
    }
  }
  return seen;
}

function records(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `records ${first + index}-${first + index}`);
}

test("a consumer whose cursor is below what is held hears of the hole first, once", async () => {
  const { topic, writer, low } = await forgetful();
  for (const cursor of [new Map(), new Map([[writer, 3]])]) {
    const first = (cursor.get(writer) ?? 0) + 1;
    const seen = await readAll(TopicReader.after(topic, cursor));
    assert.equal(seen, [`gap ${first}-${low - 1}`, ...records(low, 40)]);
  }
});

test("a consumer whose cursor is at or above what is held hears of no hole", async () => {
  const { topic, writer, low } = await forgetful();
  for (const read of [low - 1, low, 39]) {
    const seen = await readAll(TopicReader.after(topic, new Map([[writer, read]])));
    assert.equal(seen, records(read + 1, 40));
  }
});

test("a consumer that begins with the earliest record hears of none", async () => {
  const { topic, low } = await forgetful();
  assert.equal(await readAll(TopicReader.from(topic, topic.firstOffset, new Map())), records(low, 40));
});

test.run();
