// runtimes: bun (what one runtime finds, all find: traces are the same)
// timeout: 300
// The checkers bite: each broken rule is found within some seeds, by a checker whose guarantee it breaks.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { mutations, runSeed } from "../../src/testing/mod.ts";

/** Enough for every row, several times over. */
const seedsMax = 80;
/** Seeds in which what tempts nodes must come to nothing. */
const controlSeeds = 3;

for (const { rule, broken, sabotage, found, faults, topics, control } of mutations) {
  test(`${rule}: it is found when ${broken}`, async () => {
    for (let seed = 1; seed <= seedsMax; seed++) {
      const { violations } = await runSeed(seed, { sabotage, faults, topics });
      if (violations.some((violation) => found.test(violation.guarantee))) return;
    }
    assert.unreachable(`${seedsMax} seeds found nothing`);
  });

  if (control === undefined) continue;
  test(`${rule}: nothing comes of what tempts to it while ${broken} not`, async () => {
    for (let seed = 1; seed <= controlSeeds; seed++) {
      assert.equal((await runSeed(seed, { sabotage: control, faults, topics })).violations, []);
    }
  });
}

test.run();
