// topics: discovery
/** What the network may send: every decoder of this layer returns on anything, soon. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, Random, toBytes } from "../../src/base/mod.ts";
import { encodeMsgpack } from "../../src/gossip/mod.ts";
import { Expression } from "../../src/membership/expression.ts";
import { decodeKeyRequest, decodeKeyResponse } from "../../src/membership/key_messages.ts";
import { decodeSerfMessage, encodeSerfMessage } from "../../src/membership/messages.ts";
import { decodeTags } from "../../src/membership/mod.ts";
import { judgeFilters } from "../../src/membership/query_filters.ts";
import { bytesOf, vectorsOf } from "../vectors/serf_vectors.ts";

/** Inputs for each decoder. */
const rounds = 40_000;

/** No input may take longer, on a busy machine too. */
const slowestMs = 250;

const member = { name: "self", tags: new Map([["role", "a".repeat(500)]]) };

/** Bytes that are almost right, cut, or nothing at all. */
function mutated(random: Random, samples: readonly Uint8Array[]): Uint8Array {
  if (random.chance(0.1)) return random.bytes(random.below(200));
  const bytes = (random.pick(samples) as Uint8Array).slice();
  for (let flips = random.below(5); flips > 0; flips--) {
    const at = random.below(bytes.length);
    bytes[at] = random.chance(0.5) ? random.below(256) : (bytes[at] as number) ^ (1 << random.below(8));
  }
  return random.chance(0.3) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}

const messages = vectorsOf("inner").map((vector) => bytesOf(vector.hex as string).subarray(1));
const payloads = messages.flatMap((bytes) => {
  const message = decodeSerfMessage(bytes);
  return message?.type === "query" || message?.type === "query-response" ? [message.payload] : [];
});
const filters = [
  concat([Uint8Array.of(0), encodeMsgpack(["self", "other"])]),
  concat([Uint8Array.of(1), encodeMsgpack({ Tag: "role", Expr: "^(a|b)*[^c]+\\w{2,5}$" })]),
];
const decoders: [name: string, samples: readonly Uint8Array[], decode: (bytes: Uint8Array) => unknown][] = [
  ["messages", messages, decodeSerfMessage],
  ["key requests", payloads.filter(({ length }) => length > 0), decodeKeyRequest],
  ["key responses", payloads.filter(({ length }) => length > 0), decodeKeyResponse],
  ["tags", [concat([Uint8Array.of(0xff), encodeMsgpack({ role: "web" })])], decodeTags],
  ["filters", filters, (bytes) => judgeFilters([bytes], member)],
];

for (const [name, samples, decode] of decoders) {
  test(`${name}: ${rounds} inputs all return, each soon`, () => {
    const random = new Random(`fuzz ${name}`);
    let worstMs = 0;
    for (let round = 0; round < rounds; round++) {
      const bytes = mutated(random, samples);
      const startMs = performance.now();
      decode(bytes);
      worstMs = Math.max(worstMs, performance.now() - startMs);
    }
    assert.ok(worstMs < slowestMs, `${worstMs} ms`);
  });
}

test("what decodes is encoded to something that decodes to the same", () => {
  const random = new Random("again");
  let decoded = 0;
  for (let round = 0; round < 5_000; round++) {
    const message = decodeSerfMessage(mutated(random, messages));
    if (message === undefined) continue;
    assert.equal(decodeSerfMessage(encodeSerfMessage(message)), message);
    decoded++;
  }
  assert.ok(decoded > 1_000, `${decoded} decoded`);
});

test("a query of very many costly filters costs no more than a few", () => {
  const costly = concat([Uint8Array.of(1), encodeMsgpack({ Tag: "role", Expr: "(a{0,9}){99}" })]);
  const startMs = performance.now();
  assert.is(judgeFilters(new Array<Uint8Array>(256).fill(costly), member), "unsupported");
  assert.is(judgeFilters(new Array<Uint8Array>(257).fill(filters[0] as Uint8Array), member), "unsupported");
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
