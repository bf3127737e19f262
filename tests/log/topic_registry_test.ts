import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  chainStart,
  FrameBuilder,
  markReproduced,
  placeFrame,
  Random,
  settingsTopic,
  stampBatch,
} from "../../src/base/mod.ts";
import { type Log, type LogOptions, TopicRegistry, type TopicSettings } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, framesIn, ManualTimers, openLog, rejection } from "./log_kit.ts";

const segmentBytesMax = 65_536;
const small: LogOptions = { segmentBytesMax };

/** A node as far as topic settings need one: a log, what folds its `_topics`, and what that warned of. */
interface Node {
  readonly disk: SimulatedDisk;
  readonly log: Log;
  readonly registry: TopicRegistry;
  readonly warnings: string[];
}

async function openNode(seed: number, disk = new SimulatedDisk(), options: LogOptions = small): Promise<Node> {
  const { log } = await openLog(disk.mount(), options, environment(new Random(seed)));
  const warnings: string[] = [];
  const registry = await TopicRegistry.open(log, {
    wallMs: () => 1_000,
    after: environment().after,
    onWarn: (message) => warnings.push(message),
  });
  return { disk, log, registry, warnings };
}

async function closeNode({ log, registry }: Node): Promise<void> {
  await registry[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
}

/** As replication would: what `to` lacks of `_topics`. */
async function ship(from: Node, to: Node): Promise<void> {
  const source = from.log.topic(settingsTopic);
  if (source === undefined) return;
  const target = await to.log.openTopic(settingsTopic);
  const { frames } = await source.readMissing(target.have, 8 * 1_048_576);
  if (frames.length > 0) await target.apply(frames.slice());
  // What was folded before this returns includes all of it.
  await rejection(to.registry.set("nothing.of.this.name", {}, { create: false }));
}

async function fill(node: Node, topic: string, records: number): Promise<void> {
  const log = await node.log.openTopic(topic);
  for (let index = 0; index < records; index++) await log.produce(frameOf([`${index} ${"x".repeat(6_000)}`]));
  await log.retain();
}

function segmentsOf({ disk }: Node, topic: string): number {
  return disk.paths().filter((path) => path.startsWith(`topics/${topic}/`) && path.endsWith(".log")).length;
}

test("set() on one node holds on all, forgets there what may be forgotten, and survives a crash", async () => {
  const nodes = [await openNode(1), await openNode(2), await openNode(3)] as const;
  const [first, second, third] = nodes;
  await fill(second, "orders", 60);
  assert.ok(segmentsOf(second, "orders") > 4);
  const settled = await first.registry.set("orders", { retention: { segmentsMax: 2 } }, { create: true });
  assert.equal(settled, { retention: { segmentsMax: 2 } });
  await ship(first, second);
  await ship(second, third);
  assert.is(segmentsOf(second, "orders"), 2);
  for (const { log, registry } of nodes) {
    assert.equal(registry.settings("orders"), settled);
    assert.ok(log.topic("orders"));
  }
  second.disk.crash("lose-unsynced", new Random(4));
  const again = await openNode(5, second.disk);
  assert.equal(again.registry.settings("orders"), settled);
  await fill(again, "orders", 40);
  assert.is(segmentsOf(again, "orders"), 2);
  for (const node of [first, third, again]) await closeNode(node);
});

test("set() is fsynced before it resolves under every policy, though records are not", async () => {
  for (const fsync of ["never", "interval"] as const) {
    const node = await openNode(1, new SimulatedDisk(), { ...small, fsync });
    await node.registry.set("orders", { retention: { ageMaxMs: 5_000 } }, { create: true });
    await (await node.log.openTopic("orders")).produce(frameOf(["lost"]));
    node.disk.crash("lose-unsynced", new Random(2));
    const again = await openNode(3, node.disk, { ...small, fsync });
    assert.equal(again.registry.settings("orders"), { retention: { ageMaxMs: 5_000 } }, fsync);
    assert.is(again.log.topic("orders")?.nextOffset, 0);
    await closeNode(again);
  }
});

test("set() changes what it names: other fields stay, and 0 takes a limit away", async () => {
  const node = await openNode(1);
  const set = (retention: object) => node.registry.set("t", { retention }, { create: false });
  await node.registry.set("t", {}, { create: true });
  assert.equal(node.registry.settings("t"), {});
  const both = await Promise.all([set({ ageMaxMs: 60_000 }), set({ segmentsMax: 3 })]);
  assert.equal(both[1], { retention: { ageMaxMs: 60_000, segmentsMax: 3 } });
  assert.equal(await set({ ageMaxMs: 0, bytesMin: 100_000 }), { retention: { segmentsMax: 3, bytesMin: 100_000 } });
  assert.equal(await set({ segmentsMax: 0, bytesMin: 0 }), { retention: {} });
  await closeNode(node);
});

test("set() refuses what makes no sense, and names the field, the value and what is allowed", async () => {
  const node = await openNode(1);
  await node.registry.set("t", { retention: { segmentsMax: 3 } }, { create: true });
  const rows: [object, string][] = [
    [
      { retention: { bytesMin: 65_535 } },
      "retention.bytesMin is 65535, allowed is 0 for none, or a whole number from 65536",
    ],
    [{ retention: { bytesMin: -1 } }, "retention.bytesMin is -1, allowed is "],
    [{ retention: { ageMaxMs: 999 } }, "retention.ageMaxMs is 999, allowed is 0 for none, or a whole number from 1000"],
    [{ retention: { segmentsMax: 1.5 } }, "retention.segmentsMax is 1.5, allowed is "],
    [{ retention: { segmentsMax: Number.NaN } }, "retention.segmentsMax is NaN, allowed is "],
    [
      { retention: { pages: 7 } },
      "retention.pages is 7, allowed is bytesMin, ageMaxMs, segmentsMax, keepUntilReplicas, bytesMax",
    ],
    [
      { retention: { keepUntilReplicas: 101 } },
      "retention.keepUntilReplicas is 101, allowed is 0 for none, or a whole number from 1 to 100",
    ],
    [{ colour: "blue" }, "colour is blue, allowed is retention, compact, tombstoneGraceMs, placement"],
    [{ compact: "yes" }, "compact is yes, allowed is true or false"],
    [
      { tombstoneGraceMs: 999 },
      "tombstoneGraceMs is 999, allowed is 0 for a day, or a whole number from 1000 (a second)",
    ],
  ];
  for (const [change, reason] of rows) {
    const error = await rejection(node.registry.set("t", change, { create: false }));
    assert.is(error.code, "INVALID_TOPIC_SETTING");
    assert.ok(error.message.startsWith(`Cannot set topic "t": ${reason}`), error.message);
  }
  const refusedAs = async (name: string, create: boolean) =>
    (await rejection(node.registry.set(name, {}, { create }))).code;
  assert.is(await refusedAs("t", true), "TOPIC_EXISTS");
  assert.is(await refusedAs("other", false), "TOPIC_NOT_FOUND");
  assert.is(await refusedAs("_topics", false), "INVALID_TOPIC");
  assert.is(await refusedAs("a/b", true), "INVALID_TOPIC");
  assert.equal(node.registry.settings("t"), { retention: { segmentsMax: 3 } });
  await closeNode(node);
});

test("set() places a topic: what is given stays for the rest, and refuses what cannot be", async () => {
  const node = await openNode(1);
  const set = (change: object) => node.registry.set("t", change, { create: false });
  await node.registry.set("t", { placement: { copies: 3 } }, { create: true });
  const tags = { zone: "eu-.*" };
  assert.equal(await set({ placement: { tags } }), { placement: { copies: 3, tags } });
  assert.equal(await set({ placement: { copies: 0 } }), { placement: { tags } });
  assert.equal(await set({ compact: true }), { compact: true, placement: { tags } });
  assert.equal(await set({ compact: false, placement: { tags: {}, copies: 2 } }), { placement: { copies: 2 } });
  const rows: [object, string][] = [
    [
      { placement: { copies: 101 } },
      "placement.copies is 101, allowed is 0 for all nodes, or a whole number from 1 to 100",
    ],
    [{ placement: { copies: 1.5 } }, "placement.copies is 1.5, allowed is "],
    [{ placement: { nodes: ["a"] } }, "placement.nodes is a, allowed is copies, tags"],
    [{ placement: { tags: { zone: "" } } }, "placement.tags is zone=, allowed is an expression of 1 to 256 characters"],
    [{ placement: { tags: { "": "eu" } } }, "placement.tags is =eu, allowed is the name of a tag, 1 to 128 characters"],
    [
      { retention: { keepUntilReplicas: 3 } },
      "retention.keepUntilReplicas is 3, allowed is up to 2, because placement.copies is 2",
    ],
  ];
  for (const [change, reason] of rows) {
    const error = await rejection(set(change));
    assert.is(error.code, "INVALID_TOPIC_SETTING");
    assert.ok(error.message.startsWith(`Cannot set topic "t": ${reason}`), error.message);
  }
  assert.equal(await set({ placement: { copies: 0 } }), {});
  await closeNode(node);
});

test("what cannot be read at the start is read later, although nothing more is settled", async () => {
  const first = await openNode(1);
  await first.registry.set("t", { retention: { segmentsMax: 3 } }, { create: true });
  await closeNode(first);
  const { log } = await openLog(first.disk.mount(), small, environment(new Random(2)));
  const timers = new ManualTimers();
  const warnings: string[] = [];
  first.disk.failNext("read", "EIO", { name: ".log" });
  const registry = await TopicRegistry.open(log, {
    ...{ wallMs: () => 1_000, after: timers.after, onWarn: (message) => warnings.push(message) },
  });
  assert.equal(registry.settings("t"), {});
  assert.match(warnings.join(), "cannot read topic settings: EIO");
  assert.is(timers.waiting, 1);
  timers.fire();
  for (let turn = 0; turn < 200; turn++) await undefined;
  assert.equal(registry.settings("t").retention, { segmentsMax: 3 });
  assert.is(timers.waiting, 0);
  await registry[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
});

test("a topic that belongs to others is not held because something is settled about it, until it is to be", async () => {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), {}, environment(new Random(9)));
  let isHere = false;
  const registry = await TopicRegistry.open(log, {
    ...{ wallMs: () => 1_000, after: environment().after, onWarn: () => {} },
    isHeldHere: () => isHere,
    expressionFault: (expression) => (expression === "(" ? "an expression" : undefined),
  });
  await registry.set("t", { placement: { copies: 1 } }, { create: true });
  assert.is(log.topic("t"), undefined);
  assert.equal([...registry.names], ["t"]);
  const error = await rejection(registry.set("t", { placement: { tags: { zone: "(" } } }, { create: false }));
  assert.match(error.message, "placement.tags is zone=(, allowed is an expression");
  isHere = true;
  await registry.hold("t");
  assert.is(log.topic("t")?.name, "t");
  await registry[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
});

test("set() has a topic compacted on all nodes, and no longer", async () => {
  const [left, right] = [await openNode(1), await openNode(2)];
  await left.registry.set("t", { compact: true, tombstoneGraceMs: 5_000 }, { create: true });
  await left.registry.set("t", { retention: { segmentsMax: 3 } }, { create: false });
  await ship(left, right);
  const settled = { retention: { segmentsMax: 3 }, compact: true, tombstoneGraceMs: 5_000 };
  for (const node of [left, right]) {
    assert.equal(node.registry.settings("t"), settled);
    const refused = await rejection(node.log.topic("t")?.produce(frameOf(["no key"])) ?? Promise.resolve());
    assert.match(refused.message, "record 0 has no key, and the topic is compacted by key");
  }
  await right.registry.set("t", { compact: false, tombstoneGraceMs: 0 }, { create: false });
  await ship(right, left);
  assert.equal(left.registry.settings("t"), { retention: { segmentsMax: 3 } });
  await left.log.topic("t")?.produce(frameOf(["no key"]));
  for (const node of [left, right]) await closeNode(node);
});

test("a node whose segments are larger keeps more, and one whose records make no sense goes on without them", async () => {
  const [small, large] = [await openNode(1), await openNode(2, new SimulatedDisk(), { segmentBytesMax: 200_000 })];
  await small.registry.set("t", { retention: { bytesMin: 65_536 } }, { create: true });
  const builder = new FrameBuilder();
  builder.add({ key: "t", value: '{"version":3,"retention":{"bytesMin":1}}' }, 1_000);
  builder.add({ key: "t", value: '{"version":1,"retention":{"bytesMin":-1}}' }, 1_000);
  builder.add({ key: "t", value: "nonsense" }, 1_000);
  builder.add({ key: "_topics", value: '{"version":1}' }, 1_000);
  builder.add({ value: '{"version":1}' }, 1_000);
  // It makes sense to a program that keeps more copies.
  builder.add({ key: "u", value: '{"version":2,"retention":{"keepUntilReplicas":1000}}' }, 1_000);
  await small.log.topic(settingsTopic)?.produce(builder.finish());
  await ship(small, large);
  assert.equal(large.registry.settings("t"), { retention: { bytesMin: 65_536 } });
  assert.is(large.warnings.length, 5);
  assert.match(large.warnings.join(), "is not understood");
  await fill(large, "t", 200);
  const bytes = large.log.topic("t")?.bytes ?? 0;
  assert.ok(bytes >= 200_000 && bytes < 420_000, `${bytes}`);
  for (const node of [small, large]) await closeNode(node);
});

test("_topics is never forgotten, whatever the node's retention says", async () => {
  const options = { ...small, retention: { segmentsMax: 1 } };
  const node = await openNode(1, new SimulatedDisk(), options);
  const names = Array.from({ length: 8 }, (_, index) => `t${index}`);
  for (const name of names) await node.registry.set(name, { retention: { segmentsMax: 9 } }, { create: true });
  const topics = await node.log.openTopic(settingsTopic);
  for (let index = 0; index < 30; index++) await topics.produce(frameOf([`${index} ${"x".repeat(6_000)}`]));
  await topics.retain();
  assert.is(topics.firstOffset, 0);
  await closeNode(node);
  const again = await openNode(2, node.disk, options);
  for (const name of names) assert.equal(again.registry.settings(name), { retention: { segmentsMax: 9 } });
  await closeNode(again);
});

/** The latest of all records by (lamport, writer, sequence), found the slow way. */
async function latestOf(node: Node, name: string): Promise<TopicSettings> {
  const topic = node.log.topic(settingsTopic);
  const { frames } = (await topic?.read(0, 8 * 1_048_576)) ?? { frames: new Uint8Array(0) };
  const places = framesIn(frames)
    .filter(({ bytes }) => new TextDecoder().decode(bytes).includes(name))
    .map(({ header, texts }) => ({ header, text: texts[0] as string }));
  places.sort((left, right) => {
    const { header: one } = left;
    const { header: other } = right;
    return one.lamport - other.lamport || (one.writer < other.writer ? -1 : one.writer > other.writer ? 1 : 0);
  });
  const { version: _, ...settings } = JSON.parse(places.at(-1)?.text ?? "{}");
  return settings;
}

test("sets on both sides of partitions converge to the latest by (lamport, writer, sequence) on every node", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(`settings/${seed}`);
    const nodes = [await openNode(seed * 10), await openNode(seed * 10 + 1), await openNode(seed * 10 + 2)];
    const pick = () => nodes[random.between(0, nodes.length - 1)] as Node;
    for (let step = 0; step < 25; step++) {
      const node = pick();
      const name = `topic-${random.between(1, 2)}`;
      const create = node.log.topic(name) === undefined;
      const retention = { segmentsMax: random.between(1, 1_000) };
      if (random.between(1, 3) > 1) await node.registry.set(name, { retention }, { create });
      else await ship(node, pick());
    }
    for (let round = 0; round < 2; round++) {
      for (const from of nodes) for (const to of nodes) if (from !== to) await ship(from, to);
    }
    for (const name of ["topic-1", "topic-2"]) {
      const latest = await latestOf(nodes[0] as Node, name);
      for (const { registry } of nodes) assert.equal(registry.settings(name), latest, `seed ${seed}, ${name}`);
    }
    for (const node of nodes) await closeNode(node);
  }
});

