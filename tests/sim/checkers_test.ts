import { test } from "uvu";
import * as assert from "uvu/assert";
import { FrameBuilder } from "../../src/base/mod.ts";
import type { MemberStatus } from "../../src/membership/mod.ts";
import {
  Availability,
  CausalOrder,
  type Checker,
  Convergence,
  Copies,
  Cursors,
  Damage,
  Durability,
  type FinalState,
  ForkedSide,
  MembershipOrder,
  NoDuplicates,
  type Observation,
  ReadYourWrites,
  RetriedOnce,
  SameFeed,
  type SeenBatch,
} from "../../src/testing/mod.ts";

const writers = { a: "000000000000000a", b: "000000000000000b" } as const;

/** `a3` is one record of writer a, sequence 3; `a3-5` are three. */
function batch(text: string, changes: Partial<SeenBatch> = {}): SeenBatch {
  const [, name, first, last] = /^([ab])(\d+)(?:-(\d+))?$/.exec(text) as RegExpExecArray;
  const baseSequence = Number(first);
  return {
    ...{ topic: "t", kind: "records", writer: writers[name as "a"], baseSequence },
    ...{ count: Number(last ?? first) - baseSequence + 1, baseOffset: baseSequence - 1 },
    ...{ chain: { high: 1, low: baseSequence }, payloadChecksum: baseSequence, baseTimestampMs: name === "a" ? 1 : 2 },
    ...changes,
  };
}

function appended(node: string, text: string, changes: Partial<SeenBatch> = {}): Observation {
  return { type: "appended", node, batch: batch(text, changes) };
}

function consumed(node: string, text: string, changes: Partial<SeenBatch> = {}): Observation {
  return { type: "consumed", consumer: "c1", node, batch: batch(text, changes) };
}

/** Got by a call that began at the earliest record. */
function earliest(node: string, text: string): Observation {
  return { type: "consumed", consumer: "c1", node, batch: batch(text), isFromEarliest: true };
}

function acknowledged(node: string, writer: "a" | "b", sequence: number): Observation {
  return { type: "acknowledged", node, topic: "t", writer: writers[writer], sequence, count: 1 };
}

function member(node: string, life: number, incarnation: number): Observation {
  const address = { host: "10.0.0.1", port: 1 };
  return { type: "member", node, life, member: { name: "m", address, tags: new Map(), status: "alive", incarnation } };
}

function state(node: string, held: Record<string, number>): FinalState {
  const vector = new Map(Object.entries(held).map(([name, sequence]) => [writers[name as "a"] as string, sequence]));
  return { node, held: new Map([["t", vector]]), members: new Map(), settled: new Map(), damaged: [] };
}

function sees(node: string, members: Record<string, MemberStatus>): FinalState {
  return { node, held: new Map(), members: new Map(Object.entries(members)), settled: new Map(), damaged: [] };
}

function broken(checker: Checker, observations: readonly Observation[], end: readonly FinalState[] = []): string[] {
  const found = observations
    .map((observation) => checker.observe(observation))
    .filter((message) => message !== undefined);
  return [...found, ...checker.finish(end)];
}

interface Row {
  readonly name: string;
  readonly make: () => Checker;
  readonly good: readonly Observation[];
  readonly bad: readonly Observation[];
  readonly goodEnd?: readonly FinalState[];
  readonly badEnd?: readonly FinalState[];
}

const reopened = (node: string, wiped = false): Observation => ({ type: "reopened", node, wiped });
const recovered = (node: string, keepsAcknowledged = true): Observation => ({
  ...{ type: "recovered", node, keepsAcknowledged },
});

/** Who has which writer: what it shows first of that is what was produced. */
const owners: readonly Observation[] = [
  { type: "writer", node: "n1", writer: writers.a },
  { type: "writer", node: "n2", writer: writers.b },
];
const anotherWriter = (node: string): Observation => ({ type: "writer", node, writer: "000000000000000c" });
const forked = (writer: "a" | "b"): Observation => ({ type: "forked", writer: writers[writer] });

