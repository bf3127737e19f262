import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random, sameVector, type Vector } from "../../src/base/mod.ts";
import type { FeedVerdict, ReplicatorEffect, ReplicatorInput } from "../../src/replication/mod.ts";
import { Bench, peerNamed, writers } from "./builders.ts";

const names = ["a", "b", "c"] as const;
const topics = ["t", "u"] as const;
const verdicts: readonly FeedVerdict[] = ["same", "same", "unknown", "fork", "failed"];
const seeds = 60;
const stepsOfSeed = 400;

/** Answers a replicator at random, right and wrong, on time and late. Keeps the ids that it may answer. */
class RandomRoom {
  readonly bench: Bench;
  readonly #random: Random;
  readonly have: Map<string, Map<string, number>> = new Map();
  readonly #watches: { peer: string; watchId: number }[] = [];
  readonly #pulls: { peer: string; pullId: number }[] = [];
  readonly #comparisons: number[] = [];
  readonly #applies: { pullId: number; topic: string; gap?: { writer: string; through: number } }[] = [];
  #minting = false;

  constructor(seed: number) {
    this.bench = new Bench({ pullsMax: 2, topicsMax: 2, creditBytes: 65_536 }, seed);
    this.#random = new Random(`room/${seed}`);
  }

  next(): ReplicatorInput {
    const random = this.#random;
    const watch = random.pick(this.#watches.slice(-6));
    const pull = random.pick(this.#pulls.slice(-4));
    const topic = random.pick(topics) as string;
    const choice = random.below(14);
    if (this.#minting && choice === 0) {
      this.#minting = false;
      return { type: "writer-minted", writer: random.pick(Object.values(writers)) as string };
    }
    if (choice === 1) return { type: "peer-gone", name: random.pick(names) as string };
    if (choice <= 3) return { type: "peer-joined", peer: peerNamed(random.pick(names) as "a") };
    if (choice === 12 && this.#comparisons.length > 0) {
      const comparisonId = random.pick(this.#comparisons.slice(-4)) as number;
      return { type: "feed-compared", comparisonId, verdict: random.pick(verdicts) as FeedVerdict };
    }
    if (choice <= 7 && watch) return this.#watchInput(watch, topic);
    if (choice <= 11 && pull) return this.#pullInput(pull);
    return this.#appliedInput() ?? { type: "wake" };
  }

  take(effects: readonly ReplicatorEffect[]): void {
    for (const effect of effects) {
      if (effect.type === "watch") this.#watches.push({ peer: effect.peer.name, watchId: effect.watchId });
      if (effect.type === "pull") this.#pulls.push({ peer: effect.peer.name, pullId: effect.pullId });
      if (effect.type === "apply") this.#applies.push(effect);
      if (effect.type === "apply-gap") this.#applies.push({ ...effect, gap: effect });
      if (effect.type === "compare-feed") this.#comparisons.push(effect.comparisonId);
      if (effect.type === "mint-writer") this.#minting = true;
    }
  }

  #watchInput(watch: { peer: string; watchId: number }, topic: string): ReplicatorInput {
    const random = this.#random;
    const right = writers[watch.peer as "a"];
    const writer = random.chance(0.9) ? right : writers.local;
    switch (random.below(5)) {
      case 0:
        return { type: "watch-opened", ...watch, writer };
      case 1:
        return { type: "watch-alive", ...watch };
      case 2:
        return random.chance(0.3)
          ? { type: "watch-closed", ...watch, error: "broken" }
          : { type: "watch-alive", ...watch };
      default:
        return {
          ...{ type: "notice", ...watch, topic, durable: this.#vector(30), lowWater: this.#vector(8) },
          own: random.chance(0.5)
            ? { writer: this.bench.replicator.localWriter, chain: { high: 0, low: random.below(3) } }
            : undefined,
        };
    }
  }

  #pullInput(pull: { peer: string; pullId: number }): ReplicatorInput {
    if (this.#random.chance(0.4)) {
      return { type: "pull-ended", ...pull, error: this.#random.chance(0.3) ? "broken" : undefined };
    }
    return { type: "pulled", ...pull, frames: new Uint8Array(this.#random.below(20_000)), lowWater: new Map() };
  }

  #appliedInput(): ReplicatorInput | undefined {
    const apply = this.#applies.shift();
    if (apply === undefined) return undefined;
    const have = new Map(this.have.get(apply.topic));
    const writer = apply.gap?.writer ?? (this.#random.pick(Object.values(writers)) as string);
    have.set(writer, apply.gap?.through ?? (have.get(writer) ?? 0) + 1);
    this.have.set(apply.topic, have);
    const reason = this.#random.pick([undefined, undefined, "ahead", "malformed"] as const);
    const stopped = reason ? { reason, message: "so it is" } : undefined;
    const failed = this.#random.chance(0.1) ? "disk full" : undefined;
    return {
      type: "applied",
      ...apply,
      have,
      result: { appended: this.#random.below(2), dropped: 0, stopped, failed },
    };
  }

  #vector(sequenceMax: number): Vector {
    const entries = Object.values(writers).map((writer): [string, number] => [writer, this.#random.below(sequenceMax)]);
    return new Map(entries.filter(() => this.#random.chance(0.6)));
  }
}

test("whatever is answered: one pull a topic, none with a stale vector, one apply at a time, and an end to waking", () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const room = new RandomRoom(seed);
    const pulls = new Map<number, string>();
    const applying = new Map<string, number>();
    for (let step = 0; step < stepsOfSeed; step++) {
      const input = room.next();
      if (input.type === "applied") applying.delete(input.topic);
      if (input.type === "pull-ended") pulls.delete(input.pullId);
      const effects = room.bench.feed(input);
      effects.push(...room.bench.pass(step % 7 === 0 ? 300 : 5));
      for (const effect of effects) {
        if (effect.type === "cancel") assert.ok(pulls.delete(effect.pullId), `seed ${seed}: cancelled twice`);
        if (effect.type === "pull") {
          assert.not.ok([...pulls.values()].includes(effect.topic), `seed ${seed}: two pulls of ${effect.topic}`);
          assert.not.ok(applying.has(effect.topic), `seed ${seed}: pulled before all was applied`);
          assert.ok(sameVector(effect.have, room.have.get(effect.topic) ?? new Map()), `seed ${seed}: stale vector`);
          pulls.set(effect.pullId, effect.topic);
        }
        if (effect.type === "apply" || effect.type === "apply-gap") {
          assert.not.ok(applying.has(effect.topic), `seed ${seed}: two applies of ${effect.topic}`);
          applying.set(effect.topic, effect.pullId);
        }
      }
      assert.ok(pulls.size <= 2, `seed ${seed}: more than pullsMax pulls`);
      room.take(effects);
    }
  }
});

test("extra wakes change nothing", () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const quiet = new RandomRoom(seed);
    const woken = new RandomRoom(seed);
    for (let step = 0; step < stepsOfSeed; step++) {
      const expected = quiet.bench.feed(quiet.next());
      const actual = woken.bench.feed(woken.next());
      actual.push(...woken.bench.feed({ type: "wake" }, { type: "wake" }));
      expected.push(...quiet.bench.pass(step % 9 === 0 ? 700 : 3));
      for (let part = 0; part < 3; part++) actual.push(...woken.bench.pass(step % 9 === 0 ? 700 / 3.5 : 1));
      if (step % 9 === 0) actual.push(...woken.bench.pass(700 - 3 * (700 / 3.5)));
      actual.push(...woken.bench.feed({ type: "wake" }));
      assert.equal(actual, expected, `seed ${seed}, step ${step}`);
      quiet.take(expected);
      woken.take(actual);
    }
  }
});

test.run();
