// What peers show of our own feed where it is no longer than ours (rule R5).
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type FeedVerdict, judgeChain } from "../../src/replication/mod.ts";
import { Bench, chain, peerNamed, words, writers } from "./builders.ts";

const verdicts: [Parameters<typeof judgeChain>[0], FeedVerdict][] = [
  [chain("x"), "same"],
  [chain("y"), "fork"],
  [{ ...chain("x"), high: 7 }, "fork"],
  [{ ...chain("x"), low: 7 }, "fork"],
  ["within-batch", "fork"],
  [undefined, "unknown"],
];
for (const [found, verdict] of verdicts) {
  test(`judgeChain() says ${verdict} where our feed has ${JSON.stringify(found)}`, () => {
    assert.is(judgeChain(found, chain("x")), verdict);
  });
}

const answers: [FeedVerdict, string[]][] = [
  ["same", ["peer-heard a"]],
  ["unknown", ["peer-heard a"]],
  ["fork", ["mint", "peer-heard a"]],
  ["failed", ["warn a", "unwatch a"]],
];
for (const [verdict, expected] of answers) {
  test(`a peer that shows our feed at a hash is heard once that is compared: ${verdict}`, () => {
    const bench = new Bench();
    bench.grew("t", "local5");
    const asked = bench.hear("a", { t: { durable: "local3", own: "x" } });
    assert.equal(words(asked), ["watch a", "compare t local3"]);
    assert.equal(asked.at(-1), {
      ...{ type: "compare-feed", comparisonId: 1, topic: "t" },
      ...{ writer: writers.local, sequence: 3, chain: chain("x") },
    });
    assert.equal(words(bench.compared(verdict)), expected);
  });
}

const unasked: [string, string, { durable: string; own?: string }, string[]][] = [
  ["our feed is unknown to the peer", "local5", { durable: "a1" }, ["pull a t local5"]],
  ["the peer knows no hash", "local5", { durable: "local5" }, []],
  ["the peer holds more than we", "local5", { durable: "local6", own: "x" }, ["mint"]],
  ["the peer shows a hash of nothing", "local5", { durable: "", own: "x" }, []],
];
for (const [name, have, told, expected] of unasked) {
  test(`nothing is compared where ${name}`, () => {
    const bench = new Bench();
    bench.grew("t", have);
    bench.hear("a");
    assert.equal(words(bench.tellAll("a", "t", told)), expected);
  });
}

test("a peer that says the same again costs no comparison; another sequence, hash or stream does", () => {
  const bench = new Bench();
  bench.grew("t", "local5");
  bench.hear("a", { t: { durable: "local3", own: "x" } });
  bench.compared("same");
  assert.equal(words(bench.tellAll("a", "t", { durable: "local3", own: "x" })), []);
  assert.equal(words(bench.tellAll("a", "t", { durable: "local4", own: "x" })), ["compare t local4"]);
  assert.equal(words(bench.tellAll("a", "t", { durable: "local4", own: "y" })), ["compare t local4"]);
  assert.equal(words(bench.hear("b", { t: { durable: "local4", own: "y" } })), ["watch b", "compare t local4"]);
  bench.feed({ type: "peer-gone", name: "a" });
  assert.equal(words(bench.hear("a", { t: { durable: "local4", own: "y" } })), ["watch a", "compare t local4"]);
});

test("a notice that comes after a heartbeat does not make a peer unheard, and still mints", () => {
  const bench = new Bench();
  bench.grew("t", "local5");
  assert.equal(words(bench.hear("a")), ["watch a", "peer-heard a"]);
  assert.equal(words(bench.tellAll("a", "t", { durable: "local3", own: "x" })), ["compare t local3"]);
  assert.equal(words(bench.compared("fork")), ["mint"]);
});

test("comparisons under way are bounded; the newest claim of a topic waits for its turn, and the peer for them all", () => {
  const bench = new Bench();
  const topics = Array.from({ length: 40 }, (_, index) => `t${index}`);
  for (const topic of topics) bench.grew(topic, "local5");
  bench.hear("a", Object.fromEntries(topics.map((topic) => [topic, { durable: "local3", own: "x" }])));
  assert.is(bench.comparisons.length, 32);
  assert.equal(words(bench.tellAll("a", "t39", { durable: "local4", own: "y" })), []);
  const said: string[] = [];
  for (let answered = 0; answered < bench.comparisons.length; answered++) {
    said.push(...words(bench.compared("same", bench.comparisons[answered])));
  }
  assert.is(bench.comparisons.length, 40);
  assert.is(said.filter((word) => word === "compare t39 local4").length, 1);
  assert.is(said.at(-1), "peer-heard a");
});

test("what was compared for a stream that ended, or for a writer that is given up, changes nothing", () => {
  const bench = new Bench();
  bench.grew("t", "local5");
  bench.grew("u", "local5");
  bench.hear("a", { t: { durable: "local3", own: "x" } });
  bench.feed({ type: "peer-gone", name: "a" });
  assert.equal(words(bench.compared("fork")), []);
  bench.hear("a", { t: { durable: "local3", own: "x" } });
  bench.hear("b", { u: { durable: "local3", own: "x" } });
  const [, first, second] = bench.comparisons;
  assert.equal(words(bench.compared("fork", first)), ["mint", "peer-heard a", "peer-heard b"]);
  bench.grew("t", "local5 c3");
  bench.feed({ type: "writer-minted", writer: writers.c });
  assert.equal(words(bench.compared("fork", second)), []);
  assert.equal(words(bench.tellAll("a", "t", { durable: "c2 local2", own: "z" })), [], "that was our former writer");
});

test("a comparison that failed is made again when the stream is opened again", () => {
  const bench = new Bench();
  bench.grew("t", "local5");
  bench.hear("a", { t: { durable: "local3", own: "x" } });
  bench.compared("failed");
  assert.equal(words(bench.pass(200)), ["watch a"]);
  const watchId = bench.watchId("a");
  bench.feed({ type: "watch-opened", peer: "a", watchId, writer: peerNamed("a").writer });
  assert.equal(words(bench.tellAll("a", "t", { durable: "local3", own: "x" })), ["compare t local3"]);
});

test.run();
