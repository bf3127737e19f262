import { test } from "uvu";
import * as assert from "uvu/assert";
import { frameBytesMax, Random } from "../../src/base/mod.ts";
import { Replicator } from "../../src/replication/mod.ts";
import { Bench, peerNamed, words, writers } from "./builders.ts";

test("a peer that joins is watched, and what it tells is pulled with the present vector", () => {
  const bench = new Bench();
  bench.grew("t", "local7 a2");
  assert.equal(words(bench.hear("a", { t: { durable: "a5 local7" } })), [
    "watch a",
    "pull a t local7 a2",
    "peer-heard a",
  ]);
});

test("a peer that tells nothing new is not pulled from", () => {
  const bench = new Bench();
  bench.grew("t", "local7 a5");
  assert.equal(words(bench.hear("a", { t: { durable: "a5 local6" } })), ["watch a", "peer-heard a"]);
});

test("this node does not follow itself, and the same news of a peer twice changes nothing", () => {
  const bench = new Bench();
  assert.equal(bench.feed({ type: "peer-joined", peer: { ...peerNamed("a"), name: "local" } }), []);
  bench.hear("a");
  assert.equal(bench.feed({ type: "peer-joined", peer: peerNamed("a") }), []);
});

test("a peer with another address is followed there, and its pull is cancelled", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a5" } });
  const effects = bench.feed({ type: "peer-joined", peer: { ...peerNamed("a"), rpcAddress: "elsewhere:1" } });
  assert.equal(words(effects), ["unwatch a", "cancel a", "watch a"]);
});

test("leave and failure stop the watch and the pull at once, and what comes late is dropped", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a5" } });
  assert.equal(words(bench.feed({ type: "peer-gone", name: "a" })), ["unwatch a", "cancel a"]);
  assert.equal(bench.bring(100), []);
  assert.equal(bench.end(), []);
  assert.equal(bench.tell("a", "t", "a9"), []);
  assert.is(bench.replicator.wakeAtMs, Number.POSITIVE_INFINITY);
});

test("a Watch stream that breaks is opened again with backoff that grows up to its limit", () => {
  const bench = new Bench();
  bench.feed({ type: "peer-joined", peer: peerNamed("a") });
  const waits: number[] = [];
  for (let attempt = 0; attempt < 12; attempt++) {
    bench.feed({ type: "watch-closed", peer: "a", watchId: bench.watchId("a"), error: "refused" });
    waits.push(bench.replicator.wakeAtMs - bench.nowMs);
    assert.equal(words(bench.pass(bench.replicator.wakeAtMs - bench.nowMs)), ["watch a"]);
  }
  assert.ok((waits[0] as number) >= 50 && (waits[0] as number) <= 100);
  assert.ok(waits.slice(-3).every((wait) => wait >= 2_500 && wait <= 5_000));
});

test("a Watch stream that is silent for three heartbeats is dead, also when it never said hello", () => {
  for (const hello of [true, false]) {
    const bench = new Bench();
    if (hello) bench.hear("a", { t: { durable: "" } });
    else bench.feed({ type: "peer-joined", peer: peerNamed("a") });
    assert.equal(words(bench.pass(14_999)), []);
    assert.equal(words(bench.pass(1)), ["unwatch a"]);
    assert.equal(words(bench.pass(100)), ["watch a"]);
  }
});

test("a peer that answers with another writer than its tag says is refused and tried again later", () => {
  const bench = new Bench();
  bench.feed({ type: "peer-joined", peer: peerNamed("a") });
  const opened = { type: "watch-opened", peer: "a", watchId: bench.watchId("a"), writer: writers.b } as const;
  assert.equal(words(bench.feed(opened)), ["warn a", "unwatch a"]);
  assert.equal(bench.tell("a", "t", "a9"), []);
  assert.equal(words(bench.pass(100)), ["watch a"]);
});

