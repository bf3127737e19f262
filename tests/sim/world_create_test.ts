// The simulated world as users' own unit tests take it.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type CreateWorldOptions, World } from "../../src/testing/mod.ts";

test("World.create() gives nodes that found each other, and each consumes what any produced", async () => {
  const world = await World.create({ nodes: 3, seed: 1 });
  assert.equal(
    world.nodes.map(({ name }) => name),
    ["a", "b", "c"],
  );
  const ack = await world
    .node("a")
    .topic("orders")
    .produceBatch([{ value: "one" }, { value: "two" }]);
  assert.is(ack.count, 2);
  for (const node of world.nodes) {
    const records = await node.topic("orders").consume({ after: ack.token }).take(2);
    assert.equal(
      records.map((record) => record.text()),
      ["one", "two"],
    );
  }
  assert.equal(world.finish(), []);
});

test("consume() stops at the end when it does not follow, and another node goes on from its cursor", async () => {
  const world = await World.create({ nodes: ["left", "right"], seed: 2 });
  const left = world.node("left").topic("orders");
  await left.produce({ value: "before" });
  const reading = left.consume({ follow: false });
  const texts: string[] = [];
  for await (const record of reading) texts.push(record.text());
  assert.equal(texts, ["before"]);
  await left.produce({ value: "after" });
  const from = reading.cursor;
  assert.ok(from !== undefined);
  const [record] = await world.node("right").topic("orders").consume({ from }).take(1);
  assert.is(record?.text(), "after");
});

test("client() goes on at the next node when the one that it reads from crashes", async () => {
  const world = await World.create({ nodes: 3, seed: 3 });
  await world
    .node("a")
    .topic("orders")
    .produce({ value: "first" }, { acks: { replicated: 3 } });
  const reading = world.client().topic("orders").consume();
  assert.is((await reading.take(1))[0]?.text(), "first");
  world.crash("a");
  await world.node("b").topic("orders").produce({ value: "second" });
  assert.is((await reading.take(1))[0]?.text(), "second");
  world.restart("a");
  await world.until(() => world.hasConverged);
  assert.equal(world.finish(), []);
});

test("one seed gives one course of events, also where the client tries again and again", async () => {
  const run = async (seed: number): Promise<unknown> => {
    const world = await World.create({ nodes: 3, seed });
    for (const { name } of world.nodes) {
      world.crash(name);
      world.schedule(world.nowMs + 5_000, () => world.restart(name));
    }
    await world.client().topic("orders").produce({ value: "late" });
    const producedAtMs = world.nowMs;
    assert.is((await world.client().topic("orders").consume().take(1)).length, 1);
    return { producedAtMs, consumedAtMs: world.nowMs, trace: world.trace };
  };
  const { random } = Math;
  Math.random = () => {
    throw new Error("a world draws from its seed alone");
  };
  try {
    const first = await run(4);
    assert.equal(await run(4), first);
    assert.is.not(JSON.stringify(await run(5)), JSON.stringify(first));
  } finally {
    Math.random = random;
  }
});

test("faults that were named strike until calm(), and nothing is lost", async () => {
  const strikes = { crash: 1, partition: 1 };
  const world = await World.create({ nodes: 3, seed: 3, faults: { strikeEveryMs: 500, strikes, datagramLoss: 0.2 } });
  await world.runFor(10_000);
  assert.ok(world.trace.some((line) => line.includes("crashes")));
  world.calm();
  await world.until(() => world.hasConverged);
  await world.node("a").topic("orders").produce({ value: "still here" });
  assert.is((await world.node("b").topic("orders").consume().take(1)).length, 1);
  await world.until(() => world.hasConverged);
  assert.equal(world.finish(), []);
});

test("the same seed gives the same trace, another seed another", async () => {
  const traceOf = async (seed: number): Promise<readonly string[]> => {
    const world = await World.create({ nodes: 2, seed });
    await world.node("a").topic("orders").produce({ value: "one" });
    await world.node("b").topic("orders").consume().take(1);
    return world.trace;
  };
  assert.equal(await traceOf(7), await traceOf(7));
  assert.is.not((await traceOf(7)).join(), (await traceOf(8)).join());
});

test("what does not happen is not waited for without an end", async () => {
  const world = await World.create({ nodes: 1 });
  const error = await world.until(() => false, { withinMs: 500 }).catch((one: unknown) => one);
  assert.is((error as { code?: string }).code, "WORLD_TIMEOUT");
  const nothing = await world.node("a").topic("orders").consume().next().catch(String);
  assert.match(String(nothing), "Cannot consume orders: it has not happened within 60000 ms of virtual time");
  world.crash("a");
  const down = await world
    .node("a")
    .topic("orders")
    .produce({ value: "nobody" })
    .catch((one: unknown) => one);
  assert.is((down as { code?: string }).code, "UNAVAILABLE");
});

test("World.create() says which options there are", async () => {
  const rows: [options: unknown, says: string][] = [
    [{ nodes: 0 }, "the number of nodes is 0, allowed are 1 to 26"],
    [{ nodes: ["a", "a"] }, 'a name of two nodes is "a"'],
    [{ node: { fsyncs: "never" } }, "allowed are fsync, segmentBytesMax"],
    [{ fault: {} }, "allowed are nodes, seed, faults, node, topics"],
    [{ faults: { loss: 1 } }, "allowed are latencyMs, datagramLoss"],
    [{ faults: { strikes: { crashes: 1 } } }, "allowed are partition, oneWayPartition"],
    [{ faults: { datagramLoss: 2 } }, "allowed are probabilities from 0 to 1"],
    [{ faults: { latencyMs: [5, 1] } }, "the lower one first"],
  ];
  for (const [options, says] of rows) {
    const error = await World.create(options as CreateWorldOptions).catch((one: unknown) => one);
    assert.is((error as { code?: string }).code, "INVALID_WORLD_OPTION", says);
    assert.match(String(error), says);
  }
});

test.run();
