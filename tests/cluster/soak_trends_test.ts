// runtimes: bun (arithmetic alone)
/** The judge of `npm run soak`: what it takes for a leak, and what not. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Census, censusOf, grownKinds } from "../../scripts/soak/census.ts";
import { type Sample, trendsOf, type Verdict } from "../../scripts/soak/trends.ts";

/** Samples of a process whose heap is so large, in megabytes, and which has so many sockets. */
function samplesOf(heapOf: (index: number) => number, socketsOf: (index: number) => number = () => 7): Sample[] {
  return Array.from({ length: 21 }, (_, index) => ({
    ...{ minutes: index / 6, rounds: index, residentBytes: 1e8, files: 3, handles: undefined },
    ...{ heapBytes: heapOf(index) * 1e6, sockets: socketsOf(index) },
  }));
}

/** Those that are not flat. */
const notable = (samples: readonly Sample[]): (readonly [string, Verdict])[] =>
  trendsOf(samples).flatMap(({ what, verdict }) => (verdict === "flat" ? [] : [[what, verdict] as const]));

test("trendsOf() passes what is noisy, and single samples that stand out", () => {
  assert.equal(notable(samplesOf((index) => 20 + 0.2 * (index % 2))), []);
  assert.equal(notable(samplesOf((index) => (index === 20 ? 90 : 20))), []);
});

test("trendsOf() finds a heap that grows all the time, and sockets that stay", () => {
  assert.equal(notable(samplesOf((index) => 20 + index / 10)), [["heap", "grows"]]);
  const sockets = (index: number): number => 7 + Math.floor(index / 4);
  assert.equal(notable(samplesOf(() => 20, sockets)), [["sockets", "grows"]]);
});

test("trendsOf() looks at what is always there, whatever comes and goes above it", () => {
  assert.equal(notable(samplesOf((index) => 20 + 8 * ((index * 7) % 3))), []);
  assert.equal(notable(samplesOf((index) => 20 + index / 5 + 8 * ((index * 7) % 3))), [["heap", "grows"]]);
});

test("trendsOf() does not say that it grows where one sample alone was lower", () => {
  assert.equal(notable(samplesOf((index) => (index === 0 ? 20 : index < 7 ? 24 : 23))), [["heap", "unclear"]]);
});

test("trendsOf() does not say flat where what is always there was seen too seldom", () => {
  assert.equal(notable(samplesOf((index) => (index % 7 === 3 ? 20 : 28 + index / 10))), [["heap", "unclear"]]);
});

test("censusOf() counts objects by class, functions by name, and texts together", () => {
  const meta = {
    node_fields: ["type", "name", "self_size"],
    node_types: [["object", "string", "closure"], "string", "number"],
  };
  const nodes = [0, 0, 8, 0, 0, 8, 1, 1, 30, 1, 2, 30, 2, 3, 8];
  const census = censusOf({ snapshot: { meta }, nodes, strings: ["Session", "a text", "another", "close"] });
  assert.equal(
    [...census],
    [
      ["Session", 2],
      ["(string)", 2],
      ["close()", 1],
    ],
  );
});

test("grownKinds() names what there is always more of, and leaves out what comes and goes", () => {
  const censuses: Census[] = Array.from({ length: 6 }, (_, index) => {
    return new Map([
      ["Leaked", 10 * index],
      ["Session", index % 2],
      ["Topic", 4],
      ["Late", index < 4 ? 0 : 1],
    ]);
  });
  assert.equal(grownKinds(censuses), [
    { kind: "Leaked", from: 10, to: 40 },
    { kind: "Late", from: 0, to: 1 },
  ]);
});

test.run();
