import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { type Log, type LogOptions, type TopicLog, TopicRegistry } from "../../src/log/mod.ts";
import { type CrashMode, SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, framesIn, openLog, rejection, textsOf, typesOf } from "./log_kit.ts";

/** Every small group goes through the journal. */
const journaled: LogOptions = { journalTopicsMin: 1, segmentBytesMax: 65_536, journalBytesMax: 65_536 };
const straight: LogOptions = { segmentBytesMax: 65_536 };
const crashModes: readonly CrashMode[] = ["keep", "lose-unsynced", "tear-last-write", "reorder-unsynced"];

const wallMs = () => 1_000;
const unheard = (message: string): void => assert.unreachable(message);

async function openNode(
  disk: SimulatedDisk,
  options: LogOptions,
  seed = 1,
): Promise<{ log: Log; topics: TopicRegistry }> {
  const { log } = await openLog(disk.mount(), options, environment(new Random(seed)));
  return { log, topics: await TopicRegistry.open(log, { wallMs, after: environment().after, onWarn: unheard }) };
}

async function close({ log, topics }: { readonly log: Log; readonly topics: TopicRegistry }): Promise<void> {
  await topics[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
}

async function write(log: Log, name: string, values: readonly string[]): Promise<TopicLog> {
  const topic = await log.openTopic(name);
  for (const value of values) await topic.produce(frameOf([value]));
  return topic;
}

function filesOf(disk: SimulatedDisk, folder: string): string[] {
  return disk.paths().filter((path) => path.startsWith(`topics/${folder}/`) || path.startsWith(`removed/${folder}`));
}

test("delete() ends the topic for all who use it, and create begins the next generation, which is empty", async () => {
  for (const options of [straight, journaled]) {
    const disk = new SimulatedDisk();
    const { log, events } = await openLog(disk.mount(), options);
    const topics = await TopicRegistry.open(log, { wallMs, after: environment().after, onWarn: unheard });
    const first = await write(log, "orders", ["a", "b"]);
    let calls = 0;
    first.onGrow(() => calls++);
    const writing = rejection(
      (async () => {
        for (;;) await first.produce(frameOf(["c"]));
      })(),
    );
    assert.is(await topics.delete("orders"), 1);
    assert.is((await writing).code, "TOPIC_DELETED");
    assert.ok(calls > 0);
    assert.is(log.topic("orders"), undefined);
    const deleted = [
      first.produce(frameOf(["x"])),
      first.apply(frameOf(["x"])),
      first.read(0, 100),
      first.readMissing(new Map(), 100),
      first.offsetAt(0),
      log.openTopic("orders"),
      topics.set("orders", { retention: { segmentsMax: 1 } }, { create: false }),
      topics.delete("orders"),
    ];
    for (const one of deleted) {
      const error = await rejection(one);
      assert.is(error.code, "TOPIC_DELETED");
      assert.match(error.message, /^Cannot use topic "orders": generation 1 of it was deleted/);
    }
    assert.ok(typesOf(events).includes("topic-deleted"));
    assert.equal(filesOf(disk, "orders"), []);
    await topics.set("orders", { retention: { segmentsMax: 9 } }, { create: true });
    const second = await write(log, "orders", ["new"]);
    assert.is(second.generation, 2);
    assert.is(second.nextOffset, 1);
    const { header } = framesIn((await second.read(0, 100)).frames)[0] as ReturnType<typeof framesIn>[number];
    assert.is(header.generation, 2);
    assert.is(header.baseSequence, 1);
    await close({ log, topics });
    assert.is(disk.counts.open, 0);
    const again = await openNode(disk, options, 2);
    const held = again.log.topic("orders") as TopicLog;
    assert.is(held.generation, 2);
    assert.equal(await textsOf(held), ["new"]);
    assert.equal(again.topics.settings("orders"), { retention: { segmentsMax: 9 } });
    await close(again);
  }
});

test("settleLife() tells those who wait for a commit, and is deaf to what is older than it knows", async () => {
  const { log, topics } = await openNode(new SimulatedDisk(), straight);
  const topic = await log.openTopic("orders");
  const waiting = ["a", "b", "c"].map((value) => rejection(topic.produce(frameOf([value]))));
  await log.settleLife("orders", { generation: 3, deleted: true });
  for (const error of await Promise.all(waiting)) assert.is(error.code, "TOPIC_DELETED");
  for (const older of [
    { generation: 1, deleted: true },
    { generation: 3, deleted: false },
  ]) {
    await log.settleLife("orders", older);
    assert.equal(log.lives.get("orders"), { generation: 3, deleted: true });
  }
  await log.settleLife("orders", { generation: 4, deleted: false });
  assert.is((await log.openTopic("orders")).generation, 4);
  await close({ log, topics });
});

test("a batch of an earlier generation never gets into a later one", async () => {
  const { log, topics } = await openNode(new SimulatedDisk(), straight);
  const first = await write(log, "orders", ["old"]);
  const { frames } = await first.readMissing(new Map(), 1_000);
  const old = frames.slice();
  await topics.delete("orders");
  await topics.set("orders", {}, { create: true });
  const applied = await (await log.openTopic("orders")).apply(old);
  assert.is(applied.appended, 0);
  assert.match(JSON.stringify(applied.stopped), /a batch of generation 1, the topic has 2/);
  await close({ log, topics });
});

test("a crash at any step of a removal leaves the topic whole, or gone once the node is open again", async () => {
  for (const options of [straight, journaled]) {
    const disk = new SimulatedDisk();
    const { log, topics } = await openNode(disk, options);
    await write(log, "orders", ["a", "b", "c"]);
    await write(log, "other", ["x", "y"]);
    const moments: { readonly step: string; readonly disk: SimulatedDisk }[] = [];
    disk.onStep = ({ operation, path }) => moments.push({ step: `${operation} ${path}`, disk: disk.fork() });
    await topics.delete("orders");
    await topics.set("orders", {}, { create: true });
    await write(log, "orders", ["new"]);
    disk.onStep = undefined;
    assert.ok(moments.length > 8, `${moments.length} steps`);
    assert.ok(moments.some(({ step }) => step.startsWith("move topics/orders")));
    let whole = 0;
    for (const [index, moment] of moments.entries()) {
      // Two of them each, in turn: the steps are many.
      for (const mode of [0, 1].map((more) => crashModes[(index + 2 * more) % 4] as CrashMode)) {
        const forked = moment.disk.fork();
        forked.crash(mode, new Random(index));
        // Without the registry: what the log alone makes of it.
        const bare = await openLog(forked.fork().mount(), options, environment(new Random(3)));
        const found = bare.log.topic("orders");
        const texts = found && (await textsOf(found));
        const where = `${mode} before ${moment.step}: ${JSON.stringify(texts)}`;
        if (found?.generation === 1) {
          assert.equal(texts, ["a", "b", "c"], where);
          whole++;
        } else assert.ok(texts === undefined || texts.length === 0 || texts.join() === "new", where);
        await bare.log[Symbol.asyncDispose]();
        const node = await openNode(forked, options, 4);
        const then = node.log.topic("orders");
        const isDeleted = node.log.lives.get("orders") !== undefined;
        if (isDeleted) assert.is.not(then?.generation, 1, where);
        else assert.is(then?.generation, 1, where);
        assert.equal(await textsOf(node.log.topic("other") as TopicLog), ["x", "y"], where);
        await close(node);
        if (isDeleted) assert.equal(filesOf(forked, "orders"), [], where);
      }
    }
    assert.ok(whole > 0);
    await close({ log, topics });
  }
});

test("the journal brings nothing of a deleted topic back, and gives up its mark when it is emptied", async () => {
  const disk = new SimulatedDisk();
  const { log, topics } = await openNode(disk, journaled);
  const names = ["one", "two", "three"];
  for (const name of names) await write(log, name, ["a", "b"]);
  await topics.delete("two");
  const folders = async () => (await (await disk.mount().directory("removed")).list()).join();
  assert.is(await folders(), "two");
  const crashed = disk.fork();
  crashed.crash("lose-unsynced", new Random(1));
  const again = await openNode(crashed, journaled, 2);
  assert.is(again.log.topic("two"), undefined);
  for (const name of ["one", "three"]) assert.equal(await textsOf(again.log.topic(name) as TopicLog), ["a", "b"]);
  assert.equal(await (await crashed.mount().directory("removed")).list(), []);
  await close(again);
  // The journal turns over to its other file, and again: then nothing of the topic is in it.
  for (let index = 0; index < 20; index++) await write(log, "one", [`${index} ${"x".repeat(10_000)}`]);
  await write(log, "one", ["last"]);
  assert.is(await folders(), "");
  await close({ log, topics });
});

test("a disk that refuses a removal leaves the topic deleted all the same, and the next open removes it", async () => {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), straight);
  const warnings: string[] = [];
  const topics = await TopicRegistry.open(log, {
    wallMs,
    after: environment().after,
    onWarn: (message) => warnings.push(message),
  });
  await write(log, "orders", ["a"]);
  disk.failNext("replace", "EIO", { name: "orders", times: 100 });
  assert.is(await topics.delete("orders"), 1);
  assert.match(warnings.join(), /cannot apply what is settled about topic orders: EIO/);
  assert.is((await rejection(log.openTopic("orders"))).code, "TOPIC_DELETED");
  assert.is(filesOf(disk, "orders").length, 1);
  disk.healFaults();
  // The next change of any topic tries again.
  await topics.set("other", {}, { create: true });
  assert.equal(filesOf(disk, "orders"), []);
  await close({ log, topics });
});

