import { test } from "uvu";
import * as assert from "uvu/assert";
import { cursorsTopic, FrameBuilder, Random, toText } from "../../src/base/mod.ts";
import { CursorRegistry, type Log, type LogOptions } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, openLog, readAll, rejection } from "./log_kit.ts";

const small: LogOptions = { segmentBytesMax: 65_536 };
const orders = { name: "orders", generation: 1 };
const [ada, bob, cyd] = ["a".repeat(16), "b".repeat(16), "c".repeat(16)] as const;

/** A node as far as named cursors need one. */
interface Node {
  readonly disk: SimulatedDisk;
  readonly log: Log;
  readonly registry: CursorRegistry;
  readonly warnings: string[];
}

async function openNode(seed: number, disk = new SimulatedDisk(), options: LogOptions = small): Promise<Node> {
  const { log } = await openLog(disk.mount(), options, environment(new Random(seed)));
  const warnings: string[] = [];
  const registry = await CursorRegistry.open(log, {
    wallMs: () => 1_000,
    onWarn: (message) => warnings.push(message),
  });
  return { disk, log, registry, warnings };
}

async function closeNode({ log, registry }: Node): Promise<void> {
  await registry[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
}

/** As replication would: what `to` lacks of `_cursors`. */
async function ship(from: Node, to: Node): Promise<void> {
  const source = from.log.topic(cursorsTopic);
  if (source === undefined) return;
  const target = await to.log.openTopic(cursorsTopic);
  const { frames } = await source.readMissing(target.have, 8 * 1_048_576);
  if (frames.length > 0) await target.apply(frames.slice());
}

function save(node: Node, vector: Readonly<Record<string, number>>, resets = 0, name = "billing") {
  return node.registry.save(orders, name, { vector: new Map(Object.entries(vector)), resets });
}

async function vectorOf({ registry }: Node, name = "billing"): Promise<Record<string, number> | undefined> {
  const saved = await registry.get(orders, name);
  return saved && Object.fromEntries(saved.vector);
}

function recordsOf({ log }: Node): number {
  return log.topic(cursorsTopic)?.nextOffset ?? 0;
}

test("save() on two nodes comes to the pointwise maximum on both, in whatever order the records come", async () => {
  const [first, second] = [await openNode(1), await openNode(2)];
  await save(first, { [ada]: 5, [bob]: 1 });
  await save(second, { [ada]: 2, [bob]: 9, [cyd]: 3 });
  await ship(first, second);
  await ship(second, first);
  for (const node of [first, second]) assert.equal(await vectorOf(node), { [ada]: 5, [bob]: 9, [cyd]: 3 });
  for (const node of [first, second]) await closeNode(node);
});

test("save() is fsynced before it resolves under every policy, and is read again after a crash", async () => {
  for (const fsync of ["never", "interval", "always"] as const) {
    const node = await openNode(1, new SimulatedDisk(), { ...small, fsync });
    await save(node, { [ada]: 7 });
    node.disk.crash("lose-unsynced", new Random(2));
    const again = await openNode(3, node.disk, { ...small, fsync });
    assert.equal(await vectorOf(again), { [ada]: 7 }, fsync);
    // A writer that begins goes on from what the one before it knew.
    await save(again, { [bob]: 1 });
    assert.equal(await vectorOf(again), { [ada]: 7, [bob]: 1 });
    await closeNode(again);
  }
});

test("save() that adds nothing writes nothing, and those of one moment become one batch with one record a name", async () => {
  const node = await openNode(1);
  await save(node, { [ada]: 5 });
  await save(node, { [ada]: 5 });
  await save(node, { [ada]: 3 });
  assert.is(recordsOf(node), 1);
  await Promise.all(Array.from({ length: 100 }, (_, index) => save(node, { [ada]: index }, 0, `name${index % 4}`)));
  assert.is(recordsOf(node), 5);
  assert.is((await readAll(await node.log.openTopic(cursorsTopic))).length, 2);
  assert.equal(await vectorOf(node, "name3"), { [ada]: 99 });
  await closeNode(node);
});

test("compaction keeps one record of each writer, and nothing that was saved is lost", async () => {
  const [first, second] = [await openNode(1), await openNode(2)];
  for (let round = 1; round <= 400; round++) {
    await save(first, { [ada]: round });
    await save(second, { [bob]: round });
    if (round % 100 === 0) await ship(second, first);
  }
  await ship(second, first);
  const topic = await first.log.openTopic(cursorsTopic);
  const { records } = await topic.compact();
  assert.ok(records > 0, "something was compacted");
  await closeNode(first);
  const again = await openNode(3, first.disk);
  assert.equal(await vectorOf(again), { [ada]: 400, [bob]: 400 });
  for (const node of [again, second]) await closeNode(node);
});

test("reset() may go back, and what readers from before it save is refused, also where both meet later", async () => {
  const [first, second] = [await openNode(1), await openNode(2)];
  await save(first, { [ada]: 50 });
  await ship(first, second);
  assert.is((await first.registry.reset(orders, "billing", new Map([[ada, 10]]))).resets, 1);
  const refused = await rejection(save(first, { [ada]: 60 }));
  assert.is(refused.code, "CURSOR_RESET");
  assert.match(refused.message, 'Cannot save cursor "billing" of topic "orders": it was set anew');
  // The other side has not heard of it: what it takes no longer counts once they meet.
  await save(second, { [ada]: 70 });
  await ship(second, first);
  await ship(first, second);
  for (const node of [first, second]) assert.equal(await vectorOf(node), { [ada]: 10 });
  // A reader that heard of it saves at a node that has not.
  const third = await openNode(4);
  await save(third, { [ada]: 11 }, 1);
  assert.is((await third.registry.get(orders, "billing"))?.resets, 1);
  for (const node of [first, second, third]) await closeNode(node);
});

test("delete() ends a cursor, a delete beats a reset of the same count, and a new life begins above it", async () => {
  const [first, second] = [await openNode(1), await openNode(2)];
  assert.is((await rejection(first.registry.delete(orders, "billing"))).code, "CURSOR_NOT_FOUND");
  await save(first, { [ada]: 50 });
  await ship(first, second);
  await first.registry.delete(orders, "billing");
  await second.registry.reset(orders, "billing", new Map([[ada, 1]]));
  await ship(second, first);
  await ship(first, second);
  for (const { registry } of [first, second]) {
    assert.equal(await registry.list(orders), []);
    assert.is((await registry.get(orders, "billing"))?.deleted, true);
  }
  assert.match((await rejection(save(first, { [ada]: 51 }, 1))).message, "it was deleted since this consumer began");
  assert.is((await rejection(first.registry.delete(orders, "billing"))).code, "CURSOR_NOT_FOUND");
  await save(first, { [ada]: 2 }, 2);
  assert.equal(await vectorOf(first), { [ada]: 2 });
  for (const node of [first, second]) await closeNode(node);
});

test("reset() of a deleted cursor is not undone by who began before it, where it was deleted", async () => {
  const node = await openNode(1);
  await save(node, { [ada]: 50 });
  const { resets } = await node.registry.delete(orders, "billing");
  // A server tells whoever begins now to save with the count above.
  const began = resets + 1;
  await node.registry.reset(orders, "billing", new Map([[ada, 10]]));
  assert.is((await rejection(save(node, { [ada]: 60 }, began))).code, "CURSOR_RESET");
  assert.equal(await vectorOf(node), { [ada]: 10 });
  await closeNode(node);
});

test("changes that are told that the disk failed are not made later", async () => {
  const node = await openNode(1);
  await save(node, { [ada]: 1 });
  // More than one batch takes: the last change waits for the next one.
  const large = Object.fromEntries(
    Array.from({ length: 9_000 }, (_, index) => [`${index}`.padStart(16, "f"), 2 ** 40 + index]),
  );
  node.disk.failNext("write", "EIO", { name: ".log" });
  const saves = Array.from({ length: 12 }, (_, index) => save(node, large, 0, `large-${index}`));
  const last = save(node, { [ada]: 9 });
  for (const failed of await Promise.all([...saves, last].map(rejection))) assert.is(failed.code, "LOG_WRITE_FAILED");
  await save(node, { [bob]: 1 }, 0, "another");
  assert.equal(await vectorOf(node), { [ada]: 1 });
  await closeNode(node);
});

test("cursors of a generation go when it is deleted, and an earlier one cannot be saved any more", async () => {
  const node = await openNode(1);
  await save(node, { [ada]: 50 });
  await node.log.settleLife("orders", { generation: 2, deleted: false });
  const next = { name: "orders", generation: 2 };
  assert.is(await node.registry.get(next, "billing"), undefined);
  assert.is(node.registry.size, 0);
  await node.registry.save(next, "billing", { vector: new Map([[bob, 1]]), resets: 0 });
  assert.is((await rejection(save(node, { [ada]: 51 }))).code, "TOPIC_DELETED");
  assert.is((await rejection(node.registry.reset(orders, "billing", new Map()))).code, "TOPIC_DELETED");
  await node.registry[Symbol.asyncDispose]();
  // Read again, what belongs to the past is passed over.
  const registry = await CursorRegistry.open(node.log, { wallMs: () => 1, onWarn: assert.unreachable });
  assert.equal(Object.fromEntries((await registry.get(next, "billing"))?.vector ?? []), { [bob]: 1 });
  await registry[Symbol.asyncDispose]();
  await node.log[Symbol.asyncDispose]();
});

test("records of _cursors that make no sense are told and passed over", async () => {
  const node = await openNode(1);
  const topic = await node.log.openTopic(cursorsTopic);
  const rows: [string, Uint8Array][] = [
    ["orders/billing", new Uint8Array([1, 0, 1, 0, 0])],
    [`orders/billing/${ada}/x`, new Uint8Array([1, 0, 1, 0, 0])],
    [`orders/bad name/${ada}`, new Uint8Array([1, 0, 1, 0, 0])],
    [`orders/billing/${ada}`, new Uint8Array([2, 0, 1, 0, 0])],
    [`orders/billing/${ada}`, new Uint8Array([1, 2, 1, 0, 0])],
    [`orders/billing/${ada}`, new Uint8Array([1, 0, 0, 0, 0])],
    [`orders/billing/${ada}`, new Uint8Array([1, 0, 1, 0, 5])],
    [`orders/billing/${ada}`, new Uint8Array(0)],
  ];
  for (const [key, value] of rows) {
    const builder = new FrameBuilder();
    builder.add({ key, value }, 1);
    await topic.produce(builder.finish());
  }
  assert.is(await node.registry.get(orders, "billing"), undefined);
  assert.is(node.warnings.length, rows.length);
  await save(node, { [ada]: 1 });
  assert.equal(await vectorOf(node), { [ada]: 1 });
  const stored = (await readAll(topic)).at(-1)?.bytes ?? new Uint8Array(0);
  assert.match(toText(stored), `orders/billing/${node.log.writer}`);
  await closeNode(node);
});

test("a registry that is closed refuses what comes", async () => {
  const node = await openNode(1);
  await save(node, { [ada]: 1 });
  await closeNode(node);
  assert.is((await rejection(save(node, { [ada]: 2 }))).code, "LOG_CLOSED");
});

test.run();