function lowWater(node: string, lows: Record<string, number>): Observation {
  const entries = Object.entries(lows).map(([name, low]) => [writers[name as "a"] as string, low] as const);
  return { type: "low-water", node, topic: "t", lowWater: new Map(entries) };
}

function served(change: (frame: Uint8Array) => void): Observation {
  const builder = new FrameBuilder();
  builder.add({ value: "a value of some length" }, 1);
  const frames = builder.finish();
  change(frames);
  return { type: "served", node: "n1", topic: "t", frames };
}

function replicated(copies: number, holders: readonly string[], stopped: readonly string[] = []): Observation {
  return { type: "replicated", node: "n1", topic: "t", writer: writers.a, last: 1, copies, holders, stopped };
}

function tokenUsed(writer: "a" | "b", isDelivered: boolean, given: readonly string[] = []): Observation {
  const outcome = { isDelivered, given: new Set(given) };
  return { type: "token-used", node: "n2", topic: "t", writer: writers[writer], last: 1, ...outcome };
}

const gap = { kind: "gap" } as const;
const other = { payloadChecksum: 9, chain: { high: 2, low: 9 } } as const;

/** The consumer had one a1; the other one, written after a backup was put back, is produced at n2 once more as b1. */
const twinInFork: readonly Observation[] = [
  { type: "writer", node: "n1", writer: writers.a },
  ...[appended("n1", "a1", { stamp: "p/0/1" }), consumed("n1", "a1", { stamp: "p/0/1" }), forked("a")],
  ...[appended("n1", "a1", { stamp: "p/0/2" }), appended("n2", "b1", { stamp: "p/0/2" })],
];

/** What n1 had produced before a backup of it was put back stands in the feed that it goes on with, too. */
const storedAgain: readonly Observation[] = [
  { type: "writer", node: "n1", writer: writers.a },
  ...[appended("n1", "a1", { stamp: "p/0/1" }), forked("a"), anotherWriter("n1")],
  appended("n1", "b1", { stamp: "p/0/1" }),
];

/** One produce in two feeds, of which nodes forgot one. */
const twinGone: readonly Observation[] = [
  ...[appended("n1", "a1", { stamp: "p/0/1" }), appended("n1", "b1", { stamp: "p/0/1", baseOffset: 1 })],
  lowWater("n2", { a: 2 }),
];

/** One produce that n1 stored before it got it from n2; a repair then put both in the other order. */
const stampedAs = (text: string, baseOffset: number, changes: Partial<SeenBatch> = {}): Observation =>
  appended("n1", text, { stamp: "p/0/1", baseOffset, ...changes });
const twinsMoved = [...owners, stampedAs("a1", 0), stampedAs("b1", 1), reopened("n1"), stampedAs("b1", 0)];

