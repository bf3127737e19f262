import { test } from "uvu";
import * as assert from "uvu/assert";
import { Announcer, type AnnouncerEffect, type AnnouncerInput } from "../../src/replication/mod.ts";
import { vector, writers } from "./builders.ts";

/** Drives one announcer by hand. */
class Bench {
  readonly announcer: Announcer;
  nowMs = 1_000;

  constructor(subscribersMax = 1_000) {
    this.announcer = new Announcer({ subscribersMax });
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

  /** Nothing of it is fsynced yet. */
  grew(topic: string, durable: string, low = ""): string[] {
    const synced = new Map();
    return this.feed({ type: "grew", topic, generation: 1, durable: vector(durable), lowWater: vector(low), synced });
  }

  subscribe(subscriber: number, peer = "b"): string[] {
    return this.feed({ type: "subscribe", subscriber, peer, writer: writers.b });
  }

  sent(subscriber: number, topic?: string): string[] {
    return this.feed({ type: "sent", subscriber, topic });
  }

  supplied(peer: string, topic: string, held: string): string[] {
    return this.feed({ type: "supplied", peer, topic, vector: vector(held), awaited: false });
  }
}

function words(effects: readonly AnnouncerEffect[]): string[] {
  return effects.map((effect) => {
    if (effect.type !== "notice") return `${effect.type} ${effect.subscriber}`;
    const durable = [...effect.durable].map(([writer, sequence]) => `${writer.slice(-1)}:${sequence}`).join(" ");
    return `notice ${effect.subscriber} ${effect.topic} ${durable}`;
  });
}

test("a subscriber is told all topics, then a heartbeat as the mark that this was all", () => {
  const bench = new Bench();
  bench.grew("t", "a1");
  bench.grew("u", "a2 b3");
  assert.equal(bench.subscribe(1), ["notice 1 t 1:1", "notice 1 u 1:2 2:3", "heartbeat 1"]);
});

test("growth is collected for the coalescing time and told once", () => {
  const bench = new Bench();
  bench.grew("t", "a1");
  bench.subscribe(1);
  bench.sent(1, "t");
  assert.equal(bench.grew("t", "a2"), []);
  assert.equal(bench.pass(1), []);
  assert.equal(bench.grew("t", "a3"), []);
  assert.equal(bench.pass(1), ["notice 1 t 1:3"]);
});

test("growth after a pause is told at once, and what follows it is collected", () => {
  const bench = new Bench();
  bench.grew("t", "a1");
  bench.subscribe(1);
  bench.sent(1, "t");
  bench.pass(2);
  assert.equal(bench.grew("t", "a2"), ["notice 1 t 1:2"]);
  bench.sent(1, "t");
  bench.pass(1);
  assert.equal(bench.grew("t", "a3"), []);
  assert.equal(bench.grew("u", "b1"), ["notice 1 u 2:1"]);
  assert.equal(bench.grew("t", "a4"), []);
  assert.equal(bench.pass(1), ["notice 1 t 1:4"]);
});

test("at most one notice is on its way per stream and topic", () => {
  const bench = new Bench();
  bench.grew("t", "a1");
  bench.subscribe(1);
  bench.grew("t", "a2");
  assert.equal(bench.pass(10), []);
  bench.grew("t", "a3");
  assert.equal(bench.pass(10), []);
  assert.equal(bench.sent(1, "t"), ["notice 1 t 1:3"]);
  assert.equal(bench.sent(1, "t"), []);
});

test("what the peer supplied is not echoed to it, but told to the others", () => {
  const bench = new Bench();
  bench.grew("t", "a1");
  bench.subscribe(1, "b");
  bench.subscribe(2, "c");
  bench.sent(1, "t");
  bench.sent(2, "t");
  bench.supplied("b", "t", "b5");
  bench.grew("t", "a1 b4");
  assert.equal(bench.pass(5), ["notice 2 t 1:1 2:4"]);
  bench.grew("t", "a2 b4");
  assert.equal(bench.pass(2), ["notice 1 t 1:2 2:4"]);
});

test("what a peer supplied is told later than what is our own, and not at all to those who have it by then", () => {
  const bench = new Bench();
  bench.grew("t", "a1");
  for (const [subscriber, peer] of [
    [1, "b"],
    [2, "c"],
    [3, "d"],
  ] as const) {
    bench.subscribe(subscriber, peer);
    bench.sent(subscriber, "t");
  }
  bench.pass(10);
  bench.supplied("b", "t", "b4");
  assert.equal(bench.grew("t", "a1 b4"), []);
  bench.pass(4);
  bench.supplied("c", "t", "b4");
  assert.equal(bench.pass(1), ["notice 3 t 1:1 2:4"]);
  bench.supplied("b", "t", "b5");
  bench.grew("t", "a1 b5");
  bench.pass(2);
  assert.equal(bench.grew("t", "a2 b5"), ["notice 1 t 1:2 2:5", "notice 2 t 1:2 2:5"], "the third still has its first");
  assert.equal(bench.pass(10), []);
});

test("nothing is waited for when everybody knows", () => {
  const bench = new Bench();
  bench.grew("t", "a1");
  bench.subscribe(1, "b");
  bench.sent(1, "t");
  const { wakeAtMs } = bench.announcer;
  bench.supplied("b", "t", "b4");
  bench.grew("t", "a1 b4");
  assert.is(bench.announcer.wakeAtMs, wakeAtMs);
});

test("a low-water mark that rose is told, though nothing grew", () => {
  const bench = new Bench();
  bench.grew("t", "a9");
  bench.subscribe(1);
  bench.sent(1, "t");
  bench.grew("t", "a9", "a4");
  assert.equal(bench.pass(2), ["notice 1 t 1:9"]);
});

test("heartbeats come every 5 s, one at a time", () => {
  const bench = new Bench();
  bench.subscribe(1);
  assert.equal(bench.pass(60_000), []);
  bench.sent(1);
  assert.equal(bench.pass(4_999), []);
  assert.equal(bench.pass(1), ["heartbeat 1"]);
});

test("a stream that ended is told nothing, and nothing is pending for it", () => {
  const bench = new Bench();
  bench.subscribe(1);
  bench.feed({ type: "unsubscribe", subscriber: 1 });
  bench.grew("t", "a1");
  assert.equal(bench.sent(1, "t"), []);
  assert.is(bench.announcer.wakeAtMs, Number.POSITIVE_INFINITY);
});

test("streams above the maximum are refused", () => {
  const bench = new Bench(1);
  assert.equal(bench.subscribe(1), ["heartbeat 1"]);
  assert.equal(bench.subscribe(2), ["refuse 2"]);
});

test("extra wakes change nothing", () => {
  const bench = new Bench();
  bench.grew("t", "a1");
  bench.subscribe(1);
  bench.sent(1);
  bench.sent(1, "t");
  bench.grew("t", "a2");
  assert.equal(bench.feed({ type: "wake" }, { type: "wake" }), []);
  assert.equal(bench.pass(2), ["notice 1 t 1:2"]);
  assert.equal(bench.feed({ type: "wake" }), []);
});

test("after a retell all are told of the topic again, once, although they supplied or heard all of it", () => {
  const bench = new Bench();
  bench.grew("t", "a3");
  bench.grew("u", "a1");
  bench.subscribe(1, "b");
  bench.sent(1, "t");
  bench.sent(1, "u");
  bench.supplied("b", "t", "a9");
  bench.grew("t", "a5");
  assert.equal(bench.pass(20), []);
  assert.equal(bench.feed({ type: "retell", topic: "t" }), ["notice 1 t 1:5"]);
  assert.equal(bench.pass(20), []);
  bench.sent(1, "t");
  assert.equal(bench.pass(20), []);
  assert.equal(bench.feed({ type: "retell", topic: "unheard of" }), []);
  assert.equal(bench.pass(20), []);
});

test.run();
