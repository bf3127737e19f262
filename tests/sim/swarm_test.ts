// Random worlds for so long: SIM_SECONDS (default 5), or one of them with its trace: SEED=n.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runSeed, type SeedReport, traceHash } from "../../src/testing/mod.ts";
import { regressions } from "./regressions.ts";

const seconds = Number(process.env["SIM_SECONDS"] ?? 5);
const onlySeed = process.env["SEED"];

function judge(report: SeedReport): void {
  if (report.violations.length === 0) return;
  const lines = report.violations.map(({ guarantee, atMs, message }) => `at ${atMs} ms, ${guarantee}: ${message}`);
  assert.unreachable(`seed ${report.seed} (replay it with SEED=${report.seed}):\n${lines.join("\n")}`);
}

if (onlySeed !== undefined) {
  test(`seed ${onlySeed} keeps every guarantee`, async () => {
    const report = await runSeed(Number(onlySeed));
    for (const line of report.trace) console.log(line);
    console.log(`\nreport: trace ${traceHash(report.trace)}, ${report.events} events`);
    judge(report);
  });
} else {
  // Once: trace_test.ts shows that one seed gives one trace on every runtime.
  for (const { seed, was } of "Bun" in globalThis ? regressions : []) {
    test(`seed ${seed} stays sound: ${was}`, async () => {
      judge(await runSeed(seed));
    });
  }

  test(`random worlds of ${seconds} s keep every guarantee`, async () => {
    const endMs = performance.now() + 1_000 * seconds;
    let seeds = 0;
    let acknowledged = 0;
    for (let seed = 1; performance.now() < endMs; seed++) {
      const report = await runSeed(seed);
      judge(report);
      seeds++;
      acknowledged += report.acknowledged;
    }
    console.log(`\nreport: ${seeds} seeds, ${acknowledged} records acknowledged, no violation`);
  });
}

test.run();
