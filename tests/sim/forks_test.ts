// runtimes: bun (the rules are the same everywhere; traces of such worlds are compared on all runtimes)
// Two histories of one feed (rules R5, R6): what only its owner has reaches everybody under the owner's new writer.
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { TopicRegistry } from "../../src/log/mod.ts";
import { noFaults, World } from "../../src/testing/mod.ts";

async function cluster(seed: number, names: readonly string[]): Promise<World> {
  const world = new World(seed, noFaults, { gossip: false });
  for (const name of names) world.addNode(name);
  await world.runFor(5_000);
  return world;
}

async function produceAll(world: World, node: string, values: readonly string[]): Promise<void> {
  for (const value of values) {
    world.node(node).produce("orders", [value]);
    await world.runFor(100);
  }
}

/** The values that a node holds, each as often as it does, sorted. */
async function valuesOf(world: World, node: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const record of world.node(node).topic("orders").consume({ follow: false })) texts.push(record.text());
  return texts.sort();
}

/** Puts a backup of `a` back while nobody hears it, and lets it write. */
async function restoredAlone(world: World, after: readonly string[], alone: readonly string[]): Promise<void> {
  const others = world.nodes.map(({ name }) => name).filter((name) => name !== "a");
  const backup = world.backup("a");
  await produceAll(world, "a", after);
  world.restore("a", backup, { tellsNode: false });
  world.partition(["a"], others);
  world.restart("a");
  await world.runFor(5_000);
  await produceAll(world, "a", alone);
}

for (const [name, after, alone] of [
  ["its feed is shorter than the peers' copy", ["b1", "b2", "b3"], ["alone 1"]],
  ["its feed is as long as the peers' copy", ["b1", "b2"], ["alone 1", "alone 2"]],
  ["its feed is longer than the peers' copy", ["b1"], ["alone 1", "alone 2", "alone 3"]],
] as const) {
  test(`a backup put back behind a node's back loses nothing that it acknowledged: ${name}`, async () => {
    const world = await cluster(21, ["a", "b", "c"]);
    await produceAll(world, "a", ["before 1", "before 2"]);
    await restoredAlone(world, after, alone);
    const former = world.node("a").log?.writer as string;
    world.heal();
    await world.runFor(12_000);
    assert.is.not(world.node("a").log?.writer, former);
    await produceAll(world, "a", ["in company"]);
    await world.runFor(1_000);
    const everybody = ["before 1", "before 2", ...after, ...alone, "in company"].sort();
    assert.equal(await valuesOf(world, "b"), everybody);
    assert.equal(await valuesOf(world, "c"), everybody);
    // The owner keeps its own history of the old feed, and has the end of it a second time; the peers' end it has not.
    const own = ["before 1", "before 2", ...alone, ...alone, "in company"].sort();
    assert.equal(await valuesOf(world, "a"), own);
    assert.equal(world.finish(), []);
  });
}

test("a node that only lost what its peers have produces nothing again", async () => {
  const world = await cluster(22, ["a", "b", "c"]);
  await produceAll(world, "a", ["before 1", "before 2"]);
  await restoredAlone(world, ["b1", "b2"], []);
  world.heal();
  await world.runFor(12_000);
  const everybody = ["b1", "b2", "before 1", "before 2"];
  for (const node of ["a", "b", "c"]) assert.equal(await valuesOf(world, node), everybody);
  assert.not.ok(world.trace.some((line) => line.includes("again")));
});

test("what was produced again is not produced a third time after restarts, and a crash between loses nothing", async () => {
  const world = await cluster(23, ["a", "b", "c"]);
  await produceAll(world, "a", ["before"]);
  const alone = Array.from({ length: 12 }, (_, index) => `alone ${index + 10}`);
  await restoredAlone(world, ["b1"], alone);
  world.heal();
  for (let round = 0; round < 12; round++) {
    await world.runFor(300);
    world.crash("a", "lose-unsynced");
    world.restart("a");
    await world.runFor(1_900);
  }
  await world.runFor(10_000);
  const everybody = ["b1", "before", ...alone].sort();
  assert.equal(await valuesOf(world, "b"), everybody);
  assert.equal(await valuesOf(world, "c"), everybody);
  world.crash("a", "keep");
  world.restart("a");
  await world.runFor(10_000);
  assert.equal(await valuesOf(world, "c"), everybody);
  assert.equal(world.finish(), []);
});

test("what is settled about topics is the same on all nodes in the end, though a feed of _topics has two histories", async () => {
  const world = new World(25, noFaults, { gossip: false, topics: true });
  for (const name of ["a", "b", "c"]) world.addNode(name);
  await world.runFor(5_000);
  const settle = async (change: Promise<unknown> | undefined): Promise<void> => {
    world.touchLog();
    await world.settled(change as Promise<unknown>, { withinMs: 5_000, doing: "settle" });
    await world.runFor(500);
  };
  const at = (node: string): TopicRegistry => world.node(node).topics as TopicRegistry;
  for (const topic of ["kept", "gone"]) await settle(at("a").set(topic, {}, { create: true }));
  const backup = world.backup("a");
  await settle(at("a").set("kept", { tombstoneGraceMs: 1_000 }, { create: false }));
  await settle(at("a").delete("gone"));
  await settle(at("a").set("gone", {}, { create: true }));
  world.restore("a", backup, { tellsNode: false });
  world.partition(["a"], ["b", "c"]);
  world.restart("a");
  await world.runFor(5_000);
  await settle(at("a").set("alone", { tombstoneGraceMs: 2_000 }, { create: true }));
  world.heal();
  await world.runFor(12_000);
  for (const node of ["a", "b", "c"]) {
    assert.equal(at(node).settings("kept"), { tombstoneGraceMs: 1_000 }, node);
    assert.equal(at(node).settings("alone"), { tombstoneGraceMs: 2_000 }, node);
    assert.is(world.node(node).log?.topic("gone")?.generation, 2, node);
  }
  world.node("b").produce("gone", ["of its second life"]);
  await world.runFor(2_000);
  assert.equal(world.finish(), []);
  // Seen again after restarts, it is not said again.
  const { nextOffset } = world.node("b").log?.topic("_topics") ?? { nextOffset: 0 };
  world.crash("a", "keep");
  world.restart("a");
  await world.runFor(12_000);
  assert.is(world.node("b").log?.topic("_topics")?.nextOffset, nextOffset);
});

test("two nodes that run on copies of one directory: what each wrote alone reaches everybody", async () => {
  const world = await cluster(24, ["a", "b", "c"]);
  await produceAll(world, "a", ["before 1", "before 2"]);
  await world.runFor(500);
  const copy = world.backup("a");
  world.crash("b", "keep");
  world.node("b").disk = copy;
  world.partition(["a"], ["b", "c"]);
  world.partition(["b"], ["c"]);
  world.observe({ type: "forked", writer: world.node("a").log?.writer as string });
  world.restart("b");
  await world.runFor(5_000);
  assert.is(world.node("b").log?.writer, world.node("a").log?.writer, "two nodes with one writer");
  await produceAll(world, "a", ["a 1", "a 2"]);
  await produceAll(world, "b", ["b 1", "b 2", "b 3"]);
  await produceAll(world, "c", ["c 1"]);
  world.heal();
  await world.runFor(15_000);
  assert.is.not(world.node("b").log?.writer, world.node("a").log?.writer);
  const everything = ["before 1", "before 2", "a 1", "a 2", "b 1", "b 2", "b 3", "c 1"].sort();
  for (const node of ["a", "b", "c"]) assert.equal([...new Set(await valuesOf(world, node))], everything, node);
});

test.run();
