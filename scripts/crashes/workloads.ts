/** What a log does while it is crashed: each touches other files, and other moments between them. */
import { FrameBuilder, Random } from "../../src/base/mod.ts";
import { type FsyncPolicy, Log, type LogOptions, type TopicLog, TopicRegistry } from "../../src/log/mod.ts";
import { type CrashMode, SimulatedDisk } from "../../src/testing/mod.ts";
import { type CrashWorld, wallMs } from "./crash_world.ts";
import { framesIn } from "./reading.ts";

export interface Workload {
  readonly name: string;
  /** What it is there for. */
  readonly covers: string;
  readonly options: LogOptions;
  readonly run: (world: CrashWorld) => Promise<void>;
}

export const policies: readonly FsyncPolicy[] = ["always", "interval", "never"];
const powerCuts: readonly CrashMode[] = ["lose-unsynced", "reorder-unsynced", "mix-unsynced"];

/** Small segments, and an index entry for nearly every frame. */
const small: LogOptions = { segmentBytesMax: 65_536, indexEveryBytes: 512, journalTopicsMin: 1_000 };

export const workloads: readonly Workload[] = [
  {
    name: "segment",
    covers: "a topic's own file: groups, frames of peers, gaps",
    options: small,
    run: ownFile,
  },
  {
    name: "journal",
    covers: "the journal of many topics: commits, the change of files, their emptying",
    options: { ...small, journalTopicsMin: 1, journalBytesMax: 65_536 },
    run: sharedJournal,
  },
  {
    name: "mixed",
    covers: "topics that change between the journal and their own files, and begin segments meanwhile",
    options: { ...small, journalTopicsMin: 2, journalBytesMax: 65_536 },
    run: journalAndOwnFiles,
  },
  {
    name: "room",
    covers: "room ahead in segments and in the journal",
    options: { ...small, segmentBytesMax: 180_000, journalTopicsMin: 2, journalBytesMax: 150_000 },
    run: roomAhead,
  },
  {
    name: "roll",
    covers: "new segments, their indexes, retention and its floor, what is known of producers",
    options: { ...small, retention: { segmentsMax: 2 } },
    run: rollAndForget,
  },
  {
    name: "compaction",
    covers:
      "segments that are written anew without what later records of their keys replaced, and take the old ones' place",
    options: { ...small, indexEveryBytes: 8_192 },
    run: compactedTable,
  },
  {
    name: "topics",
    covers: "settings of topics, topics that come, new writers, clean stops",
    options: small,
    run: settingsAndStops,
  },
  {
    name: "recovery",
    covers: "crashes of what recovers from a crash",
    options: { ...small, journalTopicsMin: 2, journalBytesMax: 65_536 },
    run: crashedRecovery,
  },
];

async function ownFile(world: CrashWorld): Promise<void> {
  const { random } = world;
  const topic = await (await world.open()).openTopic("orders");
  await world.produce(topic, [world.text()]);
  await Promise.all([10, 0, 200].map((padding) => world.produce(topic, [world.text(padding), world.text()])));
  world.ring();
  await world.turns(random.below(40));
  await applyForeign(world, topic);
  await Promise.all([world.produce(topic, [world.text()]), topic.applyGap("00000000000000aa", 7)]);
  await world.close();
  const again = await (await world.open()).openTopic("orders");
  await world.produce(again, [world.text(300)]);
  world.ring();
  await world.turns(60);
  await Promise.all([0, 1, 2].map(() => world.produce(again, [world.text()])));
  await world.close();
}

/** Frames of two writers of another node. */
async function applyForeign(world: CrashWorld, topic: TopicLog): Promise<void> {
  const random = new Random("a peer");
  const environment = { randomBytes: (length: number) => random.bytes(length), wallMs: () => wallMs, after: never };
  const log = await Log.open(new SimulatedDisk().mount(), {}, environment);
  const there = await log.openTopic(topic.name);
  for (let index = 0; index < 4; index++) {
    if (index === 2) await log.mintWriter("a second feed");
    const builder = new FrameBuilder();
    builder.add({ value: `foreign ${index}` }, wallMs);
    await there.produce(builder.finish());
  }
  const { frames } = await there.readMissing(topic.have, 100_000);
  for (const { texts } of framesIn(frames)) world.ledger.give(topic.name, texts);
  await topic.apply(frames);
}

function never(): () => void {
  return () => undefined;
}

async function sharedJournal(world: CrashWorld): Promise<void> {
  const { random } = world;
  const log = await world.open();
  const topics = await Promise.all(["a", "b", "c", "d"].map((name) => log.openTopic(name)));
  // Large ones fill both files, until the first is used again; a part of each round waits for the next commit.
  // All are of one size, so that in the second use old entries begin where new ones end.
  for (let round = 0; round < 14; round++) {
    const running = topics.map((topic) => world.produce(topic, [world.text(2_400)]));
    await world.turns(random.below(20));
    await Promise.all([...running, world.produce(topics[0] as TopicLog, [world.text()])]);
  }
  for (let round = 0; round < 3; round++) {
    await Promise.all(topics.map((topic) => world.produce(topic, [world.text(random.below(40))])));
  }
  await world.close();
  const again = await world.open();
  await Promise.all(again.topics().map((topic) => world.produce(topic, [world.text()])));
  await world.close();
}