test("inputs of an earlier Watch stream are stale", () => {
  const bench = new Bench();
  bench.hear("a");
  const watchId = bench.watchId("a");
  bench.feed({ type: "watch-closed", peer: "a", watchId, error: "broken" });
  bench.pass(100);
  assert.equal(bench.feed({ type: "watch-opened", peer: "a", watchId, writer: writers.a }), []);
  assert.equal(bench.feed({ type: "watch-closed", peer: "a", watchId, error: "broken" }), []);
});

const badNotices: readonly { name: string; topic: string; durable: ReadonlyMap<string, number> }[] = [
  { name: "a topic name that is none", topic: "../etc", durable: new Map() },
  { name: "a sequence that is no number", topic: "t", durable: new Map([[writers.a, Number.NaN]]) },
  { name: "a negative sequence", topic: "t", durable: new Map([[writers.a, -1]]) },
  { name: "a sequence above 2^53", topic: "t", durable: new Map([[writers.a, 2 ** 60]]) },
];
for (const { name, topic, durable } of badNotices) {
  test(`a notice with ${name} ends the stream with a warning`, () => {
    const bench = new Bench();
    bench.hear("a");
    const watchId = bench.watchId("a");
    const effects = bench.feed({ type: "notice", peer: "a", watchId, topic, durable, lowWater: new Map() });
    assert.equal(words(effects), ["warn a", "unwatch a"]);
  });
}

test("a notice before the hello ends the stream", () => {
  const bench = new Bench();
  bench.feed({ type: "peer-joined", peer: peerNamed("a") });
  assert.equal(words(bench.tell("a", "t", "a1")), ["warn a", "unwatch a"]);
});

test("peers and topics above their maxima are ignored with a warning, once per stream", () => {
  const bench = new Bench({ peersMax: 1, topicsMax: 1 });
  bench.hear("a", { t: { durable: "a1" } });
  assert.equal(words(bench.tell("a", "u", "a1")), ["warn a"]);
  assert.equal(words(bench.tell("a", "v", "a1")), []);
  assert.equal(words(bench.feed({ type: "peer-joined", peer: peerNamed("b") })), ["warn b"]);
});

test("a peer that shows our writer at a higher sequence makes us mint one, once, and pull nothing before", () => {
  const bench = new Bench();
  bench.grew("t", "local3");
  assert.equal(words(bench.hear("a", { t: { durable: "local4 a1" } })), ["watch a", "mint", "peer-heard a"]);
  assert.equal(words(bench.hear("b", { t: { durable: "local9" } })), ["watch b", "peer-heard b"]);
  const [pull, ...probes] = words(bench.feed({ type: "writer-minted", writer: writers.c }));
  assert.is(pull, "pull b t local3");
  // From where on they hold another history of it, if they do.
  assert.equal(probes, ["probe a t local 3", "probe b t local 3"]);
  assert.is(bench.replicator.localWriter, writers.c);
});

test("minting cancels what is in flight, and the timers of pulls rest meanwhile", () => {
  const bench = new Bench();
  bench.grew("t", "local3");
  bench.hear("a", { t: { durable: "a9" } });
  assert.equal(words(bench.tell("a", "u", "local1")), ["cancel a", "mint"]);
  assert.is(bench.replicator.wakeAtMs, bench.nowMs + 5_000);
  assert.equal(words(bench.pass(5_000)), ["mint"], "a writer that does not come is asked for again");
  assert.equal(words(bench.feed({ type: "writer-minted", writer: writers.c })), ["pull a u", "pull a t local3"]);
});

test("a peer with our own writer is a copied directory: a new writer is minted", () => {
  const bench = new Bench();
  bench.feed({ type: "peer-joined", peer: { ...peerNamed("a"), writer: writers.local } });
  const opened = { type: "watch-opened", peer: "a", watchId: bench.watchId("a"), writer: writers.local } as const;
  assert.equal(words(bench.feed(opened)), ["mint"]);
});

