// runtimes: bun (it is about the client's decisions, on a clock of its own)
/** Consumers that hop between servers which break off in every way: each record once, causes first, and never a hang. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { LogRecord } from "../../src/client/mod.ts";
import { type ClusterPlan, covers, FaultyCluster, type SharedBatch } from "./faulty_cluster.ts";

const seeds = Number(process.env["SEEDS"] ?? 8);
const plan: Omit<ClusterPlan, "seed"> = { servers: 3, batches: 30, twinsEvery: 0, messagesMax: 4 };

/** Longer than any run of bad luck. */
const failoverMs = 3_600_000;
/** In this time whatever is there has come. */
const allMs = 900_000;

/** What a run gave. */
class Given {
  readonly values: string[] = [];

  add(record: LogRecord): void {
    this.values.push(record.text());
  }

  /** Each of these once, and nothing else. */
  checkAll(batches: readonly SharedBatch[], about: string): void {
    const wanted = [...new Set(batches.flatMap(({ values }) => values))].sort();
    assert.equal(this.values.toSorted(), wanted, about);
  }

  /** Whatever a batch's writer had when it wrote it stands before it, where that was wanted at all. */
  checkOrder(batches: readonly SharedBatch[], about: string): void {
    const at = new Map(this.values.map((value, index) => [value, index]));
    for (const { values, causes } of batches) {
      // Of a twin either way is right: its causes are the same, but for what stands before it in its own feed.
      if (batches.filter((one) => one.values === values).length > 1) continue;
      for (const cause of causes.filter((one) => batches.includes(one))) {
        if (batches.filter((one) => one.values === cause.values).length > 1) continue;
        const [first = 0, last = 0] = [at.get(values[0] as string), at.get(cause.values.at(-1) as string)];
        assert.ok(last < first, `${about}: ${values[0]} stands before its cause ${cause.values[0]}`);
      }
    }
  }
}

/** Runs it for each seed. */
async function forSeeds(
  chosen: Partial<ClusterPlan>,
  run: (cluster: FaultyCluster, about: string) => Promise<void>,
): Promise<void> {
  let breaks = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const cluster = new FaultyCluster({ ...plan, ...chosen, seed });
    await run(cluster, `seed ${seed}`);
    breaks += cluster.breaks;
  }
  assert.ok(breaks > 5 * seeds, `streams broke ${breaks} times only`);
}

for (const twinsEvery of [0, 3]) {
  test(`a consumer that follows gives each record once${twinsEvery > 0 ? ", twins, too" : ""}`, () =>
    forSeeds({ twinsEvery }, async (cluster, about) => {
      await using client = cluster.client();
      const consumer = client.consume("t", { failoverMs, onGap: () => assert.unreachable() });
      const given = new Given();
      const wanted = new Set(cluster.batches.flatMap(({ values }) => values)).size;
      while (given.values.length < wanted) given.add((await consumer.next()).value);
      // Whatever comes after all is there came twice.
      const more = await Promise.race([consumer.next(), cluster.clock.sleep(allMs)]);
      assert.is(more, undefined, about);
      await consumer.return();
      given.checkAll(cluster.batches, about);
      given.checkOrder(cluster.batches, about);
    }));
}

test("a consumer that is left and begun again at its cursor gives each record once", () =>
  forSeeds({}, async (cluster, about) => {
    await using client = cluster.client();
    const given = new Given();
    let from = "earliest";
    const wanted = cluster.batches.flatMap(({ values }) => values).length;
    while (given.values.length < wanted) {
      const consumer = client.consume("t", { from, failoverMs });
      for (let left = 1 + cluster.random.below(8); left > 0 && given.values.length < wanted; left--) {
        given.add((await consumer.next()).value);
      }
      from = consumer.cursor as string;
      await consumer.return();
    }
    given.checkAll(cluster.batches, about);
    given.checkOrder(cluster.batches, about);
  }));

test("a consumer that does not follow ends where its first server ended, whoever gives the rest", () =>
  forSeeds({}, async (cluster, about) => {
    await using client = cluster.client();
    const given = new Given();
    // The first server has all from the beginning; another one may be the first that answers, and ends earlier.
    for await (const batch of client.consume("t", { follow: false, failoverMs }).batches())
      for (const record of batch) given.add(record);
    const had = cluster.batches.filter(({ values }) => given.values.includes(values[0] as string));
    given.checkAll(had, about);
    given.checkOrder(
      cluster.batches.filter((one) => had.includes(one)),
      about,
    );
    if (cluster.firstEnd !== undefined) {
      const { firstEnd } = cluster;
      const wanted = cluster.batches.filter((batch) => covers(firstEnd, batch));
      assert.equal(
        had.map(({ values }) => values[0]),
        wanted.map(({ values }) => values[0]),
        about,
      );
    }
  }));

test("a consumer at the latest record goes on there at any server", () =>
  forSeeds({}, async (cluster, about) => {
    await using client = cluster.client();
    const consumer = client.consume("t", { from: "latest", failoverMs });
    const given = new Given();
    for (;;) {
      const next = await Promise.race([consumer.next(), cluster.clock.sleep(allMs)]);
      if (next === undefined) break;
      given.add(next.value);
    }
    await consumer.return();
    const { latest } = cluster;
    assert.ok(latest !== undefined);
    const wanted = cluster.batches.filter((batch) => !covers(latest, batch));
    given.checkAll(wanted, about);
    given.checkOrder(wanted, about);
  }));

test.run();