async function journalAndOwnFiles(world: CrashWorld): Promise<void> {
  const log = await world.open();
  const topics = await Promise.all(["a", "b", "c"].map((name) => log.openTopic(name)));
  const [first] = topics as [TopicLog];
  for (let round = 0; round < 6; round++) {
    await Promise.all(topics.map((topic) => world.produce(topic, [world.text(round * 100)])));
    // Alone it writes its own file, behind what is in the journal only.
    await world.produce(first, [world.text()]);
    await world.turns(world.random.below(30));
  }
  for (let round = 0; round < 3; round++) {
    await Promise.all(topics.map((topic) => world.produce(topic, [world.text(20_000)])));
    // Too large for the journal.
    await Promise.all([
      world.produce(first, [world.text(66_000)]),
      world.produce(topics[1] as TopicLog, [world.text()]),
    ]);
  }
  await world.close();
}

async function roomAhead(world: CrashWorld): Promise<void> {
  const log = await world.open();
  const topics = await Promise.all(["a", "b"].map((name) => log.openTopic(name)));
  const [first, second] = topics as [TopicLog, TopicLog];
  // Room is made for small groups in files that are no longer small.
  await world.produce(first, [world.text(66_000)]);
  for (let round = 0; round < 3; round++) await world.produce(first, [world.text()]);
  for (const padding of [32_000, 1_000, 10]) {
    await Promise.all([world.produce(first, [world.text(padding)]), world.produce(second, [world.text(padding)])]);
  }
  await world.produce(first, [world.text()]);
  // The segment is full: what is left of its room goes.
  await world.produce(first, [world.text(90_000)]);
  for (let round = 0; round < 2; round++) await world.produce(first, [world.text()]);
  await world.close();
  const again = await world.open();
  await Promise.all(again.topics().map((topic) => world.produce(topic, [world.text()])));
  await world.close();
}

async function rollAndForget(world: CrashWorld): Promise<void> {
  const log = await world.open();
  world.producer = "00000000000000a1";
  const topic = await log.openTopic("orders");
  for (let round = 0; round < 12; round++) {
    await Promise.all([
      world.produce(topic, [world.text(22_000 + world.random.below(9_000))]),
      world.produce(topic, [world.text()]),
    ]);
    if (round % 3 === 0) world.ring();
    await world.turns(world.random.below(30));
  }
  await world.close();
  const again = await (await world.open()).openTopic("orders");
  await world.produce(again, [world.text(30_000)]);
  await world.close();
}

async function compactedTable(world: CrashWorld): Promise<void> {
  const { random } = world;
  for (let life = 0; life < 2; life++) {
    const log = await world.open();
    const topic = await log.openTopic("prices");
    topic.setCompaction({ tombstoneGraceMs: 0 });
    for (let round = 0; round < 3; round++) {
      for (let batch = 0; batch < 7; batch++) await world.put(topic, rowsOf(world));
      world.ring();
      await world.turns(random.below(30));
      // Compacted while it is written to.
      const compacting = topic.compact();
      for (let batch = 0; batch < 2; batch++) await world.put(topic, rowsOf(world));
      await compacting;
      if (round === 1) await topic.compact();
    }
    await world.close();
  }
}

/** A few records of few keys; some delete theirs. Some are large enough to fill segments, and the others make batches with holes. */
function rowsOf(world: CrashWorld): { readonly key: string; readonly text: string }[] {
  const { random } = world;
  return Array.from({ length: random.between(1, 3) }, (_, index) => {
    const text = random.chance(0.2) ? "" : world.text(index === 0 ? 9_000 + random.below(12_000) : random.below(60));
    return { key: `key ${random.below(6)}`, text };
  });
}

async function settingsAndStops(world: CrashWorld): Promise<void> {
  const log = await world.open();
  const registry = await TopicRegistry.open(log, {
    wallMs: () => wallMs,
    after: () => () => undefined,
    onWarn: (message) => fail(message),
  });
  await registry.set("orders", { retention: { segmentsMax: 3 } }, { create: true });
  await world.produce(await log.openTopic("orders"), [world.text()]);
  await registry.set("orders", { retention: { segmentsMax: 4 } }, { create: false });
  await registry[Symbol.asyncDispose]();
  await world.close();
  const again = await world.open({ newWriter: true });
  await world.produce(await again.openTopic("payments"), [world.text()]);
  world.ring();
  await again.mintWriter("the workload wants one");
  await world.produce(await again.openTopic("orders"), [world.text()]);
  await world.close();
  // Nothing happens between these two stops.
  await world.open();
  await world.close();
}

function fail(message: string): never {
  throw new Error(message);
}

async function crashedRecovery(world: CrashWorld): Promise<void> {
  const { random } = world;
  for (let life = 0; life < 4; life++) {
    const log = await world.open();
    const topics = await Promise.all(["a", "b", "c"].map((name) => log.openTopic(name)));
    for (const topic of topics) await world.look(topic);
    for (let round = 0; round < 4; round++) {
      const some = topics.slice(random.below(2));
      const running = some.map((topic) => world.produce(topic, [world.text(random.below(900))]));
      if (round < 3) await Promise.all(running);
      else for (const one of running) one.catch(() => undefined);
      if (round === 1) world.ring();
    }
    await world.turns(random.below(50));
    world.crash(random.pick(life === 1 ? (["keep"] as const) : powerCuts) as CrashMode);
    await world.turns(200);
  }
  await world.open();
  await world.close();
}
