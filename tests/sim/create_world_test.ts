// The simulated world as users' own unit tests take it.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createWorld } from "../../src/testing/mod.ts";

test("createWorld() gives nodes that found each other, and each consumes what any produced", async () => {
  const { world } = await createWorld({ nodes: 3, seed: 1 });
  assert.equal(
    world.nodes.map(({ name }) => name),
    ["a", "b", "c"],
  );
  const ack = await world.node("a").topic("orders").produce(["one", "two"]);
  assert.is(ack.count, 2);
  await world.runFor(1_000);
  for (const node of world.nodes) {
    assert.equal(
      (await node.topic("orders").consume()).map(({ value }) => value),
      ["one", "two"],
    );
  }
  assert.equal(world.finish(), []);
});

test("consume() gives each record once, also when another node goes on from the cursor", async () => {
  const { world } = await createWorld({ nodes: ["left", "right"], seed: 2 });
  const left = world.node("left").topic("orders");
  await left.produce(["before"]);
  assert.is((await left.consume()).length, 1);
  assert.equal(await left.consume(), []);
  await left.produce(["after"]);
  await world.runFor(1_000);
  const right = world.node("right").topic("orders", left.cursor);
  assert.equal(
    (await right.consume()).map(({ value }) => value),
    ["after"],
  );
});

test("produce() at a node that is down rejects, and faults that were named happen until calm()", async () => {
  const strikes = { crash: 1 };
  const { world, calm } = await createWorld({ nodes: 2, seed: 3, faults: { strikeEveryMs: 500, strikes } });
  await world.runFor(10_000);
  assert.ok(world.trace.some((line) => line.includes("crashes")));
  calm();
  await world.runFor(20_000);
  await world.node("a").topic("orders").produce(["still here"]);
  await world.runFor(5_000);
  assert.is((await world.node("b").topic("orders").consume()).length, 1);
  assert.equal(world.finish(), []);
  world.crash("b", "keep");
  const error = await world.node("b").topic("orders").produce(["nobody"]).then(String, String);
  assert.match(error, "node b is down");
});

test("createWorld() refuses worlds without nodes", async () => {
  assert.match(await createWorld({ nodes: 0 }).then(String, String), "allowed are 1 to 26");
});

test.run();