test("a topic is pulled once at a time, and again only when all that came is applied", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" } });
  assert.equal(words(bench.bring(10)), ["apply t 10"]);
  assert.equal(words(bench.bring(20)), []);
  assert.equal(words(bench.end()), []);
  assert.equal(words(bench.tell("a", "t", "a10")), []);
  assert.equal(words(bench.applied("a3")), ["apply t 20"]);
  assert.equal(words(bench.applied("a6")), ["pull a t a6"]);
});

test("a pull that brings nothing new is not repeated at once", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" } });
  assert.equal(words(bench.end()), []);
  assert.equal(words(bench.pass(100)), ["pull a t"]);
  bench.bring(10);
  bench.applied("", { appended: 0, dropped: 1 });
  assert.equal(words(bench.end()), []);
  assert.equal(words(bench.pass(200)), ["pull a t"]);
});

const choices: readonly { name: string; have: string; peers: Record<string, string>; from: string }[] = [
  { name: "the peer with most of what is missing", have: "", peers: { a: "a5", b: "a5 b1" }, from: "b" },
  { name: "the origin at a tie", have: "", peers: { a: "b5", b: "b5" }, from: "b" },
  { name: "the first by name at a full tie", have: "", peers: { b: "c5", a: "c5" }, from: "a" },
  { name: "only what is missing counts", have: "a9", peers: { a: "a9 b1", b: "a9 b2" }, from: "b" },
];
for (const { name, have, peers, from } of choices) {
  test(`the source of a pull: ${name}`, () => {
    const bench = new Bench({ pullsMax: 1 });
    bench.hear("c", { other: { durable: "c1" } });
    bench.grew("t", have);
    for (const [peer, durable] of Object.entries(peers)) bench.hear(peer as "a" | "b", { t: { durable } });
    assert.is(bench.lastPull.topic, "other");
    assert.match(words(bench.end()).join(), `pull ${from} t`);
  });
}

test("a silent pull is cancelled after 500 ms and another peer is asked", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" } });
  bench.hear("b", { t: { durable: "a8" } });
  assert.equal(words(bench.pass(499)), []);
  assert.equal(words(bench.pass(1)), ["cancel a", "pull b t"]);
});

test("a pull that trickles is cancelled after 2 s in all only while another peer has news", () => {
  for (const [others, expected] of [
    ["a8", ["cancel a", "pull b t a1"]],
    ["", []],
  ] as const) {
    const bench = new Bench();
    bench.hear("a", { t: { durable: "a9" } });
    bench.hear("b", { t: { durable: others } });
    for (let step = 0; step < 5; step++) {
      assert.equal(words(bench.pass(390)), []);
      bench.bring(1);
      bench.applied("a1");
    }
    assert.equal(words(bench.pass(60)), expected);
  }
});

test("patience with the only peer doubles, so that a slow link still brings its frame", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" } });
  const startedAtMs: number[] = [bench.nowMs];
  const cancelledAfterMs: number[] = [];
  for (let round = 0; round < 6; round++) {
    while (!words(bench.pass(1)).includes("cancel a")) {
      if (bench.effects.filter((effect) => effect.type === "pull").length > startedAtMs.length) {
        startedAtMs.push(bench.nowMs);
      }
      bench.feed({ type: "watch-alive", peer: "a", watchId: bench.watchId("a") });
    }
    cancelledAfterMs.push(bench.nowMs - (startedAtMs.at(-1) as number));
  }
  assert.equal(cancelledAfterMs, [500, 1_000, 2_000, 4_000, 8_000, 8_000]);
});

test("frames that came before a cancel are applied before the next pull", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" } });
  bench.bring(10);
  bench.bring(20);
  assert.equal(words(bench.pass(500)), ["cancel a"]);
  assert.equal(words(bench.applied("a1")), ["apply t 20"]);
  assert.equal(words(bench.applied("a2")), []);
  assert.equal(words(bench.pass(100)), ["pull a t a2"]);
});

