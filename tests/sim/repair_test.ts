// runtimes: bun (what one runtime finds, all find: traces are the same)
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random, toHex } from "../../src/base/mod.ts";
import { HoppingConsumer, noFaults, type SimNode, World } from "../../src/testing/mod.ts";

const firstSegment = "topics/orders/00000000000000000000.log";

/** Three nodes with feeds of all of them in several segments, everything held by all. */
async function filledWorld(seed: number, options: { readonly scrubBytesPerSecond?: number } = {}): Promise<World> {
  const world = new World(seed, noFaults, { gossip: false });
  for (const name of ["a", "b", "c"]) {
    world.addNode(name, { indexEveryBytes: 4_096, scrubBytesPerSecond: 1_048_576, ...options });
  }
  await world.runFor(5_000);
  for (let round = 0; round < 30; round++) {
    for (const node of world.nodes) node.produce("orders", [`${node.name} ${round} ${"x".repeat(2_500)}`]);
    await world.runFor(50);
  }
  await world.runFor(2_000);
  return world;
}

/** Every batch that a node serves of the topic, in its order. */
async function served(node: SimNode): Promise<string[]> {
  const topic = node.log?.topic("orders");
  const batches: string[] = [];
  for (let offset = 0; topic !== undefined && offset < topic.nextOffset; ) {
    const { frames, nextOffset } = await topic.read(offset, 1);
    // The frame header is the node's own: what a repair writes there need not be what stood there.
    batches.push(`${offset} ${toHex(frames.subarray(24))}`);
    offset = nextOffset;
  }
  return batches;
}

test("what damage took on one of three nodes comes back from another, batch by batch", async () => {
  const world = await filledWorld(1);
  const node = world.node("b");
  // Started anew, so that nothing old is served from memory.
  world.crash("b", "keep");
  world.restart("b");
  await world.runFor(3_000);
  const whole = await served(node);
  for (const at of [300, 20_000, node.disk.peek(firstSegment).length - 1_000])
    node.disk.damage(firstSegment, at, new Random(at).bytes(700));
  await assertRejects(() => served(node), "LOG_CORRUPT");
  await world.runFor(10_000);
  assert.equal(await served(node), whole);
  assert.equal(node.log?.topic("orders")?.corruptRanges, []);
  assert.equal(world.finish(), []);
});

test("damage that a consumer meets is repaired at once, also where nothing scrubs", async () => {
  const world = await filledWorld(4, { scrubBytesPerSecond: 0 });
  const node = world.node("b");
  world.crash("b", "keep");
  world.restart("b");
  await world.runFor(3_000);
  const whole = await served(node);
  node.disk.damage(firstSegment, 20_000, new Random(1).bytes(700));
  await world.runFor(10_000);
  assert.equal(node.log?.topic("orders")?.corruptRanges, [], "nobody looked");
  new HoppingConsumer(world, "consumer", "orders").visit("b");
  await world.runFor(500);
  new HoppingConsumer(world, "another", "orders").visit("b");
  await world.runFor(500);
  assert.is(world.trace.filter((line) => line.endsWith("b log repaired")).length, 1);
  assert.equal(await served(node), whole);
  assert.equal(world.finish(), []);
});

test("damage that nobody can repair is served by nobody, and repaired once a peer is there", async () => {
  const world = await filledWorld(2);
  const node = world.node("c");
  world.crash("c", "keep");
  world.restart("c");
  world.partition(["c"], ["a", "b"]);
  await world.runFor(3_000);
  const whole = await served(node);
  node.disk.damage(firstSegment, 10_000, Uint8Array.of(0, 0, 0));
  await world.runFor(30_000);
  assert.is(node.log?.topic("orders")?.corruptRanges.length, 1);
  await assertRejects(() => served(node), "LOG_CORRUPT");
  world.heal();
  await world.runFor(30_000);
  assert.equal(await served(node), whole);
  assert.equal(node.log?.topic("orders")?.corruptRanges, []);
  assert.equal(world.finish(), []);
});

test("damage that no peer holds becomes a gap after a minute: readers and peers go on, and a peer that comes repairs it", async () => {
  const world = await filledWorld(5);
  const node = world.node("c");
  world.crash("c", "keep");
  world.restart("c");
  world.partition(["c", "d"], ["a", "b"]);
  await world.runFor(3_000);
  const whole = await served(node);
  node.disk.damage(firstSegment, 30_000, Uint8Array.of(0, 0, 0));
  const damaged = node.disk.peek(firstSegment);
  await world.runFor(10_000);
  world.addNode("d", { indexEveryBytes: 4_096 });
  await world.runFor(20_000);
  const late = world.node("d");
  const nextOffset = node.log?.topic("orders")?.nextOffset;
  assert.ok((late.log?.topic("orders")?.nextOffset ?? 0) < (nextOffset ?? 0) / 2, "d has what is before the damage");
  await assertRejects(() => served(node), "LOG_CORRUPT");
  await world.runFor(60_000);
  assert.is(world.trace.filter((line) => line.endsWith("c log lost")).length, 1);
  assert.equal(late.log?.topic("orders")?.have, node.log?.topic("orders")?.have, "d went on behind it");
  const left = await served(node);
  const sound = left.filter((batch) => whole.includes(batch));
  assert.ok(sound.length > whole.length - 10 && sound.length < whole.length, `${sound.length} of ${whole.length}`);
  assert.is(left.at(-1), whole.at(-1));
  assert.equal(node.disk.peek(firstSegment), damaged, "the bytes stay as they are");
  world.heal();
  await world.runFor(30_000);
  assert.equal(await served(node), whole);
  assert.equal(node.log?.topic("orders")?.corruptRanges, []);
});

test("two nodes that lost different parts repair one another", async () => {
  const world = await filledWorld(3);
  world.crash("a", "keep");
  const [b, c] = [world.node("b"), world.node("c")];
  for (const name of ["b", "c"]) {
    world.crash(name, "keep");
    world.restart(name);
  }
  await world.runFor(3_000);
  const wholes = [await served(b), await served(c)];
  b.disk.damage(firstSegment, 5_000, new Random(1).bytes(200));
  c.disk.damage(firstSegment, 45_000, new Random(2).bytes(200));
  await world.runFor(20_000);
  assert.equal([await served(b), await served(c)], wholes);
  assert.equal(
    [b, c].flatMap(({ log }) => log?.topic("orders")?.corruptRanges),
    [],
  );
});

async function assertRejects(action: () => Promise<unknown>, code: string): Promise<void> {
  const error = await action().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.is((error as { code?: string } | undefined)?.code, code);
}

test.run();
