// runtimes: bun (a data structure, the same everywhere)
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { GivenBatches } from "../../src/client/given_batches.ts";

const producer = "1122334455667788";

test("a batch is given once, whatever came between", () => {
  const batch = fc.record({ sequence: fc.integer({ min: 1, max: 60 }), count: fc.integer({ min: 1, max: 5 }) });
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 60 }), (batches) => {
      const given = new GivenBatches();
      const seen = new Set<number>();
      for (const { sequence, count } of batches) {
        const numbers = Array.from({ length: count }, (_, index) => sequence + index);
        const isNew = numbers.some((number) => !seen.has(number));
        assert.is(given.add({ producer, epoch: 0, sequence }, count), isNew, `${sequence} and ${count - 1} more`);
        for (const number of numbers) seen.add(number);
      }
    }),
    { numRuns: 300 },
  );
});

test("epochs and producers have numbers of their own", () => {
  const given = new GivenBatches();
  assert.ok(given.add({ producer, epoch: 0, sequence: 1 }, 3));
  assert.ok(given.add({ producer, epoch: 1, sequence: 1 }, 3));
  assert.ok(given.add({ producer: "00000000000000aa", epoch: 0, sequence: 1 }, 3));
  assert.not(given.add({ producer, epoch: 0, sequence: 1 }, 3));
  assert.not(given.add({ producer, epoch: 1, sequence: 2 }, 2));
});

test("beyond the bounds the lowest numbers and the quietest producers are forgotten", () => {
  const given = new GivenBatches();
  for (let run = 0; run < 65; run++) assert.ok(given.add({ producer, epoch: 0, sequence: 1 + 10 * run }, 1));
  assert.ok(given.add({ producer, epoch: 0, sequence: 1 }, 1), "the lowest of 65 runs is forgotten");
  assert.not(given.add({ producer, epoch: 0, sequence: 641 }, 1));
  for (let other = 1; other <= 1_000; other++) {
    given.add({ producer: other.toString(16).padStart(16, "0"), epoch: 0, sequence: 1 }, 1);
  }
  assert.ok(given.add({ producer, epoch: 0, sequence: 641 }, 1), "1,000 others came since");
});

test.run();
