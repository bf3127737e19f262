import { test } from "uvu";
import * as assert from "uvu/assert";
import { noFaults, type SimNode, World } from "../../src/testing/mod.ts";
import { forgetsBelow } from "./forgets_below.ts";

/** Three nodes that found each other and take writes. */
async function threeNodes(seed: number, gossip: boolean): Promise<World> {
  const world = new World(seed, noFaults, { gossip });
  for (const name of ["a", "b", "c"]) world.addNode(name);
  await world.runFor(5_000);
  return world;
}

/** How many records a node holds, over all topics. */
function held(node: SimNode): number {
  let count = 0;
  for (const topic of node.log?.topics() ?? []) for (const sequence of topic.have.values()) count += sequence;
  return count;
}

function heldByAll(world: World): number[] {
  return world.nodes.map(held);
}

for (const gossip of [true, false]) {
  const how = gossip ? "by gossip" : "by the world";

  test(`what any node takes, all nodes hold (members found ${how})`, async () => {
    const world = await threeNodes(1, gossip);
    for (const [index, node] of world.nodes.entries()) {
      node.produce(
        "orders",
        Array.from({ length: index + 1 }, (_, number) => `${node.name} ${number}`),
      );
    }
    await world.runFor(1_000);
    assert.equal(heldByAll(world), [6, 6, 6]);
    assert.equal(world.finish(), []);
  });

  test(`both sides of a partition take writes, and merge by plain pulls (members found ${how})`, async () => {
    const world = await threeNodes(2, gossip);
    world.partition(["a"], ["b", "c"]);
    for (let round = 0; round < 20; round++) {
      for (const node of world.nodes) node.produce("orders", [`${node.name} ${round}`]);
      await world.runFor(500);
    }
    assert.equal(heldByAll(world), [20, 40, 40]);
    world.heal();
    await world.runFor(30_000);
    assert.equal(heldByAll(world), [60, 60, 60]);
    assert.equal(world.finish(), []);
  });

  test(`a record whose origin is dead reaches the others through any holder (members found ${how})`, async () => {
    const world = await threeNodes(3, gossip);
    world.partition(["a"], ["c"]);
    world.node("a").produce("orders", ["only b can hear this"]);
    await world.runFor(300);
    world.crash("a", "keep");
    await world.runFor(10_000);
    assert.is(held(world.node("c")), 1);
  });
}

test("a member that stands still for 3 s is never taken for failed", async () => {
  const world = await threeNodes(4, true);
  world.pause("c");
  await world.runFor(3_000);
  world.resume("c");
  await world.runFor(20_000);
  assert.equal(world.everSaw("c", "failed"), []);
});

test("a member that crashed is found failed, and alive again after its restart", async () => {
  const world = await threeNodes(5, true);
  world.crash("c", "keep", { tellsPeers: false });
  await world.runFor(20_000);
  assert.equal(world.everSaw("c", "failed"), ["a", "b"]);
  world.restart("c");
  await world.runFor(5_000);
  assert.is(world.node("a").gossip?.membership.member("c")?.status, "alive");
});

test("a hung peer holds nobody up while another has the records", async () => {
  const world = await threeNodes(6, false);
  world.partition(["a"], ["c"]);
  world.node("a").produce("orders", ["first"]);
  await world.runFor(100);
  world.hang("a");
  world.heal();
  await world.runFor(1_000);
  assert.equal(heldByAll(world), [1, 1, 1]);
});

test("a wiped node comes back as a new writer and gets everything again", async () => {
  const world = await threeNodes(7, true);
  const writer = world.node("a").log?.writer;
  world.node("a").produce("orders", ["one", "two"]);
  await world.runFor(500);
  world.wipe("a");
  world.restart("a");
  await world.runFor(5_000);
  world.node("a").produce("orders", ["three"]);
  await world.runFor(1_000);
  assert.is.not(world.node("a").log?.writer, writer);
  assert.equal(heldByAll(world), [3, 3, 3]);
  assert.equal(world.finish(), []);
});

for (const mode of ["keep", "lose-unsynced", "reorder-unsynced", "tear-last-write"] as const) {
  test(`what was acknowledged survives a crash: ${mode}`, async () => {
    const world = new World(8, { ...noFaults, syncMs: [5, 20] }, { gossip: false });
    const node = world.addNode("alone");
    await world.runFor(4_000);
    for (let round = 0; round < 40; round++) {
      node.produce("orders", [`record ${round}`]);
      await world.runFor(7);
      if (round % 10 !== 9) continue;
      world.crash("alone", mode);
      world.restart("alone");
      await world.runFor(4_000);
    }
    assert.ok(world.acknowledged > 10);
    assert.equal(world.finish(), []);
  });
}