/** A node that goes on from this disk, with the writer and the settings that it has there. */
function openCopy(seed: number, { disk }: Node): Promise<Node> {
  const copy = disk.fork();
  copy.crash("keep", new Random(seed));
  return openNode(seed, copy);
}

/** As replication would, once the owner heard of another history of its feed: both are produced again (rule R6). */
async function mend(owner: Node, peer: Node, from: number): Promise<void> {
  const { writer } = owner.log;
  await owner.log.mintWriter("a peer holds another history of it");
  const [ours, theirs] = [owner, peer].map(({ log }) => log.topic(settingsTopic));
  await ours?.reproduce(writer, from);
  const have = new Map([...(theirs?.have ?? [])].map(([other]) => [other, Number.MAX_SAFE_INTEGER]));
  const missing = await theirs?.readMissing(new Map([...have, [writer, from - 1]]), 8 * 1_048_576);
  await ours?.reproduce(writer, from, missing?.frames.slice());
}

test("what was settled in both histories of a forked feed converges on all nodes, its owner among them", async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new Random(`forked/${seed}`);
    const [first, second] = [await openNode(seed * 10), await openNode(seed * 10 + 1)] as const;
    const set = (node: Node): Promise<unknown> => {
      const retention = { segmentsMax: random.between(1, 1_000) };
      return node.registry.set(`topic-${random.between(1, 2)}`, { retention }, { create: false });
    };
    for (const name of ["topic-1", "topic-2"]) await first.registry.set(name, {}, { create: true });
    await ship(first, second);
    const restored = await openCopy(seed * 10 + 2, first);
    const from = 3;
    // What the lost directory had settled last, and its peer since: often with the Lamport numbers of the other side.
    for (let index = random.between(1, 3); index > 0; index--) await set(first);
    await ship(first, second);
    for (let index = random.between(0, 2); index > 0; index--) await set(second);
    for (let index = random.between(1, 4); index > 0; index--) await set(restored);
    assert.is(restored.log.writer, first.log.writer);
    await mend(restored, second, from);
    for (let round = 0; round < 3; round++) {
      await ship(restored, second);
      await ship(second, restored);
    }
    for (const name of ["topic-1", "topic-2"]) {
      assert.equal(restored.registry.settings(name), second.registry.settings(name), `seed ${seed}, ${name}`);
    }
    for (const node of [first, second, restored]) await closeNode(node);
  }
});

