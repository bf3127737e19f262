// From where on peers hold another history of what this node wrote as a former writer (rule R6, second half).
import { test } from "uvu";
import * as assert from "uvu/assert";
import { chainStart, FrameBuilder, placeFrame, settingsTopic, stampBatch } from "../../src/base/mod.ts";
import type { ReplicatorEffect } from "../../src/replication/mod.ts";
import { Bench, chain, type Told, vector, words, writers } from "./builders.ts";

/** A feed as a row of batch ends; the hash of each is its text. */
interface History {
  /** Sequences at which batches end, with what tells this history apart there. */
  readonly ends: readonly (readonly [sequence: number, content: string])[];
  /** Nothing is known below. */
  readonly low?: number;
}

/** One batch a record, `same` up to a sequence, then of its own. */
function history(through: number, same: number, own: string): History {
  return { ends: Array.from({ length: through }, (_, index) => [index + 1, index < same ? "s" : own] as const) };
}

function pointOf({ ends, low = 1 }: History, asked: number) {
  const last = ends.at(-1)?.[0] ?? 0;
  const found = ends.filter(([sequence]) => sequence <= asked).at(-1);
  if (asked > last || (found && found[0] < low)) return undefined;
  return found ? { sequence: found[0], chain: chain(`${found[1]}${found[0]}`) } : { sequence: 0, chain: chain("") };
}

function oursAt({ ends }: History, sequence: number) {
  const found = ends.find(([end]) => end >= sequence);
  if (found === undefined) return undefined;
  return found[0] === sequence ? chain(`${found[1]}${found[0]}`) : ("within-batch" as const);
}

type Probe = Extract<ReplicatorEffect, { readonly type: "probe-feed" }>;

/** Answers every probe from the two histories, and returns how many there were. */
function answerAll(bench: Bench, effects: ReplicatorEffect[], peers: Record<string, History>, ours: History): number {
  let probes = 0;
  for (let open = effects; open.length > 0; ) {
    const asked = open.filter((effect): effect is Probe => effect.type === "probe-feed");
    open = asked.flatMap(({ probeId, peer, sequences }) => {
      probes++;
      const points = sequences.map((sequence) => {
        const shown = pointOf(peers[peer.name] as History, sequence);
        return { asked: sequence, shown, ours: shown && oursAt(ours, shown.sequence) };
      });
      return bench.feed({ type: "feed-probed", probeId, points });
    });
  }
  return probes;
}

/** A node with a former writer `c`, which holds so much of its feed. */
function formerBench(ours: number): Bench {
  const bench = new Bench({ formerWriters: [writers.c] });
  bench.grew("t", `c${ours}`);
  return bench;
}

function reproduced(bench: Bench): string[] {
  return words(bench.pass(2_000)).filter((word) => word.startsWith("reproduce"));
}

for (const [ours, theirs, same] of [
  [1, 1, 0],
  [9, 9, 8],
  [9, 4, 3],
  [40, 90, 17],
  [100_000, 99_000, 54_321],
  [100_000, 100_000, 0],
] as const) {
  test(`what peers have otherwise is found: ours ends at ${ours}, theirs at ${theirs}, ${same} are the same`, () => {
    const bench = formerBench(ours);
    const mine = history(ours, same, "m");
    const effects = bench.hear("a", { t: { durable: `c${theirs}` } });
    const probes = answerAll(bench, effects, { a: history(theirs, same, "o") }, mine);
    assert.ok(probes <= 8, `${probes} probes`);
    assert.equal(reproduced(bench), [`reproduce t c${same + 1}`]);
    assert.equal(words(bench.feed({ type: "reproduced", from: same + 1 })), []);
    assert.equal(reproduced(bench), []);
  });
}

test("a copy that is the same as far as it goes is asked for one place, and again only when it has grown", () => {
  const bench = formerBench(9);
  const mine = history(9, 9, "m");
  const peers = { a: history(9, 9, "o") };
  assert.is(answerAll(bench, bench.hear("a", { t: { durable: "c5" } }), peers, mine), 1);
  assert.equal(
    words(bench.tell("a", "t", "c5 a1")).filter((word) => word.startsWith("probe")),
    [],
  );
  assert.equal(
    words(bench.tell("a", "t", "c9 a1")).filter((word) => word.startsWith("probe")),
    ["probe a t c 9"],
  );
  assert.equal(reproduced(bench), []);
});

