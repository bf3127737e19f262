// runtimes: bun (arithmetic alone)
/** The judge of `npm run soak`: what it takes for a leak, and what not. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Sample, trendsOf } from "../../scripts/soak/trends.ts";

/** Thirty samples of a process whose heap is so large, in megabytes, and which has so many sockets. */
function samplesOf(heapOf: (index: number) => number, socketsOf: (index: number) => number = () => 7): Sample[] {
  return Array.from({ length: 30 }, (_, index) => ({
    ...{ minutes: index / 6, rounds: index, residentBytes: 1e8, files: 3, handles: undefined },
    ...{ heapBytes: heapOf(index) * 1e6, sockets: socketsOf(index) },
  }));
}

const growing = (samples: readonly Sample[]): string[] =>
  trendsOf(samples).flatMap(({ what, isFlat }) => (isFlat ? [] : [what]));

test("trendsOf() passes what is noisy, and what grows before it is warm", () => {
  assert.equal(growing(samplesOf((index) => 20 + 4 * (index % 2))), []);
  assert.equal(growing(samplesOf((index) => Math.min(30, 10 + 2 * index))), []);
});

test("trendsOf() finds a heap that grows all the time, and sockets that stay", () => {
  assert.equal(growing(samplesOf((index) => 20 + index / 4)), ["heap"]);
  assert.equal(
    growing(
      samplesOf(
        () => 20,
        (index) => 7 + Math.floor(index / 4),
      ),
    ),
    ["sockets"],
  );
});

test.run();