test("a copied directory gives two nodes one writer: both mint a new one, and no record is lost or doubled", async () => {
  const world = await threeNodes(9, false);
  world.node("a").produce("orders", ["before the backup"]);
  await world.runFor(500);
  const backup = world.node("a").disk.copy();
  world.node("a").produce("orders", ["after the backup"]);
  await world.runFor(500);
  world.crash("a", "keep");
  world.node("a").disk = backup;
  world.restart("a");
  await world.runFor(5_000);
  world.node("a").produce("orders", ["after the restore"]);
  await world.runFor(2_000);
  assert.equal(heldByAll(world), [3, 3, 3]);
  assert.ok(world.trace.some((line) => line.includes("mints a writer")));
});

/** Node "a" was put back to when it had one record, and went on alone, beyond what "b" and "c" hold of its feed. */
async function restoredAndAlone(seed: number): Promise<World> {
  const world = await threeNodes(seed, false);
  world.node("a").produce("orders", ["before the backup"]);
  await world.runFor(500);
  const backup = world.node("a").disk.copy();
  world.node("a").produce("orders", ["after the backup"]);
  await world.runFor(500);
  world.crash("a", "keep");
  world.node("a").disk = backup;
  world.partition(["a"], ["b", "c"]);
  world.restart("a");
  await world.runFor(5_000);
  for (let round = 1; round <= 3; round++) {
    world.node("a").produce("orders", [`alone ${round}`]);
    await world.runFor(200);
  }
  return world;
}

/** How many records of one writer each node holds. */
function heldOf(world: World, writer: string): (number | undefined)[] {
  return world.nodes.map((node) => node.log?.topic("orders")?.have.get(writer));
}

test("a restored node whose feed grew beyond its peers' copy mints a writer when it meets them", async () => {
  const world = await restoredAndAlone(11);
  const former = world.node("a").log?.writer as string;
  assert.equal(heldOf(world, former), [4, 2, 2]);
  world.heal();
  await world.runFor(10_000);
  const writer = world.node("a").log?.writer as string;
  assert.is.not(writer, former);
  assert.is(world.trace.filter((line) => line.includes("a mints a writer")).length, 1);
  world.node("a").produce("orders", ["in company"]);
  await world.runFor(2_000);
  // With the three that it wrote alone.
  assert.equal(heldOf(world, writer), [4, 4, 4]);
});

test("a restored node hears that its feed is a fork from a newcomer that only holds it", async () => {
  const world = await restoredAndAlone(12);
  const former = world.node("a").log?.writer as string;
  world.addNode("d");
  world.partition(["a"], ["d"]);
  await world.runFor(5_000);
  assert.equal(heldOf(world, former), [4, 2, 2, 2]);
  world.heal();
  world.partition(["a"], ["b", "c"]);
  await world.runFor(10_000);
  assert.is.not(world.node("a").log?.writer, former);
});

test("a restored node finds its fork in what a peer confirms, although both count the same", async () => {
  const world = await threeNodes(13, false);
  world.node("a").produce("orders", ["before the backup"]);
  await world.runFor(500);
  const backup = world.node("a").disk.copy();
  world.partition(["b"], ["a", "c"]);
  world.node("a").produce("orders", ["after the backup"]);
  await world.runFor(500);
  world.crash("a", "keep");
  world.node("a").disk = backup;
  world.heal();
  world.partition(["c"], ["a", "b"]);
  world.restart("a");
  await world.runFor(6_000);
  const former = world.node("a").log?.writer as string;
  // "b" hears of the second record of "a", cannot ask for it, and gets the one that had this number before from "c".
  world.partition(["b"], ["a"], { oneWay: true });
  world.node("a").produce("orders", ["another second"]);
  await world.runFor(100);
  world.heal();
  world.partition(["a"], ["c"]);
  world.partition(["b"], ["a"], { oneWay: true });
  await world.runFor(8_000);
  world.heal();
  world.partition(["a"], ["c"]);
  await world.runFor(5_000);
  // Both say two and neither has to tell the other: but the hash is another one of what "b" has on its disk.
  assert.is.not(world.node("a").log?.writer, former);
  world.node("a").produce("orders", ["third"]);
  await world.runFor(2_000);
  assert.equal(heldOf(world, world.node("a").log?.writer as string), [1, 1, 1]);
});

/** Node "a" produced five records and no longer holds the first three; "b" is there; "c" comes later. */
async function forgetfulNode(bHasThem: boolean): Promise<World> {
  const world = new World(10, noFaults, { gossip: false, sabotage: forgetsBelow("a", 4) });
  for (const name of ["a", "b"]) world.addNode(name);
  await world.runFor(5_000);
  if (!bHasThem) world.crash("b", "keep");
  for (let round = 1; round <= 5; round++) {
    world.node("a").produce("orders", [`record ${round}`]);
    await world.runFor(200);
  }
  world.addNode("c");
  await world.runFor(30_000);
  return world;
}

