// The hash of a feed at any sequence, against a naive reader of the whole topic.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { chainStart, Random, stampBatch } from "../../src/base/mod.ts";
import type { ChainAt, LogOptions, TopicLog } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, openLog, readAll, rejection, seeds } from "./log_kit.ts";

const foreign = ["00000000000000aa", "00000000000000bb"];
/** Many segments, and many entries in the index of each. */
const small: LogOptions = { segmentBytesMax: 65_536, indexEveryBytes: 512 };

/** What every sequence of every feed should answer: the end of a batch its hash, the rest of it that it is within. */
async function expected(topic: TopicLog): Promise<Map<string, ChainAt>> {
  const answers = new Map<string, ChainAt>();
  for (const { header } of await readAll(topic)) {
    const last = header.baseSequence + header.count - 1;
    for (let sequence = header.baseSequence; sequence <= last; sequence++) {
      const inBatch = sequence === last ? header.chain : "within-batch";
      answers.set(`${header.writer} ${sequence}`, header.kind === "gap" ? undefined : inBatch);
    }
  }
  return answers;
}

async function check(topic: TopicLog, name: string): Promise<void> {
  for (const [place, answer] of await expected(topic)) {
    const [writer, sequence] = place.split(" ") as [string, string];
    assert.equal(await topic.chainAt(writer, Number(sequence)), answer, `${name}: ${place}`);
  }
  for (const [writer, sequence] of topic.have) {
    assert.equal(topic.feedEnd(writer), { have: sequence, chain: await topic.chainAt(writer, sequence) }, name);
  }
}

/** Produces, pulls and takes for lost, at random, across several segments. */
async function fill(topic: TopicLog, random: Random): Promise<void> {
  const ends = new Map(foreign.map((writer) => [writer, { baseSequence: 1, previousChain: chainStart }]));
  for (let round = 0; round < 150; round++) {
    const values = Array.from({ length: random.between(1, 4) }, () => "v".repeat(random.below(1_500)));
    const writer = random.pick(foreign) as string;
    const end = ends.get(writer) ?? { baseSequence: 1, previousChain: chainStart };
    if (random.chance(0.5)) {
      await topic.produce(frameOf(values));
    } else if (random.chance(0.1)) {
      end.baseSequence += random.between(1, 3);
      await topic.applyGap(writer, end.baseSequence - 1);
    } else {
      const frame = frameOf(values);
      const { baseSequence, previousChain } = end;
      end.previousChain = stampBatch(frame, { writer, baseSequence, previousChain, lamport: 1, generation: 1 });
      end.baseSequence += values.length;
      await topic.apply(frame);
    }
  }
}

for (const seed of seeds(5)) {
  test(`chainAt() and feedEnd() answer as a reader of the whole topic would, from memory and from disk: seed ${seed}`, async () => {
    const random = new Random(`chain-at/${seed}`);
    const disk = new SimulatedDisk();
    const first = await openLog(disk.mount(), small, environment(random));
    const topic = await first.log.openTopic("t");
    await fill(topic, random);
    await check(topic, "in memory");
    await first.log[Symbol.asyncDispose]();
    assert.ok(disk.paths().filter((path) => path.endsWith(".log")).length > 2, "it spans segments");
    const second = await openLog(disk.mount(), small, environment(random));
    const again = await second.log.openTopic("t");
    await check(again, "on disk");
    await again.produce(frameOf(["one more"]));
    await check(again, "on disk and in memory");
    await second.log[Symbol.asyncDispose]();
  });
}

test("chainAt() and feedEnd() know nothing of what is not held, and a closed log says that it is closed", async () => {
  const { log } = await openLog(new SimulatedDisk().mount());
  const topic = await log.openTopic("t");
  await topic.produce(frameOf(["a", "b"]));
  const nobody = foreign[0] as string;
  for (const sequence of [-1, 0, 0.5, 3, Number.NaN, Number.MAX_SAFE_INTEGER]) {
    assert.is(await topic.chainAt(log.writer, sequence), undefined, `sequence ${sequence}`);
    assert.is(await topic.chainAt(nobody, sequence), undefined);
  }
  assert.is(topic.feedEnd(nobody), undefined);
  await log[Symbol.asyncDispose]();
  assert.is((await rejection(topic.chainAt(log.writer, 1))).code, "LOG_CLOSED");
});

test.run();
