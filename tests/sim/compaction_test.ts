// runtimes: bun (whole worlds; the traces of trace_test.ts show that they are the same on every runtime)
import process from "node:process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { CompactedTable, noFaults, World } from "../../src/testing/mod.ts";

const seedsAsked = Number(process.env["SEEDS"] ?? 4);
const firstSeed = Number(process.env["SEED"] ?? 1);

/** Partitions and crashes, one after another, while a table is written and compacted everywhere. */
async function storm(world: World, random: Random): Promise<void> {
  const names = world.nodes.map(({ name }) => name);
  for (let strike = 0; strike < 8; strike++) {
    const name = random.pick(names) as string;
    const others = names.filter((other) => other !== name);
    if (random.chance(0.5)) {
      world.partition([name], others);
      await world.runFor(random.between(500, 3_000));
      world.heal();
    } else {
      world.crash(name, random.pick(["keep", "lose-unsynced", "reorder-unsynced", "tear-last-write"]) ?? "keep");
      await world.runFor(random.between(100, 1_500));
      world.restart(name);
    }
    await world.runFor(random.between(500, 2_000));
  }
}

test("nodes that compact at other times, through partitions and crashes, come to the same table", async () => {
  let removed = 0;
  for (let seed = firstSeed; seed < firstSeed + seedsAsked; seed++) {
    const random = new Random(`compaction/${seed}`);
    const world = new World(`compaction/${seed}`, noFaults, { gossip: false });
    for (const name of ["a", "b", "c"]) world.addNode(name, { indexEveryBytes: 4_096, responseBytesMax: 8_192 });
    await world.runFor(5_000);
    const table = new CompactedTable(world, random.fork("table"), {
      ...{ topic: "prices", keys: 15, writeEveryMs: 60 },
      compactEveryMs: random.pick([300, 1_000, 3_000]) as number,
    });
    await storm(world, random.fork("storm"));
    table.stop();
    await world.runFor(2_000);
    world.introduceAll();
    for (let step = 0; step < 20 && !world.hasConverged; step++) await world.runFor(2_000);
    const [first, ...others] = world.nodes;
    assert.ok(first);
    const rows = await table.rowsOf(first);
    assert.ok(rows.length > 5, `${rows.length}`);
    for (const node of others) assert.equal(await table.rowsOf(node), rows, `seed ${seed}, ${node.name}`);
    table.compactAll();
    await world.runFor(2_000);
    for (const node of world.nodes) assert.equal(await table.rowsOf(node), rows, `seed ${seed}, ${node.name} again`);
    removed += table.removed;
    assert.equal(world.finish(), [], `seed ${seed}`);
  }
  assert.ok(removed > 100 * seedsAsked, `${removed} records were removed`);
});

test.run();
