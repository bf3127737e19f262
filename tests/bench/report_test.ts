// runtimes: bun, node (it reads documents and draws charts; the bench runs on these two)
/** docs/performance.md and its charts show what bench/results/*.json hold, and nothing else. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { drawCharts } from "../../bench/charts.ts";
import { reasons } from "../../bench/reasons.ts";
import { fillPage, pageFile, readAllResults } from "../../bench/report.ts";
import { type ComparisonResult, mergeComparisons, resultsDirectory } from "../../bench/results.ts";
import { targetRows, verdictOf } from "../../bench/tables.ts";

const page = readFileSync(pageFile, "utf8");
const results = await readAllResults();

function comparison(changes: Partial<ComparisonResult>): ComparisonResult {
  const side = { name: "", durability: "written before ack", median: 1, least: 1, most: 1 };
  const cost = { serverMicroseconds: 1, clientMicroseconds: 1, residentBytesMax: 1 };
  const sides = { ours: { ...side, ...cost }, peer: { ...side, ...cost } };
  const facts = { what: "a / b", valueBytes: 100, figure: "rate", rounds: 5, measuredAt: "" } as const;
  return { ...facts, ...sides, must: 2, aim: 4, ratio: 1, ...changes };
}

test("the page shows the results that are kept: npm run bench -- report", () => {
  assert.is(page, fillPage(page, results));
});

test("the charts show the results that are kept, and are all on the page", () => {
  const charts = drawCharts(results);
  for (const { file, svg } of charts) {
    assert.is(readFileSync(path.join(resultsDirectory, file), "utf8"), svg, file);
    assert.ok(page.includes(`(../bench/results/${file})`), file);
    assert.ok(svg.length < 60_000, `${file} has ${svg.length} bytes`);
  }
  for (const [, file] of page.matchAll(/\(\.\.\/bench\/results\/(\w+\.svg)\)/g)) {
    assert.ok(existsSync(path.join(resultsDirectory, file as string)), file);
  }
});

test("no figure of the page stands outside what is filled in", () => {
  const prose = page.replace(/<!-- results: \w+ -->[\s\S]*?<!-- end -->/g, "").replace(/```[\s\S]*?```/g, "");
  // A size of the workload is no result.
  const figures = prose.replace(/\b100 B\b|TCP|HTTP\/2|\[[^\]]*\]\([^)]*\)/g, "").match(/\d[\d,.]*/g);
  assert.equal(figures ?? [], []);
});

test("what is missed is told with a reason", () => {
  for (const { peers, growth } of Object.values(results)) {
    for (const row of targetRows(peers?.results ?? [], growth?.results ?? [])) {
      if (verdictOf(row) !== "missed") continue;
      assert.ok(
        reasons.some(({ begins }) => row.what.startsWith(begins)),
        `bench/reasons.ts says nothing of "${row.what}"`,
      );
    }
  }
});

test("verdictOf() takes less for better where delays are compared", () => {
  const row = { what: "", must: 2, aim: 4, isLessBetter: false };
  assert.equal(
    [1.99, 2, 4].map((ratio) => verdictOf({ ...row, ratio })),
    ["missed", "must", "aim"],
  );
  assert.equal(
    [4.1, 4, 2].map((ratio) => verdictOf({ ...row, must: 4, aim: 2, isLessBetter: true, ratio })),
    ["missed", "must", "aim"],
  );
});

test("mergeComparisons() replaces what was made again and keeps the rest in its place", () => {
  const before = [comparison({}), comparison({ valueBytes: 1_024 }), comparison({ figure: "p50Ms" })];
  const again = comparison({ valueBytes: 1_024, ratio: 9 });
  assert.equal(mergeComparisons(before, [again]), [before[0], again, before[2]] as ComparisonResult[]);
});

test("fillPage() refuses a section that there is not", () => {
  assert.throws(() => fillPage("<!-- results: speed -->\n<!-- end -->", results), /Cannot fill "speed"/);
});

test.run();
