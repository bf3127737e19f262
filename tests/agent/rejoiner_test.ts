/** How failed peers are dialled: again and again, also while earlier dials hang. */
import { getLogger } from "@logtape/logtape";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Rejoiner } from "../../src/agent/rejoiner.ts";
import { ManualClock } from "../server/fakes.ts";

/** Dials that hang until they are let go. */
class Dials {
  readonly begun: string[] = [];
  readonly #ends: (() => void)[] = [];

  join([address = ""]: readonly string[]): Promise<{ contacted: readonly string[] }> {
    this.begun.push(address);
    return new Promise((_, reject) => this.#ends.push(() => reject(new Error("nobody answers"))));
  }

  async failAll(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
    await settle();
  }
}

/** Lets promises that are settled be heard. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

async function open(failed: readonly string[], seeds: readonly string[] = []) {
  const [dials, clock] = [new Dials(), new ManualClock()];
  const rejoiner = new Rejoiner({
    ...{ membership: dials, clock, logger: getLogger(["rejoiner-test"]), seeds },
    ...{ failedPeers: () => failed, hasCompany: () => seeds.length === 0 },
  });
  const started = rejoiner.start();
  await dials.failAll();
  await started;
  const rounds = async (count: number): Promise<void> => {
    for (let round = 0; round < count; round++) {
      clock.advance(1_000);
      // The next round is scheduled once this one is over.
      await settle();
    }
  };
  return { dials, rejoiner, rounds };
}

test("a failed peer is dialled every second, also while dials hang, of which there are four at most", async () => {
  const { dials, rejoiner, rounds } = await open(["a"]);
  await rounds(3);
  assert.equal(dials.begun, ["a", "a", "a"]);
  await rounds(3);
  assert.is(dials.begun.length, 4);
  await dials.failAll();
  await rounds(2);
  assert.is(dials.begun.length, 6);
  await rejoiner[Symbol.asyncDispose]();
  await rounds(2);
  assert.is(dials.begun.length, 6);
});

test("a node that is alone dials failed peers also while its seeds hang, which it tries one at a time", async () => {
  const { dials, rejoiner, rounds } = await open(["a"], ["seed"]);
  await rounds(3);
  assert.equal(dials.begun, ["seed", "a", "seed", "a", "a"]);
  await rejoiner[Symbol.asyncDispose]();
});

test("of many failed peers eight are dialled a second, each in its turn, and 32 at a time", async () => {
  const failed = Array.from({ length: 50 }, (_, index) => `peer-${index}`);
  const { dials, rejoiner, rounds } = await open(failed);
  await rounds(1);
  assert.equal(dials.begun, failed.slice(0, 8));
  await rounds(9);
  assert.equal(dials.begun, failed.slice(0, 32));
  await dials.failAll();
  await rounds(2);
  assert.is(dials.begun.length, 48);
  await rejoiner[Symbol.asyncDispose]();
});

test.run();
