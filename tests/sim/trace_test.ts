// One seed gives one trace on every runtime. After a change that is meant to change traces: REWRITE=1 rewrites the file.
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runSeed, traceHash } from "../../src/testing/mod.ts";

const seeds = Array.from({ length: 12 }, (_, index) => 1_001 + index);
const golden = new URL("./trace_hashes.txt", import.meta.url);

test("12 seeds give the same traces as ever, on every runtime", async () => {
  let text = "";
  for (const seed of seeds) {
    const report = await runSeed(seed);
    text += `${seed} ${traceHash(report.trace)} ${report.trace.length} lines ${report.events} events\n`;
  }
  if (process.env["REWRITE"] === "1") writeFileSync(golden, text);
  const message =
    "Traces differ from trace_hashes.txt. On one runtime only: something depends on it. On all: run with REWRITE=1";
  assert.is(text, readFileSync(golden, "utf8"), message);
});

test("the same seed twice gives the same trace, another seed another", async () => {
  const [first, again, other] = [await runSeed(7), await runSeed(7), await runSeed(8)];
  assert.equal(first.trace, again.trace);
  assert.is.not(traceHash(first.trace), traceHash(other.trace));
});

test.run();
