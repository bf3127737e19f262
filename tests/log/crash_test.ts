// timeout: 120
// The short form of `npm run crash`: crashes at steps of workloads, and within writes, and what must be true afterwards.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CrashWorld } from "../../scripts/crashes/crash_world.ts";
import type { Served } from "../../scripts/crashes/reading.ts";
import { checkRecovery } from "../../scripts/crashes/recovery_check.ts";
import { type CrashRow, cutsOf, simulateCrashes } from "../../scripts/crashes/simulated.ts";
import { Tables } from "../../scripts/crashes/tables.ts";
import { Random } from "../../src/base/mod.ts";

const share = 0.0005;

test("nothing promised is lost, tails are cut once and indexes agree with a scan, wherever a crash comes", async () => {
  const rows = await simulateCrashes({ seed: "ci", share });
  const sum = (count: (row: CrashRow) => number): number => rows.reduce((total, row) => total + count(row), 0);
  const crashes = sum((row) => row.crashes.killed + row.crashes["killed within a write"] + row.crashes["power cut"]);
  assert.ok(crashes > 100, `${crashes} crashes`);
  // Each kind of recovery was needed by some of them.
  assert.ok(sum(({ recovery }) => recovery.tornTails) > 20);
  assert.ok(sum(({ recovery }) => recovery.replays) > 5);
  assert.ok(sum(({ recovery }) => recovery.newWriters) > 20);
});

test("a power cut within retention leaves no index without its segment", async () => {
  await simulateCrashes({
    seed: "1",
    share: 0.25,
    workloads: ["roll"],
    only: (step) => step?.operation === "remove",
  });
});

test("a crash before or after a compacted segment takes its place leaves one of both, and the same table", async () => {
  const rows = await simulateCrashes({
    ...{ seed: "1", share: 0.015, workloads: ["compaction"] },
    only: (step) => step?.operation === "replace" || step?.operation === "sync-names",
  });
  const powerCuts = rows.reduce((sum, { crashes }) => sum + crashes["power cut"], 0);
  assert.ok(powerCuts > 10, `${powerCuts} power cuts`);
});

test("the check of a table bites on what is missing, what came back and what was never there", () => {
  const tables = new Tables();
  const acknowledge = (key: string, text: string, sequence: number) =>
    tables.acknowledged("t", { key, text, writer: "w", sequence });
  acknowledge("a", "1", 1);
  acknowledge("b", "2", 2);
  acknowledge("a", "", 3);
  const faultsOf = (present: readonly (readonly [string, string, number])[], have = 3, count = 3): string[] => {
    const records = present.map(([key, text, sequence]) => ({ key, text, sequence }));
    const frames = [{ header: { writer: "w" }, records }] as unknown as Served[];
    return tables.faultsOf("t", { frames, have: new Map([["w", have]]), count });
  };
  assert.equal(faultsOf([["b", "2", 2]]), []);
  assert.equal(
    faultsOf([
      ["b", "2", 2],
      ["a", "", 3],
    ]),
    [],
  );
  assert.equal(faultsOf([]), ['key b is "", not "2"']);
  assert.equal(
    faultsOf([
      ["a", "1", 1],
      ["b", "2", 2],
    ]),
    ['key a is "1", not ""'],
  );
  assert.equal(
    faultsOf(
      [
        ["a", "1", 1],
        ["b", "2", 2],
      ],
      2,
    ),
    [],
    "the delete is not owed",
  );
  assert.equal(
    faultsOf(
      [
        ["a", "1", 1],
        ["b", "2", 2],
        ["b", "3", 4],
      ],
      4,
      2,
    ),
    [],
    "nobody was told of the last one yet",
  );
});

test("the check of a recovery bites on what is missing, altered and named twice", async () => {
  const world = new CrashWorld("bites", { fsync: "never" });
  const topic = await (await world.open()).openTopic("t");
  for (let record = 0; record < 3; record++) await world.produce(topic, [world.text()]);
  const { options, ledger, tables } = world;
  const moment = world.moments.at(-1);
  assert.ok(moment !== undefined);
  const { debt, rows } = moment;
  const check = async (killed: boolean, forget: boolean): Promise<string> => {
    const disk = moment.disk.fork();
    disk.crash(forget ? "lose-unsynced" : "keep", new Random(1));
    const random = new Random(2);
    try {
      await checkRecovery({ disk, options, ledger, tables, debt, rows, killed, random });
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.is(await check(true, false), "");
  assert.is(await check(false, true), "", "under never a power cut may take it");
  assert.match(await check(true, true), /goes to 0, 3 was promised/);
  const writer = [...topic.have.keys()][0] as string;
  assert.match(ledger.contradiction("t", writer, { sequence: 1, text: "other", published: 3 }) ?? "", 'is "other"');
});

test("cutsOf() cuts short writes at each byte, long ones at their ends and sectors", () => {
  assert.equal([...cutsOf(4)], [1, 2, 3]);
  assert.is([...cutsOf(1_024)].length, 1_023);
  const cuts = [...cutsOf(10_000)];
  assert.ok(cuts.length < 500);
  for (const cut of [1, 300, 511, 512, 513, 5_119, 5_120, 5_121, 9_999]) assert.ok(cuts.includes(cut), `${cut}`);
});

test.run();
