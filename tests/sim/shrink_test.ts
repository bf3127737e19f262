// runtimes: bun (what one runtime finds, all find: traces are the same)
// timeout: 120
import { test } from "uvu";
import * as assert from "uvu/assert";
import { concernedLines, flagsOf, mutations, numbersOf, runSeed, shrinkSeed } from "../../src/testing/mod.ts";
import { rangesOf } from "../../src/testing/seed_limits.ts";

/** What is done in place of a rule, by its name on the command line. */
function broken(name: string) {
  const { sabotage, faults } = mutations.find((mutation) => mutation.name === name) ?? {};
  assert.ok(sabotage !== undefined, `${name} is a mutation`);
  return { sabotage, faults };
}

test("shrinkSeed() finds a world of few records in which causes are still shipped after effects", async () => {
  const rules = broken("ship-by-feed");
  // How small it gets differs by seed: not every order of removals leads to the smallest world.
  for (const seed of [5, 4, 1, 8, 3, 6]) if (await isShrunkToFew(seed, rules)) return;
  assert.unreachable("none of the seeds became small");
});

async function isShrunkToFew(seed: number, rules: ReturnType<typeof broken>): Promise<boolean> {
  const whole = await runSeed(seed, rules);
  const shrunk = await shrinkSeed(seed, rules);
  if (shrunk === undefined) return false;
  assert.is(shrunk.guarantee, "G3 causal order");
  const { report } = shrunk;
  const lines = concernedLines(report);
  assert.ok(lines.length < whole.trace.length, lines.join("\n"));
  assert.match(lines.at(-1) as string, "VIOLATION G3 causal order");
  return report.happened.produces.length <= 3 && report.happened.strikes.length === 0 && lines.length <= 20;
}

test("the limits that shrinkSeed() found replay the same trace", async () => {
  const rules = broken("keep-writer");
  const shrunk = await shrinkSeed(1, rules);
  const { report, limits, guarantee, runs } = shrunk as NonNullable<typeof shrunk>;
  assert.ok(runs > 1 && runs <= 400);
  const again = await runSeed(1, { ...rules, limits });
  assert.equal(again.trace, report.trace);
  assert.ok(again.violations.some((violation) => violation.guarantee === guarantee));
  assert.match(flagsOf(limits).join(" "), /--faults [a-z,]*wipe/);
});

test("shrinkSeed() stops after as many worlds as it may run, and says nothing of a sound seed", async () => {
  const shrunk = await shrinkSeed(2, { ...broken("ship-by-feed"), runsMax: 5 });
  assert.is(shrunk?.runs, 5);
  assert.is(await shrinkSeed(2, { limits: { stormMs: 500 } }), undefined);
});

test("a limit leaves away what it names and nothing else", async () => {
  const limits = { produces: [2, 5], strikes: [], consumers: 0, nodes: 2, stormMs: 4_000 };
  const { happened, trace, violations } = await runSeed(2, { limits });
  assert.equal(violations, []);
  assert.ok(happened.produces.every((number) => limits.produces.includes(number)));
  assert.equal([happened.strikes, happened.consumers, happened.nodes, happened.stormMs], [[], 0, 2, 4_000]);
  assert.not.ok(trace.some((line) => line.includes("crashes")));
  const other = await runSeed(2, { limits: { ...limits, produces: [2] } });
  const first = (lines: readonly string[]) => lines.find((line) => line.includes("acknowledges"));
  assert.is(first(other.trace), first(trace));
});

test("numbers are written as ranges, and read again", () => {
  const rows: [numbers: number[], text: string][] = [
    [[], ""],
    [[4], "4"],
    [[9, 1, 2, 3, 7], "1-3,7,9"],
  ];
  for (const [numbers, text] of rows) {
    assert.is(rangesOf(numbers), text);
    assert.equal(numbersOf(text || "none"), [...numbers].sort());
  }
  for (const text of ["", "0", "3-1", "a", "1,,2", "1-", "1-999999"]) assert.is(numbersOf(text), undefined, text);
});

test.run();
