// topics: discovery
// timeout: 400
// slow
/** What the outside may send: every decoder returns on anything, soon, and makes no more of it than it may. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, Random, toBytes, toHex } from "../../src/base/mod.ts";
import { encodeMsgpack } from "../../src/gossip/mod.ts";
import { Expression } from "../../src/membership/expression.ts";
import { judgeFilters } from "../../src/membership/query_filters.ts";
import { fuzzRegressions } from "../vectors/fuzz_regressions.ts";
import { bytesOf } from "../vectors/serf_vectors.ts";
import { targets } from "./fuzz_targets.ts";
import { mutated, type Target } from "./fuzzing.ts";

/** Inputs in all: the quickest runtime takes most of them, for the code is the same on all three. */
const inputs = "Bun" in globalThis ? 1_000_000 : 100_000;

/** FUZZ_SEED tries others. What fails belongs into `tests/vectors/fuzz_regressions.ts`. */
const seed = process.env["FUZZ_SEED"] ?? "1";

/**
 * No input may take longer: far above what any takes, for the machine may be busy, and far below what one would take that
 * is read over and over.
 */
const slowestMs = 1_000;

/** How much the memory in use may grow over all inputs of one decoder. */
const grownBytesMax = 200_000_000;

const shares = targets.reduce((sum, { share = 1 }) => sum + share, 0);
let [tried, slowest, grown] = [0, "", 0];
let slowestSeen = 0;

function feed({ name, decode, amountMax }: Target, bytes: Uint8Array, random: Random): void {
  const startMs = performance.now();
  let amount: number;
  try {
    amount = decode(bytes, random);
  } catch (error) {
    throw new Error(`Cannot decode ${toHex(bytes)} as ${name}: ${String(error)}`, { cause: error });
  }
  let tookMs = performance.now() - startMs;
  // A busy machine may take the process off for a while: an input that is slow is so every time.
  for (let again = 0; tookMs > slowestMs && again < 3; again++) {
    const againMs = performance.now();
    decode(bytes, random);
    tookMs = performance.now() - againMs;
  }
  if (amount > amountMax) throw new Error(`${name}: ${amount} came of ${toHex(bytes)}`);
  if (tookMs > slowestMs) throw new Error(`${name}: ${tookMs} ms for ${toHex(bytes)}`);
  if (tookMs > slowestSeen) [slowestSeen, slowest] = [tookMs, `${tookMs.toFixed(0)} ms (${name})`];
  tried++;
}

for (const target of targets) {
  const rounds = Math.ceil((inputs * (target.share ?? 1)) / shares);
  test(`${target.name}: whatever comes is read or refused, soon, and comes to no more than it may`, () => {
    assert.ok(target.samples.length > 0);
    const random = new Random(`${seed} ${target.name}`);
    for (const sample of target.samples) feed(target, sample, random);
    const before = process.memoryUsage().rss;
    for (let round = 0; round < rounds; round++) feed(target, mutated(random, target.samples), random);
    const grownBytes = process.memoryUsage().rss - before;
    grown = Math.max(grown, grownBytes);
    assert.ok(grownBytes < grownBytesMax, `${grownBytes} bytes more in use`);
  });
}

test("what once failed, and what was made to, is read or refused by every decoder", () => {
  for (const { hex } of fuzzRegressions) {
    for (const target of targets) feed(target, bytesOf(hex), new Random("again"));
  }
});

test("enough was tried", () => {
  assert.ok(tried >= inputs, `${tried} inputs`);
  console.log(
    `\nreport: ${tried} hostile inputs to ${targets.length} decoders, slowest ${slowest}, ${grown >> 20} MB grown`,
  );
});

const member = { name: "self", tags: new Map([["role", "a".repeat(500)]]) };
const cheap = concat([Uint8Array.of(0), encodeMsgpack(["self", "other"])]);

test("a query of very many costly filters costs no more than a few", () => {
  const costly = concat([Uint8Array.of(1), encodeMsgpack({ Tag: "role", Expr: "(a{0,9}){99}" })]);
  const startMs = performance.now();
  assert.is(judgeFilters(new Array<Uint8Array>(256).fill(costly), member), "unsupported");
  assert.is(judgeFilters(new Array<Uint8Array>(257).fill(cheap), member), "unsupported");
  assert.is(judgeFilters([costly, costly], member), "meant");
  assert.ok(performance.now() - startMs < 2_000);
});

test("expressions of any letters are refused or matched, in bounded time", () => {
  const random = new Random("letters");
  const letters = ["a", "(", ")", "[", "]", "{", "}", "*", "+", "?", "|", "\\", "^", "$", ".", ",", "9", "-", ":", "w"];
  const text = "a".repeat(512);
  let worstMs = 0;
  for (let round = 0; round < 20_000; round++) {
    const source = Array.from({ length: random.between(1, 40) }, () => random.pick(letters)).join("");
    const startMs = performance.now();
    Expression.parse(source)?.isFoundIn(text);
    worstMs = Math.max(worstMs, performance.now() - startMs);
  }
  for (const source of ["(a{0,9}){99}b", `${"(a*)*".repeat(150)}b`, "((((a?){9}){9}){9})b", "(a|a|a|a)*".repeat(60)]) {
    const startMs = performance.now();
    judgeFilters([concat([Uint8Array.of(1), encodeMsgpack({ Tag: "role", Expr: toBytes(source) })])], member);
    assert.ok(performance.now() - startMs < 5_000, source);
  }
  assert.ok(worstMs < slowestMs, `${worstMs} ms`);
});

test.run();
