import { test } from "uvu";
import * as assert from "uvu/assert";
import { log2, log10Ceiling, log10Thousandths } from "../../src/gossip/logarithms.ts";

test("log2() is within a millionth of the runtime's for every count of nodes that matters", () => {
  for (let value = 1; value < 5_000; value++) assert.ok(Math.abs(log2(value) - Math.log2(value)) < 1e-6, String(value));
  assert.is(log2(1), 0);
  assert.is(log2(1024), 10);
});

test("log10Thousandths() rounds down and is exact at the powers of ten", () => {
  const rows: [number, number][] = [
    [1, 0],
    [2, 301],
    [9, 954],
    [10, 1000],
    [11, 1041],
    [100, 2000],
    [999, 2999],
    [1000, 3000],
    [1_000_000, 6000],
  ];
  for (const [value, expected] of rows) assert.is(log10Thousandths(value), expected, String(value));
});

test("log10Ceiling() counts the digits that a value needs", () => {
  const rows: [number, number][] = [
    [1, 0],
    [2, 1],
    [10, 1],
    [11, 2],
    [100, 2],
    [101, 3],
  ];
  for (const [value, expected] of rows) assert.is(log10Ceiling(value), expected, String(value));
});

test.run();