test("frames of a peer that is gone are not applied any more", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" } });
  bench.hear("b", { t: { durable: "a8" } });
  bench.bring(10);
  bench.bring(20);
  assert.equal(words(bench.feed({ type: "peer-gone", name: "a" })), ["unwatch a", "cancel a"]);
  assert.equal(words(bench.applied("a1")), ["pull b t a1"]);
});

test("a batch from ahead ends the pull, and nothing that followed it is applied", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" } });
  bench.bring(10);
  bench.bring(20);
  const effects = bench.applied("a1", { stopped: { reason: "ahead", message: "expected 2, found 5" } });
  assert.equal(words(effects), ["cancel a", "pull a t a1"]);
});

test("a batch from ahead that brought nothing backs off before asking again", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" } });
  bench.bring(10);
  const effects = bench.applied("", { appended: 0, stopped: { reason: "ahead", message: "expected 1, found 5" } });
  assert.equal(words(effects), ["cancel a"]);
  assert.equal(words(bench.pass(100)), ["pull a t"]);
});

test("malformed frames back off from that peer for that topic, with a warning; others are asked at once", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" } });
  bench.hear("b", { t: { durable: "a8" } });
  bench.bring(10);
  const effects = bench.applied("", { appended: 0, stopped: { reason: "malformed", message: "no frame" } });
  assert.equal(words(effects), ["warn a", "cancel a", "pull b t"]);
  assert.equal(words(bench.tell("a", "u", "a1")), ["pull a u"]);
});

test("a log that fails is tried again later", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" } });
  bench.bring(10);
  assert.equal(words(bench.applied("", { appended: 0, failed: "disk full" })), ["warn a", "cancel a"]);
  assert.equal(words(bench.tell("a", "t", "a10")), []);
  assert.equal(words(bench.pass(100)), ["pull a t"]);
});

test("a pull that fails backs off and goes on from the present vector", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9" } });
  bench.bring(10);
  bench.end("unavailable");
  assert.equal(words(bench.applied("a4")), []);
  assert.equal(words(bench.pass(100)), ["pull a t a4"]);
});

test("a source that sends far beyond its credit is cut off", () => {
  const bench = new Bench({ creditBytes: 65_536 });
  bench.hear("a", { t: { durable: "a9" } });
  bench.bring(65_536);
  assert.equal(words(bench.bring(frameBytesMax)), []);
  assert.equal(words(bench.bring(1)), ["warn a", "cancel a"]);
});

test("a range that the source no longer holds is pulled from a peer that does, though it has less", () => {
  const bench = new Bench();
  bench.hear("b", { t: { durable: "a4" } });
  bench.bring(1);
  bench.hear("a", { t: { durable: "a9", low: "a4" } });
  bench.end();
  assert.equal(words(bench.applied("a2")), ["pull b t a2"]);
});

test("a range that no peer holds is a gap up to the lowest low-water mark", () => {
  const bench = new Bench();
  bench.hear("a");
  bench.feed({ type: "peer-joined", peer: peerNamed("b") });
  assert.equal(words(bench.tell("a", "t", "a9", "a7")), [], "b may still hold it");
  bench.feed({ type: "watch-opened", peer: "b", watchId: bench.watchId("b"), writer: writers.b });
  assert.equal(words(bench.tell("b", "t", "a9", "a5")), []);
  const heard = bench.feed({ type: "watch-alive", peer: "b", watchId: bench.watchId("b") });
  assert.equal(words(heard), ["peer-heard b"], "another one may be found that holds it");
  assert.not(words(bench.pass(1_900)).includes("gap t a4"));
  assert.ok(words(bench.pass(100)).includes("gap t a4"));
  assert.equal(words(bench.applied("a4")), ["pull b t a4"]);
});

