import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.uint32());
}

test("Random draws the same numbers from one seed on every runtime", () => {
  // Golden: a change of any of these changes every recorded seed.
  assert.equal(draw(new Random(1), 5), [977924363, 1258591824, 372947730, 36866773, 3158311978]);
  assert.equal(draw(new Random("seed").fork("gossip"), 3), [3277282247, 177022241, 2017148764]);
  const random = new Random(42);
  assert.equal([random.below(10), random.between(5, 7), random.chance(0.5)], [1, 5, false]);
  assert.is(random.pick(["a", "b", "c"]), "c");
  assert.equal(random.shuffle([1, 2, 3, 4, 5, 6]), [5, 2, 4, 1, 3, 6]);
  assert.equal([...random.bytes(6)], [91, 2, 178, 141, 66, 102]);
});

test('Random takes 1 and "1" as the same seed and others as others', () => {
  assert.equal(draw(new Random("1"), 4), draw(new Random(1), 4));
  assert.not.equal(draw(new Random(2), 4), draw(new Random(1), 4));
});

test("Random.fork() gives a generator that later draws of its parent do not touch", () => {
  const quiet = new Random(7);
  const busy = new Random(7);
  const fromQuiet = quiet.fork("a");
  const fromBusy = busy.fork("a");
  draw(busy, 100);
  assert.equal(draw(fromQuiet, 8), draw(fromBusy, 8));
  assert.not.equal(draw(new Random(7).fork("b"), 8), draw(new Random(7).fork("a"), 8));
});

test("Random.below() stays in its bounds and favours nobody", () => {
  const random = new Random(3);
  const counts = new Array<number>(10).fill(0);
  for (let index = 0; index < 100_000; index++) {
    const number = random.below(10);
    counts[number] = (counts[number] as number) + 1;
  }
  assert.is(counts.length, 10);
  for (const count of counts) assert.ok(count > 9_500 && count < 10_500, `${counts}`);
  for (let index = 0; index < 100; index++) assert.is(random.below(1), 0);
});

test("Random.between() reaches both ends", () => {
  const random = new Random(4);
  const seen = new Set(Array.from({ length: 200 }, () => random.between(-1, 1)));
  assert.equal([...seen].sort(), [-1, 0, 1]);
});

test("Random.chance() is never true at 0 and always at 1", () => {
  const random = new Random(5);
  let hits = 0;
  for (let index = 0; index < 10_000; index++) {
    assert.is(random.chance(0), false);
    assert.is(random.chance(1), true);
    if (random.chance(0.25)) hits++;
  }
  assert.ok(hits > 2_300 && hits < 2_700, `${hits}`);
});

test("Random.pick() of nothing is undefined", () => {
  assert.is(new Random(1).pick([]), undefined);
});

test("Random.shuffle() keeps the items and brings each to each place", () => {
  const random = new Random(6);
  const first = new Set<number>();
  for (let round = 0; round < 100; round++) {
    const items = random.shuffle([1, 2, 3, 4]);
    first.add(items[0] as number);
    assert.equal([...items].sort(), [1, 2, 3, 4]);
  }
  assert.is(first.size, 4);
});

test.run();
