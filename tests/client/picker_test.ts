// runtimes: bun (it is about decisions, on virtual time)
/** The picker under load, on virtual time: what spreads, what is shed, what comes back. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { type CallOutcome, Picker } from "../../src/client/picker.ts";

interface Target {
  readonly name: string;
  /** How a call goes that begins now. */
  readonly answer: (nowMs: number, random: Random) => { readonly tookMs: number; readonly outcome: CallOutcome };
}

interface Run {
  /** Calls per target, from the last mark on. */
  readonly calls: Map<string, number>;
  readonly failed: Map<string, number>;
  readonly picker: Picker<Target>;
  nowMs: number;
}

function well(name: string, tookMs = 2): Target {
  return { name, answer: (_, random) => ({ tookMs: tookMs + random.below(tookMs + 1), outcome: "answered" }) };
}

/** One call each so many milliseconds, for so long, from where the run stands. */
function load(
  run: Run,
  random: Random,
  { everyMs, forMs }: { readonly everyMs: number; readonly forMs: number },
): void {
  const ends: { readonly atMs: number; readonly end: (nowMs: number) => void }[] = [];
  run.calls.clear();
  run.failed.clear();
  const untilMs = run.nowMs + forMs;
  for (let atMs = run.nowMs; atMs < untilMs; atMs += everyMs) {
    ends.sort((left, right) => left.atMs - right.atMs);
    while ((ends[0]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) {
      const { atMs: endedAtMs, end } = ends.shift() as (typeof ends)[number];
      end(endedAtMs);
    }
    const target = run.picker.pick(atMs) as Target;
    const call = run.picker.begin(target, atMs);
    const { tookMs, outcome } = target.answer(atMs, random);
    run.calls.set(target.name, (run.calls.get(target.name) ?? 0) + 1);
    if (outcome !== "answered") run.failed.set(target.name, (run.failed.get(target.name) ?? 0) + 1);
    ends.push({ atMs: atMs + tookMs, end: (nowMs) => call.end(nowMs, outcome) });
  }
  ends.sort((left, right) => left.atMs - right.atMs);
  for (const { atMs, end } of ends) end(atMs);
  run.nowMs = untilMs;
}

function runOf(random: Random, targets: readonly Target[]): Run {
  const picker = new Picker<Target>(() => random.uint32() / 2 ** 32);
  picker.set(targets);
  return { picker, calls: new Map(), failed: new Map(), nowMs: 1_000 };
}

const seeds = Array.from({ length: 10 }, (_, index) => new Random(`picker ${index}`));

test("Picker spreads calls over equal targets within a third of their share", () => {
  for (const random of seeds) {
    const count = 2 + random.below(9);
    const run = runOf(
      random,
      Array.from({ length: count }, (_, index) => well(String(index), 10)),
    );
    load(run, random, { everyMs: 2, forMs: 20_000 });
    const share = 10_000 / count;
    for (const [name, calls] of run.calls) {
      assert.ok(Math.abs(calls - share) < share / 3, `${name} of ${count}: ${calls} calls, share ${share}`);
    }
    assert.is(run.calls.size, count);
  }
});

test("Picker gives a target ten times as slow less than half of its share", () => {
  for (const random of seeds) {
    const run = runOf(random, [well("a"), well("b"), well("c"), well("slow", 40)]);
    load(run, random, { everyMs: 5, forMs: 20_000 });
    assert.ok((run.calls.get("slow") ?? 0) < 4_000 / 4 / 2, `${run.calls.get("slow")} calls`);
    assert.ok((run.calls.get("slow") ?? 0) > 0, "it is still measured");
  }
});

test("Picker leaves few calls with a target that hangs", () => {
  for (const random of seeds) {
    const hangs: Target = { name: "hangs", answer: () => ({ tookMs: 5_000, outcome: "failed" }) };
    const run = runOf(random, [well("a"), well("b"), well("c"), hangs]);
    load(run, random, { everyMs: 5, forMs: 60_000 });
    const calls = run.calls.get("hangs") ?? 0;
    assert.ok(calls < 40, `${calls} of 12000 calls went there`);
  }
});

test("Picker leaves out a target that nobody can connect to, for longer each time, and takes it back", () => {
  for (const random of seeds) {
    let downUntilMs = 31_000;
    const breaks: Target = {
      name: "breaks",
      answer: (nowMs) =>
        nowMs < downUntilMs ? { tookMs: 1, outcome: "unreachable" } : { tookMs: 2, outcome: "answered" },
    };
    const run = runOf(random, [well("a"), well("b"), breaks]);
    load(run, random, { everyMs: 5, forMs: 30_000 });
    const tries = run.calls.get("breaks") ?? 0;
    assert.ok(tries >= 3 && tries <= 6, `${tries} tries in 30 s: 1, 2, 4, 8, 16 s between them`);
    // 32 s are the longest that it can be out for now.
    load(run, random, { everyMs: 5, forMs: 40_000 });
    load(run, random, { everyMs: 5, forMs: 20_000 });
    const share = 4_000 / 3;
    assert.ok((run.calls.get("breaks") ?? 0) > share / 2, `${run.calls.get("breaks")} calls after it came back`);
    // After a long good time it is out for a second only.
    load(run, random, { everyMs: 5, forMs: 61_000 });
    downUntilMs = run.nowMs + 10;
    load(run, random, { everyMs: 5, forMs: 10 });
    load(run, random, { everyMs: 5, forMs: 1_500 });
    load(run, random, { everyMs: 5, forMs: 2_000 });
    assert.ok((run.calls.get("breaks") ?? 0) > 400 / 3 / 2, `${run.calls.get("breaks")} calls after a short break`);
  }
});

test("Picker tells a target that fails far more often than the others, and not when all fail alike", () => {
  for (const random of seeds) {
    const flaky = (name: string, probability: number): Target => ({
      name,
      answer: (_, chance) => ({ tookMs: 2, outcome: chance.chance(probability) ? "failed" : "answered" }),
    });
    const run = runOf(random, [well("a"), well("b"), well("c"), flaky("flaky", 0.6)]);
    load(run, random, { everyMs: 5, forMs: 30_000 });
    assert.ok((run.calls.get("flaky") ?? 0) < 6_000 / 4 / 4, `${run.calls.get("flaky")} calls`);
    const alike = ["a", "b", "c", "d"].map((name) => flaky(name, 0.3));
    const same = runOf(random, alike);
    let ejected = 0;
    for (let round = 0; round < 200; round++) {
      load(same, random, { everyMs: 5, forMs: 100 });
      ejected += alike.filter((target) => same.picker.isEjected(target, same.nowMs)).length;
    }
    // Ten failures in a row happen by chance, too, seldom.
    assert.ok(ejected < 20, `${ejected} of 800 times one was out`);
  }
});

test("Picker never leaves out more than half, nor the only one", () => {
  for (const random of seeds) {
    const count = 1 + random.below(8);
    const dead = Array.from({ length: count }, (_, index): Target => {
      return { name: String(index), answer: () => ({ tookMs: 1, outcome: "unreachable" }) };
    });
    const run = runOf(random, dead);
    for (let round = 0; round < 100; round++) {
      load(run, random, { everyMs: 5, forMs: 100 });
      const ejected = dead.filter((target) => run.picker.isEjected(target, run.nowMs)).length;
      assert.ok(ejected <= count / 2, `${ejected} of ${count}`);
    }
  }
});

test("Picker tries one that was out with one call at a time", () => {
  const random = new Random("trial");
  const [good, out] = [well("good"), well("out")];
  const { picker } = runOf(random, [good, out]);
  picker.begin(out, 0).end(1, "unreachable");
  assert.ok(picker.isEjected(out, 1) && !picker.isEjected(out, 1_001));
  const picked = Array.from({ length: 20 }, () => {
    const target = picker.pick(1_001) as Target;
    if (target === out) picker.begin(out, 1_001);
    return target;
  });
  assert.is(picked.filter((target) => target === out).length, 1);
});

test("Picker keeps to what it is given: none, one, all but those excepted", () => {
  const random = new Random("few");
  const [a, b] = [well("a"), well("b")];
  const { picker } = runOf(random, []);
  assert.is(picker.pick(0), undefined);
  picker.set([a]);
  assert.is(picker.pick(0), a);
  assert.is(picker.pick(0, new Set([a])), undefined);
  picker.set([a, b]);
  for (let round = 0; round < 20; round++) assert.is(picker.pick(0, new Set([a])), b);
  // A call at a target that went while it was on its way harms nobody.
  const call = picker.begin(b, 0);
  picker.set([a]);
  call.end(10, "failed");
  call.end(11, "failed");
  assert.is(picker.inFlight(b), 0);
});

test.run();