/** What all records say of a topic, found the slow way: the last life, and in it the latest by rule R7. */
async function lifeOf(node: Node, name: string): Promise<{ generation: number; deleted: boolean; settings: unknown }> {
  const topic = node.log.topic(settingsTopic);
  const { frames } = (await topic?.read(0, 8 * 1_048_576)) ?? { frames: new Uint8Array(0) };
  const said = framesIn(frames)
    .filter(({ bytes }) => new TextDecoder().decode(bytes).includes(name))
    .map(({ header, texts }) => ({ header, ...JSON.parse(texts[0] as string) }));
  const generation = Math.max(...said.map((one) => one.generation ?? 1));
  const last = said.filter((one) => (one.generation ?? 1) === generation);
  if (last.some((one) => one.deleted)) return { generation, deleted: true, settings: {} };
  last.sort(
    ({ header: one }, { header: other }) => one.lamport - other.lamport || (one.writer < other.writer ? -1 : 1),
  );
  const { retention } = last.at(-1);
  return { generation, deleted: false, settings: retention === undefined ? {} : { retention } };
}

/** What the one record says that compaction by key would leave: the latest by rule R7. */
async function lastWordOf(node: Node, name: string): Promise<{ generation: number; deleted: boolean }> {
  const topic = node.log.topic(settingsTopic);
  const { frames } = (await topic?.read(0, 8 * 1_048_576)) ?? { frames: new Uint8Array(0) };
  const said = framesIn(frames).filter(({ bytes }) => new TextDecoder().decode(bytes).includes(name));
  said.sort(
    ({ header: one }, { header: other }) => one.lamport - other.lamport || (one.writer < other.writer ? -1 : 1),
  );
  const { generation = 1, deleted = false } = JSON.parse(said.at(-1)?.texts[0] as string);
  return { generation, deleted };
}