test("batches are never cut again: a copy whose batch reaches over our end has another history", () => {
  const bench = formerBench(5);
  const mine = history(5, 5, "m");
  const theirs: History = { ends: [...history(3, 3, "o").ends, [8, "o"]] };
  answerAll(bench, bench.hear("a", { t: { durable: "c8" } }), { a: theirs }, mine);
  assert.equal(reproduced(bench), ["reproduce t c4"]);
});

test("where a peer has forgotten all that could be compared nothing shows a fork; where some of it, all below counts as other", () => {
  for (const [low, expected] of [
    [10, []],
    [6, ["reproduce t c1"]],
  ] as const) {
    const bench = formerBench(9);
    const theirs = { ...history(12, 3, "o"), low };
    answerAll(bench, bench.hear("a", { t: { durable: "c12" } }), { a: theirs }, history(9, 3, "m"));
    assert.equal(reproduced(bench), expected, `from ${low} on`);
  }
});

test("of several peers the lowest place counts, also when it is found late", () => {
  const bench = formerBench(9);
  const mine = history(9, 9, "m");
  const ours: History = { ends: mine.ends.map(([sequence]) => [sequence, "s"] as const) };
  const peers = { a: history(9, 6, "x"), b: history(9, 4, "y"), c: history(9, 2, "z") };
  const told: Told = { durable: "c9" };
  answerAll(bench, bench.hear("a", { t: told }), peers, ours);
  answerAll(bench, bench.hear("b", { t: told }), peers, ours);
  assert.equal(reproduced(bench), ["reproduce t c5"]);
  answerAll(bench, bench.hear("c", { t: told }), peers, ours);
  assert.equal(reproduced(bench), [], "one at a time");
  assert.equal(words(bench.feed({ type: "reproduced", from: 5 })), ["reproduce t c3"]);
});

test("a log that cannot is asked again later; what a peer did not answer is asked on its next stream or notice", () => {
  const bench = formerBench(3);
  const [probe] = bench
    .hear("a", { t: { durable: "c3" } })
    .filter((effect): effect is Probe => effect.type === "probe-feed");
  bench.feed({ type: "feed-probed", probeId: probe?.probeId as number, points: [], error: "it does not answer" });
  const effects = bench.tell("a", "t", "c3 a1");
  answerAll(bench, effects, { a: history(3, 1, "o") }, history(3, 1, "m"));
  assert.equal(reproduced(bench), ["reproduce t c2"]);
  assert.equal(words(bench.feed({ type: "reproduced", from: 2, failed: "no space" })), ["warn local"]);
  assert.equal(reproduced(bench), ["reproduce t c2"]);
});

test("a peer that says what cannot be is not believed, and asked a bounded number of times", () => {
  const bench = formerBench(1_000);
  let probes = 0;
  for (let open = bench.hear("a", { t: { durable: "c1000" } }); open.length > 0 && probes < 100; ) {
    open = open
      .filter((effect): effect is Probe => effect.type === "probe-feed")
      .flatMap(({ probeId, sequences }) => {
        probes++;
        const points = sequences.map((asked) => ({
          asked,
          shown: { sequence: asked + 5, chain: chain("x") },
          ours: undefined,
        }));
        return bench.feed({ type: "feed-probed", probeId, points });
      });
  }
  assert.ok(probes < 40, `${probes} probes`);
  assert.equal(reproduced(bench), []);
});

/** One batch of one record, as a peer has it. */
function batch(writer: string, baseSequence: number): Uint8Array {
  const builder = new FrameBuilder();
  builder.add({ value: `${writer} ${baseSequence}` }, 1_000);
  const frame = builder.finish();
  stampBatch(frame, { writer, baseSequence, lamport: baseSequence, generation: 1, previousChain: chainStart });
  placeFrame(frame, { baseOffset: 0, durableBefore: 0 });
  return frame;
}