test("a topic that is deleted when its retention is due is no failure of the disk", async () => {
  const { log, events } = await openLog(new SimulatedDisk().mount(), straight);
  const topic = await log.openTopic("orders");
  let ended: Promise<void> | undefined;
  // The second record opens a segment, after which retention is judged.
  topic.onGrow(() => {
    if (topic.nextOffset === 2 && topic.deleted === undefined)
      ended = log.settleLife("orders", { generation: 1, deleted: true });
  });
  for (let index = 0; index < 2; index++) await topic.produce(frameOf(["x".repeat(70_000)]));
  await ended;
  assert.equal(typesOf(events), ["new-writer", "topic-created", "topic-deleted"]);
  await log[Symbol.asyncDispose]();
});

test("a removal that failed once its directory was moved is finished by the next call", async () => {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), { ...journaled, journalBytesMax: 1_048_576 });
  await write(log, "orders", ["a"]);
  const deleted = { generation: 1, deleted: true };
  disk.failNext("sync-names", "EIO", { name: "removed/orders" });
  assert.match((await rejection(log.settleLife("orders", deleted))).message, /EIO/);
  await log.settleLife("orders", deleted);
  assert.equal(await (await disk.mount().directory("topics")).list(), []);
  // The journal still has the record.
  assert.equal(await (await disk.mount().directory("removed")).list(), ["orders"]);
  disk.crash("lose-unsynced", new Random(1));
  const again = await openLog(disk.mount(), journaled, environment(new Random(2)));
  assert.equal(again.log.topics(), []);
  await again.log[Symbol.asyncDispose]();
});