test("deletes and creates on both sides of partitions converge, whatever came first where", async () => {
  let deletions = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(`lives/${seed}`);
    const nodes = [await openNode(seed * 10), await openNode(seed * 10 + 1), await openNode(seed * 10 + 2)];
    const pick = () => nodes[random.between(0, nodes.length - 1)] as Node;
    const names = ["topic-1", "topic-2"];
    for (let step = 0; step < 40; step++) {
      const { log, registry } = pick();
      const name = random.pick(names) as string;
      const isHeld = log.topic(name) !== undefined;
      const retention = { segmentsMax: random.between(1, 1_000) };
      if (random.chance(0.4)) await ship(pick(), pick());
      else if (isHeld && random.chance(0.5)) deletions += await registry.delete(name);
      else await registry.set(name, { retention }, { create: !isHeld });
    }
    for (let round = 0; round < 4; round++) {
      for (const from of nodes) for (const to of nodes) if (from !== to) await ship(from, to);
    }
    for (const name of names) {
      const life = await lifeOf(nodes[0] as Node, name);
      assert.equal(await lastWordOf(nodes[0] as Node, name), { generation: life.generation, deleted: life.deleted });
      for (const { log, registry } of nodes) {
        const topic = log.topic(name);
        const where = `seed ${seed}, ${name}: ${JSON.stringify(life)}`;
        assert.equal(registry.settings(name), life.settings, where);
        assert.is(topic?.generation, life.deleted ? undefined : life.generation, where);
        assert.is(log.deletedTopic(name)?.generation, life.deleted ? life.generation : undefined, where);
      }
    }
    for (const node of nodes) await closeNode(node);
  }
  assert.ok(deletions > 50, `${deletions}`);
});

