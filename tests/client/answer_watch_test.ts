// runtimes: bun (promises and virtual time alone)
import { test } from "uvu";
import * as assert from "uvu/assert";
import { AnswerWatch } from "../../src/client/answer_watch.ts";
import { ClientError } from "../../src/client/errors.ts";
import { IdleClock } from "./idle_clock.ts";

const never = (): Promise<never> => new Promise(() => {});

test("each answer is given up in its own time, whatever others are waited for", async () => {
  const clock = new IdleClock();
  const watch = new AnswerWatch(clock);
  assert.is(await watch.within(30_000, "http://a", Promise.resolve("at once")), "at once");
  const late = (patienceMs: number): Promise<number> =>
    watch.within(patienceMs, "http://a", never()).catch((error: unknown) => {
      assert.instance(error, ClientError);
      assert.is((error as ClientError).code, "DEADLINE_EXCEEDED");
      return clock.nowMs();
    });
  assert.equal(await Promise.all([late(20_000), late(500), late(1_000)]), [20_000, 500, 1_000]);
});

test.run();
