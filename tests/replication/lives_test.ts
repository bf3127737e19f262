// What the machines make of topics that are deleted and created again: each generation has a key of its own.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Announcer } from "../../src/replication/mod.ts";
import { Bench, vector, words, writers } from "./builders.ts";

function settle(bench: Bench, generation: number, deleted = false): string[] {
  return words(bench.feed({ type: "topic-life", name: "t", generation, deleted }));
}

test("a later generation is pulled once the log says that it is settled, from who told of it before", () => {
  const bench = new Bench();
  bench.hear("a");
  assert.equal(words(bench.tell("a", "t+2", "a3")), []);
  assert.equal(
    bench.pass(1_000).filter(({ type }) => type === "pull"),
    [],
  );
  assert.equal(settle(bench, 2), ["pull a t+2"]);
  bench.bring(10);
  assert.equal(words(bench.effects).at(-1), "apply t+2 10");
});

test("what is under way of a generation ends with it: its pull, what it brought, and its gaps", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" } });
  bench.bring(10);
  bench.bring(20);
  assert.equal(words(bench.effects).at(-1), "apply t 10");
  assert.equal(settle(bench, 1, true), ["cancel a"]);
  // The log may be done with what it was given before: nothing follows from it.
  assert.equal(words(bench.applied("a3")), []);
  assert.equal(words(bench.bring(5)), []);
  assert.equal(words(bench.end()), []);
  assert.equal(
    words(bench.pass(60_000)).filter((word) => word.startsWith("pull")),
    [],
  );
  assert.equal(bench.replicator.progress()[0]?.durable.size, 0);
});

test("a peer that has not heard of the delete is not pulled from, nor counts what it shows of our feed", () => {
  const bench = new Bench();
  bench.feed({ type: "topic-life", name: "t", generation: 2, deleted: false });
  bench.hear("a", { t: { durable: "a9 local5", own: "x" } });
  assert.equal(words(bench.confirm("a", "t", "local5", "x")), []);
  assert.equal(bench.comparisons, []);
  assert.equal(words(bench.effects), ["watch a", "peer-heard a"]);
  assert.equal(words(bench.tell("a", "t+2", "a1")), ["pull a t+2"]);
});

test("our own feed in a generation that we have not heard of calls for a new writer: we wrote there once", () => {
  const bench = new Bench();
  bench.grew("t", "local9");
  bench.hear("a");
  assert.equal(words(bench.tell("a", "t+2", "local1")), ["mint"]);
});

test("those who wait for copies of a deleted topic are told that there are none", () => {
  const bench = new Bench();
  bench.hear("a");
  bench.grew("t", "local9");
  const { local: writer } = writers;
  const wait = { waitId: 1, topic: "t", writer, through: 5, copies: 2, timeoutMs: 60_000 };
  assert.equal(words(bench.feed({ type: "await-copies", ...wait })), []);
  assert.equal(settle(bench, 2), ["missed 1:  not a local"]);
  assert.is(bench.replicator.heldThrough("t", writer, 1), 0);
});

test("a node that slept through many generations ends all of them, and goes on in the last", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" }, "t+2": { durable: "a1" }, "t+3": { durable: "a2" } });
  assert.equal(settle(bench, 3), ["cancel a", "pull a t+3"]);
  assert.equal([...(bench.replicator.progress()[0]?.durable.keys() ?? [])], ["t+3"]);
});

test("a notice by a key that names no generation ends the stream", () => {
  for (const key of ["t+1", "t+02", "t+A", "t+2+2", "+2", "a/b"]) {
    const bench = new Bench();
    bench.hear("a");
    assert.equal(words(bench.tell("a", key, "a1")), ["warn a", "unwatch a"], key);
  }
});

test("nobody is told of a generation that ended, and of the next one everybody anew", () => {
  const announcer = new Announcer();
  const said: string[] = [];
  const feed = (
    ...[input]: Parameters<typeof announcer.step> extends [infer Input, number] ? [Input] : never
  ): void => {
    for (const effect of announcer.step(input, nowMs)) {
      if (effect.type === "notice") said.push(`${effect.topic} ${effect.generation} ${effect.durable.get(writers.a)}`);
    }
  };
  let nowMs = 1_000;
  const grew = (topic: string, generation: number, durable: string) =>
    feed({ type: "grew", topic, generation, durable: vector(durable), lowWater: new Map(), synced: vector(durable) });
  feed({ type: "subscribe", subscriber: 1, peer: "b", writer: writers.b });
  grew("t", 1, "a9");
  nowMs += 1;
  grew("t", 1, "a10");
  feed({ type: "ended", topic: "t" });
  nowMs += 10;
  feed({ type: "wake" });
  // The notice that was on its way when the topic ended.
  feed({ type: "sent", subscriber: 1, topic: "t" });
  nowMs += 5_000;
  feed({ type: "wake" });
  grew("t+2", 2, "a1");
  nowMs += 10;
  feed({ type: "sent", subscriber: 1, topic: "t+2" });
  grew("t+2", 2, "a2");
  feed({ type: "subscribe", subscriber: 2, peer: "c", writer: writers.c });
  assert.equal(said, ["t 1 9", "t+2 2 1", "t+2 2 2", "t+2 2 2"]);
});

test.run();
