// runtimes: bun (arithmetic alone, which the machine shares with those that are tried on every runtime)
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import type { ResolvedCheck } from "../../src/registry/mod.ts";
import { CheckWorld } from "./check_world.ts";

const worlds = 12;
const actionsPerWorld = 80;

function someChecks(random: Random, before: readonly ResolvedCheck[]): ResolvedCheck[] {
  return ["a", "b", "c"].slice(0, random.below(4)).map((name) => {
    const old = before.find((check) => check.name === name);
    const intervalMs = Math.min(random.between(100, 20_000), old?.intervalMs ?? 20_000);
    const timing = {
      ...{ name, intervalMs, timeoutMs: random.between(1, intervalMs) },
      ...{ passingAfter: random.between(1, 3), criticalAfter: random.between(1, 3) },
    };
    if (old !== undefined && random.chance(0.6)) return { ...old, ...timing };
    const kinds = [
      { ...timing, type: "tcp", address: `127.0.0.1:${random.between(1, 2)}` },
      { ...timing, type: "command", command: ["true"] },
      { ...timing, type: "ttl", ttlMs: random.between(100, 20_000) },
    ] as const;
    return random.pick(kinds) as ResolvedCheck;
  });
}

function act(world: CheckWorld, random: Random): void {
  const id = `service-${random.below(4)}`;
  const dice = random.below(10);
  if (dice < 4) {
    const deregisterAfterMs = random.chance(0.5) ? random.between(1, 60_000) : undefined;
    world.register(id, someChecks(random, world.definitions(id)), deregisterAfterMs);
  } else if (dice === 4) {
    world.deregister(id);
  } else if (dice === 5) {
    const effects = world.machine.wakeAtMs > world.nowMs ? world.step({ type: "wake" }) : [];
    assert.equal(effects, [], "an early wake changes nothing");
  } else {
    const state = random.pick(["passing", "warning", "critical"] as const) ?? "passing";
    const name = random.pick(["a", "b", "c"]) ?? "a";
    world.report(id, name, { state, output: `reported ${random.below(2)}` });
  }
}

test("HealthChecks does as documented, whatever is registered, answered, reported and left out", () => {
  const sums: Record<string, number> = {};
  for (let seed = 1; seed <= worlds; seed++) {
    const random = new Random(seed);
    const world = new CheckWorld(random.fork("checks"));
    try {
      for (let action = 0; action < actionsPerWorld; action++) {
        world.runTo(world.nowMs + random.below(random.chance(0.1) ? 120_000 : 5_000));
        act(world, random);
      }
    } catch (error) {
      console.error(`seed ${seed}`);
      throw error;
    }
    for (const [name, count] of Object.entries(world.counts)) sums[name] = (sums[name] ?? 0) + count;
  }
  for (const [name, count] of Object.entries(sums)) assert.ok(count >= 20, `${name} happened ${count} times`);
});

test.run();