test("a range that the origin no longer holds is pulled from another holder", async () => {
  const world = await forgetfulNode(true);
  assert.equal(heldByAll(world), [5, 5, 5]);
  assert.not.ok(world.trace.some((line) => line.includes("for lost")));
});

test("a range that nobody holds becomes a gap, and what follows it arrives", async () => {
  const world = await forgetfulNode(false);
  assert.is(held(world.node("c")), 5);
  assert.is(world.trace.filter((line) => line.includes("takes orders") && line.endsWith("up to 3 for lost")).length, 1);
  world.restart("b");
  await world.runFor(5_000);
  assert.equal(heldByAll(world), [5, 5, 5]);
});

/** Nodes "a" and "b" forgot most of what they wrote, each by itself; "whole" has all of it if it is there. */
async function afterRetention(options: { readonly whole: boolean }): Promise<World> {
  const world = new World(11, noFaults, { gossip: false });
  for (const name of ["a", "b"]) world.addNode(name, { retention: { segmentsMax: name === "a" ? 2 : 3 } });
  if (options.whole) world.addNode("whole");
  await world.runFor(5_000);
  for (let round = 1; round <= 80; round++) {
    world.node(round % 2 === 0 ? "a" : "b").produce("orders", [`${round} ${"x".repeat(6_000)}`]);
    await world.runFor(200);
  }
  for (const name of ["a", "b"]) assert.ok((world.node(name).log?.topic("orders")?.firstOffset ?? 0) > 20, name);
  return world;
}

test("an empty node that joins after retention takes what is gone for lost once, and then has what the others have", async () => {
  const world = await afterRetention({ whole: false });
  world.addNode("late");
  await world.runFor(60_000);
  assert.equal(heldByAll(world), [80, 80, 80]);
  const gaps = () => world.trace.filter((line) => line.includes("late takes orders") && line.includes("for lost"));
  assert.ok(gaps().length >= 2 && gaps().length <= 4, gaps().join("\n"));
  const before = gaps().length;
  // It goes on like any other, also after a crash, and passes on what it has.
  world.crash("late", "lose-unsynced");
  world.restart("late");
  for (const node of world.nodes) node.produce("orders", [`${node.name} goes on`]);
  await world.runFor(20_000);
  for (const node of world.nodes) node.produce("orders", [`${node.name} goes on again`]);
  await world.runFor(20_000);
  assert.is(new Set(heldByAll(world)).size, 1);
  assert.is(gaps().length, before);
  assert.equal(world.finish(), []);
});

test("an empty node gets what some forgot from the one that still holds it", async () => {
  const world = await afterRetention({ whole: true });
  world.addNode("late");
  await world.runFor(60_000);
  assert.equal(heldByAll(world), [80, 80, 80, 80]);
  assert.not.ok(world.trace.some((line) => line.includes("for lost")));
  assert.is(world.node("late").log?.topic("orders")?.lowWater.size, 0);
  assert.equal(world.finish(), []);
});

test("nodes that forget and crash keep their feeds and converge", async () => {
  for (const mode of ["keep", "lose-unsynced", "reorder-unsynced", "tear-last-write"] as const) {
    const world = await afterRetention({ whole: false });
    for (const name of ["a", "b"]) {
      world.crash(name, mode);
      world.restart(name);
      await world.runFor(5_000);
      world.node(name).produce("orders", [`after the crash of ${name}`]);
      await world.runFor(2_000);
    }
    assert.equal(heldByAll(world), [82, 82]);
    assert.equal(world.finish(), []);
  }
});

test("a node outside the world is named in the error", () => {
  const world = new World(1, noFaults);
  assert.throws(() => world.pause("nobody"), /Cannot find node nobody/);
});

test("a topic that one node deleted and another has still is settled differently: R7 finds it", async () => {
  const world = new World(31, noFaults, { gossip: false, topics: true });
  const [left, right] = [world.addNode("a"), world.addNode("b")];
  const settle = (change: Promise<unknown> | undefined): Promise<unknown> =>
    world.settled(change as Promise<unknown>, { withinMs: 5_000, doing: "settle" });
  await world.runFor(5_000);
  await settle(left.topics?.set("orders", {}, { create: true }));
  await world.until(() => right.topics?.isSettled("orders") === true);
  world.partition(["a"], ["b"]);
  await settle(right.topics?.delete("orders"));
  assert.match(
    world
      .finish()
      .map(({ message }) => message)
      .join(),
    'a and b have settled different things about orders: {} and {"generation":1,"deleted":true}',
  );
});

test.run();