test("a gap that the log takes without moving on is tried again after a wait, not in the same instant", () => {
  const bench = new Bench({ retryMsMin: 100, retryMsMax: 1_000 });
  bench.hear("a", { t: { durable: "a9", low: "a5" } });
  assert.ok(words(bench.pass(2_000)).includes("gap t a4"));
  assert.equal(words(bench.applied("")), ["warn local"]);
  let tries = 0;
  for (let step = 0; step < 100; step++) {
    const effects = words(bench.pass(100));
    tries += effects.filter((effect) => effect === "gap t a4").length;
    if (effects.includes("gap t a4")) assert.equal(words(bench.applied("")), ["warn local"]);
  }
  assert.ok(tries >= 5 && tries <= 30, `${tries} tries in 10 s`);
  for (let step = 0; step < 20 && !words(bench.pass(100)).includes("gap t a4"); step++);
  assert.equal(words(bench.applied("a4")), ["pull a t a4"]);
});

test("a peer that goes on writing does not put off a gap for ever", () => {
  const bench = new Bench();
  bench.hear("a", { t: { durable: "a9", low: "a5" } });
  // It lacks the same of a, and writes a record every second.
  bench.hear("b", { t: { durable: "b1" } });
  let written = 1;
  for (let second = 1; second <= 10; second++) {
    assert.is(bench.lastPull.peer.name, "b");
    bench.bring(1);
    bench.applied(`b${written}`);
    const ended = [...words(bench.end()), ...words(bench.pass(1_000))];
    if (ended.includes("gap t a4")) {
      assert.ok(second >= 2, `${second}`);
      assert.equal(words(bench.applied(`a4 b${written}`)), [`pull a t a4 b${written}`]);
      return;
    }
    written++;
    bench.tell("b", "t", `b${written}`);
    bench.tell("a", "t", "a9", "a5");
  }
  assert.unreachable("the gap is never closed");
});

test("a gap waits for peers that do not answer, in bounds", () => {
  const bench = new Bench();
  bench.hear("a");
  bench.feed({ type: "peer-joined", peer: peerNamed("b") });
  bench.tell("a", "t", "a9", "a7");
  const alive = { type: "watch-alive", peer: "a", watchId: bench.watchId("a") } as const;
  bench.pass(14_000);
  bench.feed(alive);
  assert.not(words(bench.effects).includes("gap t a6"));
  assert.ok(words(bench.pass(1_000)).includes("gap t a6"));
});

test("a stopped feed is claimed in full, so that the others go on", () => {
  const bench = new Bench();
  bench.grew("t", "a3 b1");
  bench.feed({ type: "feed-stopped", topic: "t", writer: writers.a });
  assert.equal(words(bench.hear("a", { t: { durable: "a9 b1" } })), ["watch a", "peer-heard a"]);
  assert.equal(words(bench.tell("a", "t", "a9 b2")), [`pull a t a${Number.MAX_SAFE_INTEGER} b1`]);
});

test("the feed of the former writer is followed again once a new one was minted", () => {
  const bench = new Bench();
  bench.grew("t", "local3");
  bench.feed({ type: "feed-stopped", topic: "t", writer: writers.local });
  bench.hear("a", { t: { durable: "local9" } });
  assert.equal(words(bench.feed({ type: "writer-minted", writer: writers.c })), [
    "pull a t local3",
    "probe a t local 3",
  ]);
});

test("no more than pullsMax pulls are in flight over all topics, and every topic has its turn", () => {
  const bench = new Bench({ pullsMax: 2 });
  bench.hear("a", Object.fromEntries(["t", "u", "v", "w"].map((topic) => [topic, { durable: "a2" }])));
  assert.equal(
    words(bench.effects).filter((word) => word.startsWith("pull")),
    ["pull a t", "pull a u"],
  );
  const { pullId } = bench.effects.find((effect) => effect.type === "pull") as { pullId: number };
  assert.equal(words(bench.feed({ type: "pull-ended", peer: "a", pullId })), ["pull a v"]);
});

test("options out of their limits are refused", () => {
  const options = { localName: "local", localWriter: writers.local };
  for (const bad of [{ creditBytes: 1 }, { retryMsMin: 6_000 }, { peersMax: 1.5 }, { localWriter: "x" }]) {
    assert.throws(() => new Replicator({ ...options, ...bad }, new Random(1)), /Broken promise/);
  }
});

test.run();
