// runtimes: bun (what is read is the same on all)
/** Readers that stand within what a repair puts in another order. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { headersBytes, Random } from "../../src/base/mod.ts";
import type { TopicLog } from "../../src/log/mod.ts";
import type { ServedTopic } from "../../src/server/ports.ts";
import { TopicReader } from "../../src/server/topic_reader.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, openLog, rejection } from "../log/log_kit.ts";

const firstSegment = "topics/t/00000000000000000000.log";

/** Five batches of two writers each, who did not know of each other, one writer's behind the other's; and a peer that has it all. */
async function twoFeeds(): Promise<{ disk: SimulatedDisk; topic: TopicLog; peer: TopicLog }> {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), {}, environment(new Random(1)));
  const topic = await log.openTopic("t");
  const { log: other } = await openLog(new SimulatedDisk().mount(), {}, environment(new Random(2)));
  const peer = await other.openTopic("t");
  for (const writing of [topic, peer]) for (let left = 5; left > 0; left--) await writing.produce(frameOf(["x"]));
  await topic.apply((await peer.readMissing(new Map(), 100_000)).frames);
  await peer.apply((await topic.readMissing(peer.have, 100_000)).frames);
  await log[Symbol.asyncDispose]();
  // Opened anew, so that nothing is in memory.
  const { log: again } = await openLog(disk.mount(), {}, environment(new Random(1)));
  return { disk, topic: await again.openTopic("t"), peer };
}

async function damageAndRepair(disk: SimulatedDisk, topic: TopicLog, peer: TopicLog): Promise<void> {
  disk.damage(firstSegment, 0, Uint8Array.of(1, 2, 3));
  assert.is((await rejection(topic.read(0, 1))).code, "LOG_CORRUPT");
  for (let turn = 0; turn < 100 && topic.corruptRanges.length === 0; turn++) await undefined;
  const [range] = topic.corruptRanges;
  assert.ok(range);
  await topic.repair(range, (await peer.readMissing(new Map(), 100_000)).frames);
}

/** Takes so many records, one batch a call. Returns whose they are, and which. */
async function take(reader: TopicReader, count: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count) {
    const [span] = await reader.next(1);
    if (span === undefined) break;
    for (const { writer, sequence } of reader.records(span, span.bytes.subarray(headersBytes))) {
      seen.push(`${writer}:${sequence}`);
    }
  }
  return seen;
}

test("TopicReader gives each record once, although a repair puts them in another order meanwhile", async () => {
  for (const [offset, taken] of [
    [0, 1],
    [0, 3],
    [0, 6],
    [3, 0],
    [3, 1],
  ] as const) {
    const { disk, topic, peer } = await twoFeeds();
    const read = await topic.vectorAt(offset);
    const wanted = [...topic.have].flatMap(([writer]) => {
      return [1, 2, 3, 4, 5]
        .filter((sequence) => sequence > (read.get(writer) ?? 0))
        .map((sequence) => `${writer}:${sequence}`);
    });
    const reader = TopicReader.from(topic as unknown as ServedTopic, offset, read);
    const before = await take(reader, taken);
    await damageAndRepair(disk, topic, peer);
    const seen = [...before, ...(await take(reader, 100))];
    assert.equal(seen.sort(), wanted.sort(), `from ${offset}, ${taken} taken before`);
  }
});

test("TopicReader that begins after a repair gives each record once, whatever others read of the places before", async () => {
  for (const taken of [1, 3, 6, 10]) {
    const { disk, topic, peer } = await twoFeeds();
    const begin = (): TopicReader => TopicReader.from(topic as unknown as ServedTopic, 0, new Map());
    await take(begin(), taken);
    await damageAndRepair(disk, topic, peer);
    const seen = await take(begin(), 100);
    const wanted = [...topic.have].flatMap(([writer]) => [1, 2, 3, 4, 5].map((sequence) => `${writer}:${sequence}`));
    assert.equal(seen.sort(), wanted.sort(), `${taken} taken before`);
  }
});

test.run();