test("the mark of a deleted topic stays while the journal has entries of segments that retention took", async () => {
  const disk = new SimulatedDisk();
  const options = { ...journaled, journalBytesMax: 1_048_576 };
  const { log } = await openLog(disk.mount(), options);
  const topic = await write(log, "orders", ["a"]);
  // Too large for the journal: each of them is a segment.
  for (let index = 0; index < 3; index++) await topic.produce(frameOf(["x".repeat(70_000)]));
  topic.setRetention({ segmentsMax: 1 });
  assert.is(await topic.retain(), 2);
  assert.ok(log.journalBytes > 0);
  await log.settleLife("orders", { generation: 1, deleted: true });
  disk.crash("lose-unsynced", new Random(1));
  const again = await openLog(disk.mount(), options, environment(new Random(2)));
  assert.equal(again.log.topics(), []);
  assert.equal(await (await disk.mount().directory("removed")).list(), []);
  await again.log[Symbol.asyncDispose]();
});

test("deleting while records are written and read loses no promise, and closes every file", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(`removal/${seed}`);
    const disk = new SimulatedDisk();
    const node = await openNode(disk, random.chance(0.5) ? journaled : straight, seed);
    const { log, topics } = node;
    const fates: Promise<string>[] = [];
    const fateOf = (promise: Promise<unknown>): void => {
      fates.push(
        promise.then(
          () => "done",
          (error: { code?: string }) => error.code ?? String(error),
        ),
      );
    };
    for (let step = 0; step < 60; step++) {
      const name = `t${random.below(2)}`;
      const roll = random.below(10);
      if (roll < 5)
        fateOf(log.openTopic(name).then((topic) => topic.produce(frameOf(["x".repeat(random.below(9_000))]))));
      else if (roll < 7) fateOf(Promise.resolve(log.topic(name)?.readMissing(new Map(), 100_000)));
      else if (roll < 8) fateOf(topics.delete(name));
      else if (roll < 9) fateOf(topics.set(name, {}, { create: true }));
      else await Promise.resolve();
    }
    const allowed = ["done", "TOPIC_DELETED", "TOPIC_NOT_FOUND", "TOPIC_EXISTS"];
    for (const fate of await Promise.all(fates)) assert.ok(allowed.includes(fate), `seed ${seed}: ${fate}`);
    await close(node);
    assert.is(disk.counts.open, 0, `seed ${seed}`);
    const again = await openNode(disk, journaled, seed + 100);
    for (const topic of again.log.topics()) await textsOf(topic);
    await close(again);
  }
});

test.run();
