import { test } from "uvu";
import * as assert from "uvu/assert";
import { chainStart, FrameBuilder, frameBytesMax, placeFrame, stampBatch } from "../../src/base/mod.ts";
import type { DamagedRange, ReplicatorEffect } from "../../src/replication/mod.ts";
import { Bench, vector, words, writers } from "./builders.ts";

/** One batch of a feed. */
function batch(writer: string, baseSequence: number, records: number): Uint8Array {
  const builder = new FrameBuilder();
  for (let index = 0; index < records; index++) builder.add({ value: `${writer} ${index}` }, 1_000);
  const frame = builder.finish();
  stampBatch(frame, { writer, baseSequence, lamport: baseSequence, generation: 1, previousChain: chainStart });
  placeFrame(frame, { baseOffset: 0, durableBefore: 0 });
  return frame;
}

function joined(...frames: Uint8Array[]): Uint8Array {
  return new Uint8Array(frames.flatMap((frame) => [...frame]));
}

/** Damage that took these sequences: `{ a: [3, 6] }`. */
function damage(feeds: Partial<Record<"local" | "a" | "b", [number, number]>>, bytes = 1_000): DamagedRange {
  const ranges = Object.entries(feeds).map(([name, [first, last]]) => {
    return [writers[name as keyof typeof writers], { first, last }] as const;
  });
  return { file: "topics/t/0.log", at: 500, bytes, feeds: new Map(ranges) };
}

/** A bench that heard b and c, who hold all, with damage told. */
function damagedBench(range: DamagedRange): { bench: Bench; effects: ReplicatorEffect[] } {
  const bench = new Bench();
  bench.grew("t", "local9 a9");
  bench.hear("b", { t: { durable: "local9 a9" } });
  bench.hear("c", { t: { durable: "local9 a9" } });
  return { bench, effects: bench.feed({ type: "damaged", topic: "t", ranges: [range] }) };
}

function send(bench: Bench, frames: Uint8Array): ReplicatorEffect[] {
  const { peer, pullId } = bench.lastPull;
  return bench.feed({ type: "pulled", peer: peer.name, pullId, frames, lowWater: vector("") });
}

function repaired(bench: Bench, ranges: readonly DamagedRange[], failed?: string): ReplicatorEffect[] {
  const last = bench.effects.filter((effect) => effect.type === "repair").at(-1);
  if (last?.type !== "repair") throw new Error("Nothing was put back");
  return bench.feed({ type: "repaired", repairId: last.repairId, topic: "t", ranges, failed });
}

test("the lost range alone is pulled, of this feed alone, and put back when it is whole", () => {
  const { bench, effects } = damagedBench(damage({ a: [3, 6] }));
  assert.equal(words(effects), [`pull b t local${Number.MAX_SAFE_INTEGER} a2`]);
  assert.is(bench.lastPull.bytesMax, 1_000);
  const parts = [batch(writers.a, 3, 2), batch(writers.a, 5, 2)] as const;
  assert.equal(send(bench, parts[0]), []);
  // What lies between or behind is no part of it.
  const sent = words(send(bench, joined(batch(writers.b, 1, 1), parts[1], batch(writers.a, 7, 1))));
  assert.equal(sent, ["cancel b", `repair t 500 ${parts[0].length + parts[1].length}`]);
  assert.equal(repaired(bench, []), []);
  assert.equal(words(bench.pass(60_000).filter(({ type }) => type === "pull")), []);
});

test("feeds are pulled one after another, this node's own among them", () => {
  const { bench, effects } = damagedBench(damage({ local: [1, 1], a: [9, 9] }));
  assert.equal(words(effects), [`pull b t a${Number.MAX_SAFE_INTEGER}`]);
  const next = send(bench, batch(writers.local, 1, 1));
  assert.equal(words(next), ["cancel b", `pull b t local${Number.MAX_SAFE_INTEGER} a8`]);
  assert.equal(
    words(send(bench, batch(writers.a, 9, 1)))
      .at(-1)
      ?.slice(0, 12),
    "repair t 500",
  );
});

test("a range that needs more than a pull's credit is pulled on with the same peer", () => {
  const { bench } = damagedBench(damage({ a: [3, 6] }));
  send(bench, batch(writers.a, 3, 2));
  assert.equal(words(bench.end()), [`pull b t local${Number.MAX_SAFE_INTEGER} a4`]);
});

test("who does not hold all of a feed's range is not asked, until it tells that it does", () => {
  const bench = new Bench();
  bench.grew("t", "a9");
  bench.hear("b", { t: { durable: "a5" } });
  bench.hear("c", { t: { durable: "a9", low: "a5" } });
  assert.equal(bench.feed({ type: "damaged", topic: "t", ranges: [damage({ a: [3, 6] })] }), []);
  assert.equal(words(bench.tell("b", "t", "a7")), ["pull b t a2"]);
});