/** A node with a former writer `c` of whose settings `a` holds another history, behind the sixth. */
function forkedSettings(durable: string): Bench {
  const bench = new Bench({ formerWriters: [writers.c] });
  bench.grew(settingsTopic, "c9 a1");
  const effects = bench.hear("a", { [settingsTopic]: { durable } });
  answerAll(bench, effects, { a: history(9, 6, "o") }, history(9, 6, "m"));
  return bench;
}

function bring(bench: Bench, frames: readonly Uint8Array[]): string[] {
  const { peer, pullId } = bench.lastPull;
  const bytes = new Uint8Array(frames.flatMap((frame) => [...frame]));
  return words(bench.feed({ type: "pulled", peer: peer.name, pullId, frames: bytes, lowWater: vector("") }));
}

const asked = (through: number): string => `pull a ${settingsTopic} c${through} a${Number.MAX_SAFE_INTEGER}`;
const isPull = (word: string): boolean => word.startsWith(`pull a ${settingsTopic}`);
const isReproduce = (word: string): boolean => word.startsWith("reproduce");

test("of _topics what a peer has in place of ours is pulled, and produced again, until nothing is left of it", () => {
  const bench = forkedSettings("c9 a1");
  assert.equal(words(bench.effects).filter(isPull), [asked(6)]);
  const frames = [batch(writers.c, 7), batch(writers.c, 8)];
  assert.equal(bring(bench, [frames[0] as Uint8Array, batch(writers.a, 9), frames[1] as Uint8Array]), []);
  const [again] = bench.end().filter(({ type }) => type === "reproduce");
  assert.ok(again?.type === "reproduce");
  assert.is(again.from, 7);
  assert.equal(again.theirs, new Uint8Array(frames.flatMap((frame) => [...frame])), "that feed alone");
  assert.equal(words(bench.feed({ type: "reproduced", from: 7 })).filter(isPull), [asked(8)]);
  bring(bench, [batch(writers.c, 9)]);
  assert.equal(words(bench.end()).filter(isReproduce), [`reproduce ${settingsTopic} c9 of theirs`]);
  bench.feed({ type: "reproduced", from: 9 });
  assert.equal(words(bench.pass(10_000)).filter(isPull), []);
  // It lags behind, and has more of that history later.
  assert.equal(
    words(bench.tell("a", settingsTopic, "c11 a1"))
      .filter(isPull)
      .at(-1),
    asked(9),
  );
});

test("of other topics the history of the peers stays theirs", () => {
  const bench = formerBench(9);
  answerAll(bench, bench.hear("a", { t: { durable: "c9" } }), { a: history(9, 6, "o") }, history(9, 6, "m"));
  bench.pass(10_000);
  assert.equal(
    words(bench.effects).filter((word) => word.startsWith("pull")),
    [],
  );
});

test("a pull of another history that fails, or falls silent, is tried again, and not for ever", () => {
  const bench = forkedSettings("c9 a1");
  assert.equal(words(bench.end("it does not answer")), []);
  assert.equal(words(bench.pass(200)).filter(isPull), [asked(6)]);
  assert.equal(words(bench.pass(5_000)).slice(0, 2), [`reproduce ${settingsTopic} c7`, "cancel a"]);
  bench.feed({ type: "reproduced", from: 7 });
  let pulls = words(bench.effects).filter(isPull).length;
  for (let tries = 0; tries < 40; tries++) {
    bench.feed({ type: "watch-alive", peer: "a", watchId: bench.watchId("a") });
    bench.pass(5_000);
    const now = words(bench.effects).filter(isPull).length;
    if (now === pulls) break;
    pulls = now;
    bench.end();
  }
  assert.is(pulls, 16);
});

test("what the log could not produce again of another history is pulled again", () => {
  const bench = forkedSettings("c7 a1");
  bring(bench, [batch(writers.c, 7)]);
  bench.end();
  assert.equal(words(bench.feed({ type: "reproduced", from: 7, failed: "no space" })), ["warn local"]);
  assert.equal(words(bench.pass(200)).filter(isPull), [asked(6)]);
});

test.run();
