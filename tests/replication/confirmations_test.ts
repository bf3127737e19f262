import { test } from "uvu";
import * as assert from "uvu/assert";
import { Announcer, type AnnouncerEffect, type AnnouncerInput } from "../../src/replication/mod.ts";
import { vector, writers } from "./builders.ts";

/** An announcer with one listener, whose writer is b. Only what it confirms is kept. */
class Bench {
  readonly announcer = new Announcer();
  nowMs = 1_000;

  constructor(synced = "") {
    this.grew(synced);
    this.feed({ type: "subscribe", subscriber: 1, peer: "b", writer: writers.b });
  }

  feed(...inputs: AnnouncerInput[]): string[] {
    return inputs.flatMap((input) => words(this.announcer.step(input, this.nowMs)));
  }

  pass(ms: number): string[] {
    const endMs = this.nowMs + ms;
    const said: string[] = [];
    for (let wakes = 0; wakes < 1_000 && this.announcer.wakeAtMs <= endMs; wakes++) {
      this.nowMs = Math.max(this.nowMs, this.announcer.wakeAtMs);
      said.push(...this.feed({ type: "wake" }));
    }
    this.nowMs = endMs;
    return said;
  }

  grew(synced: string, generation = 1): string[] {
    const held = vector(synced);
    return this.feed({ type: "grew", topic: "t", generation, durable: held, lowWater: new Map(), synced: held });
  }

  sent(): string[] {
    return this.feed({ type: "confirmation-sent", subscriber: 1, topic: "t" });
  }

  supplied(awaited: boolean): string[] {
    return this.feed({ type: "supplied", peer: "b", topic: "t", vector: new Map(), awaited });
  }
}

function words(effects: readonly AnnouncerEffect[]): string[] {
  return effects.flatMap((effect) => {
    if (effect.type !== "confirm") return [];
    return [[...effect.synced].map(([writer, sequence]) => `${writer.slice(-1)}:${sequence}`).join(" ")];
  });
}

test("a listener is told at once what is on disk when it comes, then about once a second what went on", () => {
  const bench = new Bench("a1 b2");
  assert.equal(bench.pass(0), ["1:1 2:2"]);
  bench.sent();
  bench.grew("a1 b3");
  bench.grew("a2 b4");
  assert.equal(bench.pass(999), []);
  assert.equal(bench.pass(1), ["1:2 2:4"]);
  bench.sent();
  bench.grew("a2 b4");
  assert.equal(bench.pass(5_000), []);
});

test("of its own feed it is told at once while somebody waits there for copies", () => {
  const bench = new Bench();
  assert.equal(bench.supplied(true), []);
  assert.equal(bench.grew("a1 b1"), ["2:1"]);
  bench.sent();
  assert.equal(bench.grew("a2 b1"), []);
  bench.supplied(false);
  assert.equal(bench.grew("a2 b2"), []);
  assert.equal(bench.supplied(true), ["2:2"]);
  bench.sent();
  assert.equal(bench.pass(1_000), ["1:2"]);
});

test("somebody may wait before the topic is held here", () => {
  const bench = new Bench();
  bench.feed({ type: "supplied", peer: "b", topic: "new", vector: vector("b1"), awaited: true });
  const held = vector("b1");
  const grown = {
    type: "grew",
    topic: "new",
    generation: 1,
    durable: held,
    lowWater: new Map(),
    synced: held,
  } as const;
  assert.equal(bench.feed(grown), ["2:1"]);
});

test("at most one confirmation is on its way per topic, and the next tells of all since", () => {
  const bench = new Bench();
  bench.supplied(true);
  assert.equal(bench.grew("b1"), ["2:1"]);
  assert.equal(bench.grew("b2"), []);
  assert.equal(bench.grew("b3"), []);
  assert.equal(bench.pass(3_000), []);
  assert.equal(bench.sent(), ["2:3"]);
  assert.equal(bench.sent(), []);
});

test("another generation is confirmed from its beginning", () => {
  const bench = new Bench("b7");
  bench.pass(0);
  bench.sent();
  bench.grew("b2", 2);
  assert.equal(bench.pass(1_000), ["2:2"]);
});

test.run();