test("a topic that is deleted on one side stays so, however often the other side sets it meanwhile", async () => {
  const [left, right] = [await openNode(1), await openNode(2)];
  await left.registry.set("orders", {}, { create: true });
  await ship(left, right);
  await fill(right, "orders", 3);
  for (let count = 1; count <= 5; count++) {
    await right.registry.set("orders", { retention: { segmentsMax: count } }, { create: false });
  }
  await left.registry.delete("orders");
  await ship(left, right);
  await ship(right, left);
  for (const { log, registry } of [left, right]) {
    assert.is(log.topic("orders"), undefined);
    assert.equal(registry.settings("orders"), {});
  }
  await right.registry.set("orders", {}, { create: true });
  await left.registry.set("orders", { retention: { segmentsMax: 7 } }, { create: true });
  await ship(left, right);
  await ship(right, left);
  for (const { log } of [left, right]) assert.is(log.topic("orders")?.generation, 2);
  assert.equal(left.registry.settings("orders"), right.registry.settings("orders"));
  for (const node of [left, right]) await closeNode(node);
});

test("what holds and has to be said again is said once the disk takes it, although nothing more is settled", async () => {
  const [left, right] = [await openNode(1), await openNode(2)];
  await left.registry.set("orders", {}, { create: true });
  await ship(left, right);
  for (const segmentsMax of [1, 2, 3])
    await right.registry.set("orders", { retention: { segmentsMax } }, { create: false });
  await left.registry.delete("orders");
  await closeNode(left);
  const { log } = await openLog(left.disk.mount(), small, environment(new Random(3)));
  const held = await log.openTopic(settingsTopic);
  const missing = await right.log.topic(settingsTopic)?.readMissing(held.have, 8 * 1_048_576);
  await held.apply(missing?.frames.slice() as Uint8Array);
  const [timers, warnings] = [new ManualTimers(), [] as string[]];
  left.disk.failNext("write", "EIO", { name: ".log" });
  const registry = await TopicRegistry.open(log, {
    ...{ wallMs: () => 1_000, after: timers.after, onWarn: (message) => warnings.push(message) },
  });
  const again = { ...left, log, registry };
  for (let turn = 0; turn < 200; turn++) await undefined;
  assert.match(warnings.join(), "cannot say again what is settled about orders");
  assert.equal(await lastWordOf(again, "orders"), { generation: 1, deleted: false });
  timers.fire();
  for (let turn = 0; turn < 200; turn++) await undefined;
  assert.equal(await lastWordOf(again, "orders"), { generation: 1, deleted: true });
  assert.is(timers.waiting, 0);
  for (const node of [again, right]) await closeNode(node);
});