test("peers that give nothing that fits are asked three times each, in turn and ever later", () => {
  const { bench } = damagedBench(damage({ a: [3, 6] }));
  const asked: string[] = [];
  for (let round = 0; round < 20; round++) {
    const before = bench.lastPull.pullId;
    asked.push(bench.lastPull.peer.name);
    const effects = bench.end(round % 2 === 0 ? "the peer cannot read it" : undefined);
    assert.equal(words(effects), [`warn ${asked.at(-1)}`]);
    for (let ms = 0; ms < 6_000 && bench.lastPull.pullId === before; ms += 100) {
      bench.pass(100);
      for (const name of ["b", "c"]) bench.feed({ type: "watch-alive", peer: name, watchId: bench.watchId(name) });
    }
    if (bench.lastPull.pullId === before) break;
  }
  assert.equal(asked, ["b", "c", "b", "c", "b", "c"]);
  // On a new stream it is another chance.
  bench.feed({ type: "watch-closed", peer: "b", watchId: bench.watchId("b"), error: "gone" });
  bench.pass(200);
  bench.feed({ type: "watch-opened", peer: "b", watchId: bench.watchId("b"), writer: writers.b });
  assert.equal(words(bench.tell("b", "t", "a9")), ["pull b t a2"]);
});

test("what the log refuses is pulled again, from another peer", () => {
  const range = damage({ a: [3, 6] });
  const { bench } = damagedBench(range);
  send(bench, batch(writers.a, 3, 4));
  assert.equal(words(repaired(bench, [range], "they have 80 bytes, not 1000")), ["warn local"]);
  assert.equal(words(bench.pass(200)), [`pull c t local${Number.MAX_SAFE_INTEGER} a2`]);
});

test("silence, bytes that are no frames and too many of them end a pull", () => {
  const { bench } = damagedBench(damage({ a: [3, 6] }));
  assert.equal(words(bench.pass(5_000)).slice(0, 2), ["cancel b", "warn b"]);
  bench.pass(1_000);
  assert.equal(words(send(bench, new Uint8Array(200))), ["cancel c", "warn c"]);
  bench.pass(1_000);
  assert.equal(words(send(bench, new Uint8Array(1_001 + frameBytesMax))), ["cancel b", "warn b"]);
});

test("a peer that goes, or damage that is gone, ends what is under way", () => {
  const { bench } = damagedBench(damage({ a: [3, 6] }));
  const gone = words(bench.feed({ type: "peer-gone", name: "b" }));
  assert.equal(gone, ["unwatch b", "cancel b", `pull c t local${Number.MAX_SAFE_INTEGER} a2`]);
  assert.equal(words(bench.feed({ type: "damaged", topic: "t", ranges: [] })), ["cancel c"]);
  assert.equal(send(bench, batch(writers.a, 3, 4)), []);
});

test("damage of more than is held in memory is told and left alone", () => {
  const { effects } = damagedBench(damage({ a: [3, 6] }, 64 * 1_048_576 + 1));
  assert.equal(words(effects), ["warn local"]);
});

test("a range that nobody heard holds for a minute is taken for lost, once, and repaired when somebody comes", () => {
  const bench = new Bench();
  bench.grew("t", "local9 a9");
  bench.hear("b", { t: { durable: "local9 a2" } });
  bench.feed({ type: "damaged", topic: "t", ranges: [damage({ a: [3, 6] })] });
  const pass = (ms: number): string[] => {
    const effects: ReplicatorEffect[] = [];
    for (let passed = 0; passed < ms; passed += 1_000) {
      effects.push(
        ...bench.feed({ type: "watch-alive", peer: "b", watchId: bench.watchId("b") }),
        ...bench.pass(1_000),
      );
    }
    return words(effects);
  };
  assert.equal(pass(59_000), []);
  assert.equal(pass(1_000), ["lose t 500"]);
  assert.equal(pass(120_000), []);
  const heard = words(bench.hear("c", { t: { durable: "local9 a9" } }));
  assert.ok(heard.includes(`pull c t local${Number.MAX_SAFE_INTEGER} a2`), heard.join());
});

test("as long as somebody holds a range it is not lost, and the minute begins anew after each who did", () => {
  const { bench } = damagedBench(damage({ a: [3, 6] }));
  for (const name of ["b", "c"]) bench.tell(name, "t", "local9 a9", "a7");
  bench.end("it is gone");
  bench.pass(10_000);
  bench.tell("b", "t", "local9 a9");
  assert.equal(words([bench.lastPull]), [`pull b t local${Number.MAX_SAFE_INTEGER} a2`]);
  bench.tell("b", "t", "local9 a9", "a7");
  bench.end("it is gone");
  const before = bench.effects.length;
  bench.pass(59_000);
  assert.not(words(bench.effects.slice(before)).includes("lose t 500"));
  bench.pass(10_000);
  assert.ok(words(bench.effects.slice(before)).includes("lose t 500"));
});

test.run();
