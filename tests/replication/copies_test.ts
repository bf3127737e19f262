import { test } from "uvu";
import * as assert from "uvu/assert";
import { Bench, words, writers } from "./builders.ts";

/** Waits for copies of our feed of topic t. */
function wait(bench: Bench, waitId: number, through: number, copies = 2, timeoutMs = 1_000): string[] {
  const { local: writer } = writers;
  return words(bench.feed({ type: "await-copies", waitId, topic: "t", writer, through, copies, timeoutMs }));
}

/** A peer confirms our feed up to there, and the log finds its copy to be the same. */
function confirmSame(bench: Bench, name: string, sequence: number): string[] {
  const effects = bench.confirm(name, "t", `local${sequence}`, `h${sequence}`);
  effects.push(...bench.compared("same"));
  return words(effects).filter((word) => !word.startsWith("compare"));
}

/** A node that holds records 1 to 9 and hears peers a and b. */
function ready(): Bench {
  const bench = new Bench();
  bench.hear("a");
  bench.hear("b");
  bench.grew("t", "local9");
  return bench;
}

test("a wait for two copies ends when one peer confirmed, this node included", () => {
  const bench = ready();
  assert.equal(wait(bench, 1, 5), []);
  assert.equal(confirmSame(bench, "a", 4), []);
  assert.equal(confirmSame(bench, "a", 5), ["reached 1"]);
  assert.equal(wait(bench, 2, 5), ["reached 2"]);
});

test("each copy is on a node of its own, and a node that is not fsynced itself is none", () => {
  const bench = new Bench();
  bench.hear("a");
  bench.hear("b");
  bench.grew("t", "local9", "local3");
  assert.equal(wait(bench, 1, 5), []);
  assert.equal(confirmSame(bench, "a", 9), []);
  assert.equal(words(bench.grew("t", "local9", "local4")), []);
  assert.equal(words(bench.grew("t", "local9", "local5")), ["reached 1"]);
  assert.equal(wait(bench, 2, 9), []);
  assert.equal(confirmSame(bench, "b", 9), ["reached 2"]);
});

test("waits end in the order of what they wait for, each by its own number of copies", () => {
  const bench = ready();
  wait(bench, 3, 8);
  wait(bench, 1, 2);
  wait(bench, 2, 5);
  wait(bench, 4, 2, 3);
  assert.equal(confirmSame(bench, "a", 8), ["reached 1", "reached 2", "reached 3"]);
  assert.equal(confirmSame(bench, "b", 3), ["reached 4"]);
});

test("what a peer confirms of our feed counts only as far as its copy is the same as ours", () => {
  const bench = ready();
  wait(bench, 1, 5);
  assert.equal(words(bench.confirm("a", "t", "local5")), []);
  assert.equal(words(bench.confirm("a", "t", "local6", "h6")), ["compare t local6"]);
  assert.equal(words(bench.compared("unknown")), []);
  assert.equal(words(bench.confirm("a", "t", "local7", "h7")), ["compare t local7"]);
  assert.equal(words(bench.compared("fork")), ["mint"]);
  const minted = bench.feed({ type: "writer-minted", writer: writers.c });
  assert.equal(words(minted), ["missed 1: local not a b"]);
});

test("copies of another node's feed are counted, for who produced again what stands there", () => {
  const bench = ready();
  bench.grew("t", "local9 c5");
  const { c: writer } = writers;
  const feed = (waitId: number, through: number): string[] =>
    words(bench.feed({ type: "await-copies", waitId, topic: "t", writer, through, copies: 2, timeoutMs: 1_000 }));
  assert.equal(feed(1, 5), []);
  assert.equal(words(bench.confirm("a", "t", "c4")), []);
  assert.equal(words(bench.confirm("a", "t", "c5")), ["reached 1"]);
  assert.equal(feed(2, 5), ["reached 2"]);
});

test("who waits for copies of a writer that is no longer ours hears at once that nobody is known to hold them", () => {
  const bench = ready();
  // The peer holds another history of the feed, which goes further: the produce was on its way to the disk meanwhile.
  assert.equal(words(bench.confirm("a", "t", "local10", "h10")), ["mint"]);
  bench.feed({ type: "writer-minted", writer: writers.c });
  assert.equal(wait(bench, 1, 9), ["missed 1: local not a b"]);
});

test("a peer that confirms more of our feed than there is makes us mint a new writer", () => {
  const bench = ready();
  assert.equal(words(bench.confirm("a", "t", "local10", "h10")), ["mint"]);
});

test("what a peer confirmed is forgotten with its stream: it may have been wiped since", () => {
  const bench = ready();
  confirmSame(bench, "a", 9);
  bench.feed({ type: "watch-closed", peer: "a", watchId: bench.watchId("a"), error: "gone" });
  assert.equal(wait(bench, 1, 5), []);
  assert.equal(confirmSame(bench, "b", 9), ["reached 1"]);
});

test("a wait that is too long is answered with who holds the records and who does not", () => {
  const bench = ready();
  wait(bench, 1, 5, 3, 300);
  wait(bench, 2, 5, 3, 200);
  wait(bench, 3, 6, 7, 50_000);
  confirmSame(bench, "b", 5);
  const said = words(bench.pass(1_000)).filter((word) => word.startsWith("missed"));
  assert.equal(said, ["missed 2: b local not a", "missed 1: b local not a"]);
  // Both streams were silent for so long that they no longer count.
  const late = words(bench.pass(60_000)).filter((word) => word.startsWith("missed"));
  assert.equal(late, ["missed 3: local not a b"]);
});

test("one wait more than may be is answered at once", () => {
  const bench = new Bench({ waitersMax: 1 });
  bench.hear("a");
  bench.grew("t", "local9");
  assert.equal(wait(bench, 1, 5), []);
  assert.equal(wait(bench, 2, 5), ["missed 2: local not a"]);
  confirmSame(bench, "a", 5);
  assert.equal(wait(bench, 3, 6), []);
});

test("heldThrough() counts copies of any feed, from whomever a peer has it", () => {
  const bench = ready();
  bench.grew("t", "local9 c7");
  bench.confirm("a", "t", "c6 local9");
  bench.confirm("b", "t", "c3");
  const held = (copies: number): number => bench.replicator.heldThrough("t", writers.c, copies);
  assert.equal([1, 2, 3, 4].map(held), [7, 6, 3, 0]);
});

test("a confirmation before the hello, or of nonsense, ends the stream", () => {
  const early = new Bench();
  early.feed({ type: "peer-joined", peer: { name: "a", rpcAddress: "a:8400", writer: writers.a } });
  assert.equal(words(early.confirm("a", "t", "c1")), ["warn a", "unwatch a"]);
  const bench = ready();
  assert.equal(words(bench.confirm("a", "no/topic", "c1")), ["warn a", "unwatch a"]);
  const synced = new Map([[writers.c, -1]]);
  const nonsense = bench.feed({ type: "confirmed", peer: "b", watchId: bench.watchId("b"), topic: "t", synced });
  assert.equal(words(nonsense), ["warn b", "unwatch b"]);
});

test.run();