test("what has to be said again of many topics is said once of each, and then nothing waits", async () => {
  const { log } = await openLog(new SimulatedDisk().mount(), small);
  const topics = await log.openTopic(settingsTopic);
  const many = 100;
  for (const writer of ["ffffffffffffffff", "0000000000000001"]) {
    for (let sequence = 1, previousChain = chainStart; sequence <= many; sequence++) {
      const builder = new FrameBuilder();
      builder.add({ key: `t${sequence}`, value: '{"version":2,"deleted":true}' }, 1_000);
      const frame = builder.finish();
      if (writer < "1") markReproduced(frame);
      previousChain = stampBatch(frame, {
        ...{ writer, baseSequence: sequence, lamport: sequence, generation: 1, previousChain },
      });
      placeFrame(frame, { baseOffset: 0, durableBefore: 0 });
      assert.is((await topics.apply(frame)).appended, 1);
    }
  }
  const registry = await TopicRegistry.open(log, {
    ...{ wallMs: () => 1_000, after: environment().after, onWarn: (message) => assert.unreachable(message) },
  });
  for (let turn = 0; turn < 100_000 && topics.nextOffset < 3 * many; turn++) await undefined;
  assert.is(topics.nextOffset, 3 * many);
  let isOver = false;
  const closing = registry[Symbol.asyncDispose]().then(() => {
    isOver = true;
  });
  for (let turn = 0; turn < 500 && !isOver; turn++) await undefined;
  assert.ok(isOver, "one turn for each that waited");
  assert.is(topics.nextOffset, 3 * many);
  await closing;
});

test("fields that a later program wrote are kept by a change, and go with the topic", async () => {
  const node = await openNode(1);
  await node.registry.set("t", {}, { create: true });
  const builder = new FrameBuilder();
  builder.add({ key: "t", value: '{"version":2,"retention":{"segmentsMax":4},"colour":{"red":1}}' }, 1_000);
  const topics = await node.log.openTopic(settingsTopic);
  await topics.produce(builder.finish());
  const last = async () => framesIn((await topics.read(topics.nextOffset - 1, 10_000)).frames)[0]?.texts[0];
  await node.registry.set("t", { retention: { ageMaxMs: 5_000 } }, { create: false });
  assert.is(await last(), '{"version":2,"retention":{"segmentsMax":4,"ageMaxMs":5000},"colour":{"red":1}}');
  await node.registry.delete("t");
  assert.is(await last(), '{"version":2,"deleted":true}');
  await node.registry.set("t", {}, { create: true });
  assert.is(await last(), '{"version":2,"generation":2}');
  await closeNode(node);
});

test.run();
