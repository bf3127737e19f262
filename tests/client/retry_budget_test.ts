// runtimes: bun (it is about decisions, on virtual time)
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { RetryBudget } from "../../src/client/retry_budget.ts";

test("RetryBudget gives a fifth of the calls and a few more, however calls and retries mix", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = new Random(`budget ${seed}`);
    const budget = new RetryBudget();
    let [nowMs, calls, retries] = [5_000, 0, 0];
    const beganAtMs = nowMs;
    for (let round = 0; round < 5_000; round++) {
      nowMs += random.below(4);
      budget.called(nowMs);
      calls++;
      while (random.below(5) > 0) if (budget.take(nowMs)) retries++;
      const allowed = 10 + calls / 5 + (nowMs - beganAtMs) / 1_000;
      assert.ok(retries <= allowed + 1e-6, `seed ${seed}: ${retries} retries of ${calls} calls`);
    }
    assert.ok(retries > calls / 5, `${retries} retries of ${calls} calls`);
  }
});

test("RetryBudget lets one try again who seldom calls", () => {
  const budget = new RetryBudget();
  for (let hour = 1; hour <= 5; hour++) {
    for (let retry = 0; retry < 10; retry++) assert.ok(budget.take(hour * 3_600_000));
    assert.not(budget.take(hour * 3_600_000));
  }
});

test.run();