const rows: readonly Row[] = [
  {
    name: "G1: a batch appended twice",
    make: () => new NoDuplicates(),
    good: [appended("n1", "a1"), appended("n2", "a1"), reopened("n1"), appended("n1", "a1"), appended("n1", "a2-4")],
    bad: [appended("n1", "a1"), appended("n1", "a1")],
  },
  {
    name: "G1: the same records in two feeds",
    make: () => new NoDuplicates(),
    good: [appended("n1", "a1"), appended("n1", "b1", { baseOffset: 1 })],
    bad: [appended("n1", "a1"), appended("n1", "b1", { baseOffset: 1, baseTimestampMs: 1 })],
  },
  {
    name: "G1: a retry of what the node holds in another feed",
    make: () => new RetriedOnce(),
    good: [...owners, stampedAs("a1", 0), stampedAs("b1", 1)],
    bad: [...owners, stampedAs("b1", 0), stampedAs("a1", 1)],
  },
  {
    name: "G1: a retry that was not seen before its log was opened again",
    make: () => new RetriedOnce(),
    good: [...twinsMoved, stampedAs("a1", 1), recovered("n1")],
    bad: [...owners, stampedAs("b1", 0), reopened("n1"), stampedAs("b1", 0), stampedAs("a1", 1), recovered("n1")],
  },
  {
    name: "G1: a retry in another history than what stood there before the log was opened again",
    make: () => new RetriedOnce(),
    good: [...twinsMoved, stampedAs("a1", 1), recovered("n1")],
    bad: [...twinsMoved, stampedAs("a1", 1, other), recovered("n1")],
  },
  {
    name: "G1: a retry once the log was opened again",
    make: () => new RetriedOnce(),
    good: [...twinsMoved, stampedAs("a1", 1), recovered("n1")],
    bad: [...twinsMoved, recovered("n1"), stampedAs("a1", 1)],
  },
  {
    name: "G1: a hole in a feed",
    make: () => new NoDuplicates(),
    good: [appended("n1", "a1"), appended("n1", "a2-3", { kind: "gap" }), appended("n1", "a4")],
    bad: [appended("n1", "a1"), appended("n1", "a3")],
  },
  {
    name: "G1: an offset that falls",
    make: () => new NoDuplicates(),
    good: [appended("n1", "a1"), appended("n1", "a2", { baseOffset: 7 })],
    bad: [appended("n1", "a1"), appended("n1", "a2", { baseOffset: 0 })],
  },
  {
    name: "G2: two batches with one sequence",
    make: () => new SameFeed(),
    good: [...owners, appended("n1", "a1"), appended("n2", "a1"), appended("n3", "a1", gap)],
    bad: [...owners, appended("n1", "a1"), reopened("n1"), appended("n1", "a1", other)],
  },
  {
    name: "G2: a batch as nobody produced it",
    make: () => new SameFeed(),
    good: [...owners, appended("n1", "a1"), appended("n2", "a1"), reopened("n2"), appended("n2", "a1")],
    bad: [...owners, appended("n1", "a1"), appended("n2", "a1", other)],
  },
  {
    name: "G2: a node mixes two histories of a forked feed",
    make: () => new SameFeed(),
    good: [
      ...[...owners, appended("n1", "a1"), appended("n1", "a2"), appended("n2", "a1"), appended("n2", "a2")],
      ...[forked("a"), reopened("n1"), appended("n1", "a1"), appended("n1", "a2", other), appended("n1", "a3", other)],
    ],
    bad: [
      ...[...owners, appended("n1", "a1"), appended("n1", "a2"), appended("n2", "a1"), appended("n2", "a2")],
      ...[forked("a"), reopened("n1"), appended("n1", "a1"), appended("n1", "a2", other), appended("n1", "a3", other)],
      appended("n2", "a3", other),
    ],
  },
  {
    name: "G3: a node has the effect before the cause",
    make: () => new CausalOrder(),
    good: [appended("n1", "a1"), appended("n1", "b1"), appended("n2", "a1"), appended("n2", "b1")],
    bad: [appended("n1", "a1"), appended("n1", "b1"), appended("n2", "b1")],
  },
  {
    name: "G3: a consumer gets the effect before the cause",
    make: () => new CausalOrder(),
    good: [appended("n1", "a1"), appended("n1", "b1"), consumed("n1", "a1"), consumed("n2", "b1")],
    bad: [appended("n1", "a1"), appended("n1", "b1"), consumed("n1", "b1")],
  },
  {
    name: "G3: what nobody had forgotten comes late",
    make: () => new CausalOrder(),
    good: [appended("n1", "a1"), appended("n1", "b1"), lowWater("n1", { a: 2 }), appended("n2", "b1")],
    bad: [appended("n1", "a1-2"), appended("n1", "b1"), lowWater("n1", { a: 2 }), appended("n2", "b1")],
  },
  {
    name: "G4: a node takes for lost what nobody had forgotten",
    make: () => new Convergence(),
    good: [lowWater("n1", { a: 4 }), appended("n2", "a1-3", gap), forked("b"), appended("n2", "b1", gap)],
    bad: [lowWater("n1", { a: 3 }), appended("n2", "a1-3", gap)],
  },
  {
    name: "G4: nodes differ in the end",
    make: () => new Convergence(),
    good: [],
    bad: [],
    goodEnd: [state("n1", { a: 3, b: 1 }), state("n2", { b: 1, a: 3 })],
    badEnd: [state("n1", { a: 3, b: 1 }), state("n2", { a: 3 })],
  },
  {
    name: "G5: a sound node takes no writes",
    make: () => new Availability(),
    good: [acknowledged("n1", "a", 1)],
    bad: [{ type: "refused", node: "n1", topic: "t", reason: "no quorum" }],
  },
  {
    name: "a node loses in a crash what it acknowledged",
    make: () => new Durability(),
    good: [appended("n1", "a1"), acknowledged("n1", "a", 1), reopened("n1"), appended("n1", "a1"), recovered("n1")],
    bad: [appended("n1", "a1"), acknowledged("n1", "a", 1), reopened("n1"), recovered("n1")],
    goodEnd: [state("n1", { a: 1 })],
  },
  {
    name: "a record that another node held when the origin was wiped is nowhere",
    make: () => new Durability(),
    good: [appended("n1", "a1"), acknowledged("n1", "a", 1), reopened("n1", true), recovered("n1")],
    bad: [
      ...[appended("n1", "a1"), acknowledged("n1", "a", 1), appended("n2", "a1")],
      ...[reopened("n1", true), recovered("n1")],
    ],
    goodEnd: [state("n1", {}), state("n2", {})],
    badEnd: [state("n1", {}), state("n2", {})],
  },
  {
    name: "a consumer gets a batch twice",
    make: () => new Cursors(),
    good: [consumed("n1", "a1"), consumed("n2", "a2-3"), consumed("n1", "a4")],
    bad: [consumed("n1", "a1"), consumed("n2", "a1")],
  },
  {
    name: "a consumer is told that something is gone that nobody had forgotten",
    make: () => new Cursors(),
    good: [lowWater("n1", { a: 4 }), consumed("n2", "a1"), consumed("n1", "a1-3", gap), consumed("n1", "a4")],
    bad: [consumed("n2", "a1"), consumed("n1", "a1-3", gap)],
  },
  {
    name: "a consumer that asks for the earliest record misses one that nobody had forgotten",
    make: () => new Cursors(),
    good: [lowWater("n1", { a: 4 }), earliest("n1", "a4"), consumed("n2", "a5")],
    bad: [lowWater("n1", { a: 4 }), earliest("n1", "a5")],
  },
  {
    name: "a consumer that comes with a cursor is not told of what is gone",
    make: () => new Cursors(),
    good: [lowWater("n1", { a: 4 }), earliest("n1", "a4")],
    bad: [lowWater("n1", { a: 4 }), consumed("n1", "a4")],
  },
  {
    name: "a node passes over what its consumer may have read another history of, of a former writer of its own",
    make: () => new Cursors(),
    good: [...twinInFork, anotherWriter("n2"), consumed("n2", "b2")],
    bad: [...twinInFork, anotherWriter("n1"), consumed("n1", "b2")],
  },
  {
    name: "and one that lost its directory since, and goes on as the former writer, knows of no other history",
    make: () => new Cursors(),
    good: [...twinInFork, anotherWriter("n1"), reopened("n1", true), ...owners, consumed("n1", "b2")],
    bad: [...twinInFork, ...owners, anotherWriter("n1"), consumed("n1", "b2")],
  },
  {
    name: "a consumer misses a produce that it was told is gone from another feed",
    make: () => new Cursors(),
    good: [...twinGone, consumed("n2", "a1", gap), consumed("n1", "b2")],
    bad: [...twinGone, consumed("n1", "b2")],
  },
  {
    name: "a consumer gets a produce again from another feed",
    make: () => new Cursors(),
    good: [...twinGone, consumed("n1", "a1", { stamp: "p/0/1" }), consumed("n1", "b2")],
    bad: [...twinGone, consumed("n1", "a1", { stamp: "p/0/1" }), consumed("n2", "b1", { stamp: "p/0/1" })],
  },
  {
    name: "a consumer of a forked feed misses a produce that its owner stored again, and that it had not",
    make: () => new Cursors(),
    good: [...storedAgain, consumed("n1", "a1", { stamp: "p/0/1" }), consumed("n1", "b2")],
    bad: [...storedAgain, consumed("n1", "a1", { stamp: "p/0/2" }), consumed("n1", "b2")],
  },
  {
    name: "G7: what others acknowledge of a forked feed is not its owner's",
    make: () => new ForkedSide(),
    good: [...owners, forked("a"), acknowledged("n2", "a", 1)],
    bad: [...owners, forked("a"), acknowledged("n1", "a", 1)],
    goodEnd: [state("n2", {})],
    badEnd: [state("n2", {})],
  },
  {
    name: "G7: what k nodes acknowledged is on fewer disks",
    make: () => new Copies(),
    good: [replicated(2, ["n1", "n2"]), replicated(3, ["n1"], ["n2", "n3"])],
    bad: [replicated(2, ["n1"])],
    goodEnd: [state("n1", { a: 1 }), state("n2", { a: 1 })],
  },
  {
    name: "G7: what k nodes acknowledged is gone after the loss of k - 1 disks",
    make: () => new Copies(),
    good: [replicated(2, ["n1", "n2"]), reopened("n1", true), reopened("n2", true)],
    bad: [replicated(2, ["n1", "n2"]), reopened("n1", true)],
    goodEnd: [state("n1", {}), state("n2", {})],
    badEnd: [state("n1", {}), state("n2", {})],
  },
  {
    name: "G7: a disk that was lost after it had confirmed counts among the k - 1",
    make: () => new Copies(),
    good: [appended("n2", "a1"), reopened("n2", true), replicated(2, ["n1"])],
    bad: [appended("n2", "b1"), reopened("n2", true), replicated(2, ["n1"])],
    goodEnd: [state("n1", { a: 1 })],
  },
  {
    name: "G8: a node answers a token without the record",
    make: () => new ReadYourWrites(),
    good: [tokenUsed("a", true), forked("b"), tokenUsed("b", false)],
    bad: [tokenUsed("a", false)],
  },
  {
    name: "G8: the record comes out of the other feed to which its producer sent it",
    make: () => new ReadYourWrites(),
    good: [appended("n2", "a1", { stamp: "p/0/7" }), tokenUsed("a", false, ["p/0/7"])],
    bad: [appended("n2", "a1", { stamp: "p/0/7" }), tokenUsed("a", false, ["p/0/8"])],
  },
  {
    name: "damage is served",
    make: () => new Damage(),
    good: [served(() => undefined)],
    bad: [served((frame) => frame.fill(0, frame.length - 1))],
  },
  {
    name: "damage stays",
    make: () => new Damage(),
    good: [],
    bad: [],
    goodEnd: [state("n1", {})],
    badEnd: [{ ...state("n1", {}), damaged: ["topics/t/0.log:7"] }],
  },
  {
    name: "a consumer misses a batch",
    make: () => new Cursors(),
    good: [consumed("n1", "a1"), consumed("n1", "b1")],
    bad: [consumed("n1", "a1"), consumed("n2", "a3")],
  },
  {
    name: "an incarnation falls",
    make: () => new MembershipOrder(),
    good: [member("n1", 1, 3), member("n1", 1, 3), member("n1", 2, 1), member("n2", 1, 1)],
    bad: [member("n1", 1, 3), member("n1", 1, 2)],
  },
  {
    name: "a node is not found alive in the end",
    make: () => new MembershipOrder(),
    good: [],
    bad: [],
    goodEnd: [sees("n1", { n1: "alive", n2: "alive" }), sees("n2", { n2: "alive", n1: "alive" })],
    badEnd: [sees("n1", { n1: "alive", n2: "alive" }), sees("n2", { n2: "alive", n1: "failed" })],
  },
];

for (const { name, make, good, bad, goodEnd, badEnd } of rows) {
  test(`a checker finds it: ${name}`, () => {
    assert.equal(broken(make(), good, goodEnd), []);
    assert.is.not(broken(make(), bad, badEnd).length, 0);
  });
}

test.run();
