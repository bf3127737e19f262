// runtimes: bun (it is about the client's decisions, on a clock of its own)
/** Producers whose servers break off before or after they stored a batch: each record once per server, in order, told truly. */
import { Code } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ClientError, SendAck } from "../../src/client/mod.ts";
import { type FaultPlan, FaultyLogs } from "./faulty_log.ts";

const seeds = Number(process.env["SEEDS"] ?? 8);
const base: Omit<FaultPlan, "seed" | "way"> = {
  servers: 3,
  breaksEvery: 4,
  refusesEvery: 0,
  refusal: Code.Unavailable,
};

type Outcome = { readonly ack: SendAck } | { readonly error: ClientError };

function settled(produced: Promise<SendAck>): Promise<Outcome> {
  return produced.then(
    (ack) => ({ ack }),
    (error: ClientError) => ({ error }),
  );
}

/** What must hold whatever happened. */
function check(logs: FaultyLogs, outcomes: readonly Outcome[], about: string): void {
  for (const { values } of logs.servers) {
    assert.is(new Set(values).size, values.length, `${about}: a record is stored twice`);
    assert.equal(
      values,
      values.toSorted((left, right) => Number(left) - Number(right)),
      `${about}: in order`,
    );
  }
  for (const [index, outcome] of outcomes.entries()) {
    const value = String(index);
    if ("ack" in outcome) {
      const { writer, offset } = outcome.ack;
      const server = logs.servers.find((_, one) => writer === `00000000000000${one}1`);
      assert.is(server?.values[offset], value, `${about}: record ${value} is where its ack says`);
    } else if (outcome.error.fate === "unsent" || outcome.error.fate === "rejected") {
      const isStored = logs.servers.some(({ values }) => values.includes(value));
      assert.not(isStored, `${about}: record ${value} is ${outcome.error.fate} and stored`);
    }
  }
}

async function run(plan: FaultPlan, deliveryTimeoutMs: number): Promise<{ logs: FaultyLogs; outcomes: Outcome[] }> {
  const logs = new FaultyLogs(plan);
  await using client = logs.client();
  const producer = client.producer("t", { batchBytesMax: 140, batchesInFlightMax: 8, deliveryTimeoutMs });
  const sends: Promise<Outcome>[] = [];
  for (let index = 0; index < 60; index++) {
    if (logs.random.below(3) === 0) await logs.clock.sleep(logs.random.below(60));
    sends.push(settled(producer.send({ value: String(index) })));
  }
  const outcomes = await Promise.all(sends);
  await producer[Symbol.asyncDispose]();
  return { logs, outcomes };
}

for (const way of ["many", "stream", "unary"] as const) {
  test(`whatever breaks, all is delivered in the end, by ${way}`, async () => {
    let [faults, duplicates] = [0, 0];
    for (let seed = 1; seed <= seeds; seed++) {
      const { logs, outcomes } = await run({ ...base, way, seed }, 86_400_000);
      check(logs, outcomes, `seed ${seed}`);
      const failed = outcomes.flatMap((one) => ("error" in one ? [one.error.message] : []));
      assert.equal(failed, [], `seed ${seed}`);
      faults += logs.faults;
      duplicates += logs.servers.reduce((sum, server) => sum + server.duplicates, 0);
    }
    assert.ok(faults > seeds && duplicates > seeds / 4, `${faults} faults, ${duplicates} duplicates`);
  });

  test(`within a bound each send is told what is known of it, by ${way}`, async () => {
    const failures = new Set<string>();
    for (let seed = 1; seed <= seeds; seed++) {
      const { logs, outcomes } = await run({ ...base, way, seed, breaksEvery: 2 }, 1_000);
      check(logs, outcomes, `seed ${seed}`);
      for (const one of outcomes) if ("error" in one) failures.add(`${one.error.code} ${one.error.fate}`);
    }
    assert.ok(failures.has("UNAVAILABLE unknown") || failures.has("DEADLINE_EXCEEDED unknown"), [...failures].join());
  });
}

for (const refusal of [Code.Unavailable, Code.InvalidArgument]) {
  test(`what a server refuses alone as ${Code[refusal]} is not sent behind what was stored after it`, async () => {
    let failed = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const plan: FaultPlan = { ...base, way: "many", seed, breaksEvery: 20, refusesEvery: 8, refusal };
      const { logs, outcomes } = await run(plan, 86_400_000);
      check(logs, outcomes, `seed ${seed}`);
      failed += outcomes.filter((one) => "error" in one).length;
    }
    assert.ok(failed > 0);
  });
}

test("produce() is delivered once, whatever breaks", async () => {
  for (const way of ["many", "unary"] as const) {
    for (let seed = 1; seed <= seeds; seed++) {
      const logs = new FaultyLogs({ ...base, way, seed });
      await using client = logs.client();
      const produced = Array.from({ length: 30 }, (_, index) =>
        client.produce("t", { value: String(index) }, { deliveryTimeoutMs: 86_400_000 }),
      );
      await Promise.all(produced);
      for (const { values } of logs.servers) assert.is(new Set(values).size, values.length, `seed ${seed}`);
      assert.is(new Set(logs.servers.flatMap(({ values }) => values)).size, 30);
    }
  }
});

test.run();
