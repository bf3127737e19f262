/** What the topic of services comes to, in whatever order its records come, and whatever else stands in it. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FrameBuilder, toBytes, type WriterId } from "../../src/base/mod.ts";
import {
  decodeKey,
  decodeService,
  encodeAway,
  encodeKey,
  encodeService,
  type Folded,
  reasonHeader,
  resolveService,
  ServiceFold,
  type ServiceRecord,
} from "../../src/registry/mod.ts";

const writers = ["0a".repeat(16), "0b".repeat(16)] as WriterId[];

function record(port: number): ServiceRecord {
  const checks = [{ type: "ttl", ttlMs: 1_000 }];
  const service = resolveService({ name: "web", port, checks });
  const status = { name: "ttl", state: "critical", output: "nobody reported", sinceMs: 7 } as const;
  return { service, origin: "call", address: "10.0.0.1", state: "critical", sinceMs: 7, checks: [status] };
}

interface Written {
  readonly key: string;
  readonly value: Uint8Array;
  readonly lamport: number;
  readonly writer: WriterId;
  readonly sequence: number;
  readonly reason?: string;
}

function fold(written: Iterable<Written>): { readonly fold: ServiceFold; readonly told: Folded[] } {
  const told: Folded[] = [];
  const made = new ServiceFold((folded) => told.push(folded));
  for (const { key, value, lamport, writer, sequence, reason } of written) {
    const headers = reason === undefined ? [] : [{ name: reasonHeader, value: toBytes(reason) }];
    made.take({ key: toBytes(key), value, headers, writer, sequence }, lamport);
  }
  return { fold: made, told };
}

function stateOf(made: ServiceFold): unknown {
  const nodes = ["ann", "bob"];
  return nodes.map((node) => [made.isAway(node), made.get({ node, id: "web" })]);
}

const value = fc.oneof(
  fc.integer({ min: 1, max: 9 }).map((port) => encodeService(record(port))),
  fc.constant(new Uint8Array(0)),
  fc.constant(toBytes('{"version":2}')),
);
const place = { lamport: fc.integer({ min: 1, max: 5 }), writer: fc.constantFrom(...writers) };
const written = fc.uniqueArray(
  fc.oneof(
    fc.record({
      key: fc.constantFrom("ann/web", "bob/web"),
      value,
      ...place,
      sequence: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({
      ...{ key: fc.constantFrom("ann/", "bob/"), value: fc.boolean().map(encodeAway), ...place },
      sequence: fc.integer({ min: 1, max: 9 }),
    }),
  ),
  { maxLength: 12, selector: ({ writer, sequence }) => `${writer} ${sequence}` },
);

test("all nodes come to the same in whatever order the records reach them", () => {
  fc.assert(
    fc.property(written, fc.infiniteStream(fc.nat()), (records, numbers) => {
      const ranked = records.map((each) => ({ each, rank: numbers.next().value as number }));
      const shuffled = ranked.sort((left, right) => left.rank - right.rank).map(({ each }) => each);
      const [one, other] = [fold(records).fold, fold([...shuffled, ...shuffled.slice(0, 3)]).fold];
      assert.equal(stateOf(other), stateOf(one), "also when some come twice");
      assert.is(other.services, one.services);
    }),
    { numRuns: 500 },
  );
});

test("of one service the greatest Lamport number holds, then the writer, then the sequence", () => {
  const [low = "", high = ""] = writers;
  const of = (lamport: number, writer: WriterId, sequence: number, port: number): Written => {
    return { key: "ann/web", value: encodeService(record(port)), lamport, writer, sequence };
  };
  const made = fold([
    of(2, low, 1, 1),
    of(1, high, 9, 2),
    of(2, high, 1, 3),
    of(2, low, 8, 4),
    of(2, high, 2, 5),
    of(2, high, 1, 3),
  ]);
  assert.is(made.fold.get({ node: "ann", id: "web" })?.service.port, 5);
  assert.equal(
    made.told.map(({ record: told }) => told?.service.port),
    [1, 3, 5],
    "only what counts is told",
  );
});

test("what comes late does not bring back what was deregistered", () => {
  const [writer = ""] = writers;
  const gone = {
    key: "ann/web",
    value: new Uint8Array(0),
    lamport: 3,
    writer,
    sequence: 3,
    reason: "critical for 30 s",
  };
  const made = fold([gone, { key: "ann/web", value: encodeService(record(1)), lamport: 2, writer, sequence: 2 }]);
  assert.is(made.fold.get({ node: "ann", id: "web" }), undefined);
  assert.equal(
    made.told.map(({ record: told, reason }) => [told, reason]),
    [[undefined, "critical for 30 s"]],
  );
});

const foreign: readonly (readonly [string, string, Uint8Array])[] = [
  ["no slash", "web", encodeService(record(1))],
  ["too many slashes", "ann/web/x", encodeService(record(1))],
  ["no node", "/web", encodeService(record(1))],
  ["an id that none is", "ann/w b", encodeService(record(1))],
  ["another id in the value", "ann/db", encodeService(record(1))],
  ["a later version", "ann/web", toBytes('{"version":2}')],
  ["no JSON", "ann/web", toBytes("{")],
  ["JSON that is no object", "ann/web", toBytes("null")],
  ["no text", "ann/web", new Uint8Array([255, 0, 255])],
  ["a port that none is", "ann/web", toBytes(JSON.stringify({ ...parsed(), service: { name: "web", port: 0 } }))],
  ["a state that none is", "ann/web", toBytes(JSON.stringify({ ...parsed(), state: "fine" }))],
  ["a time that none is", "ann/web", toBytes(JSON.stringify({ ...parsed(), sinceMs: -1 }))],
  ["checks that none are", "ann/web", toBytes(JSON.stringify({ ...parsed(), checks: [7] }))],
  ["an address that none is", "ann/web", toBytes(JSON.stringify({ ...parsed(), address: "a b" }))],
  ["a node that is away by what word", "ann/", toBytes('{"version":1,"away":"yes"}')],
  ["more bytes than are kept", "ann/web", toBytes(JSON.stringify({ ...parsed(), more: "a".repeat(140_000) }))],
];

function parsed(): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(encodeService(record(1))));
}

for (const [what, key, bytes] of foreign) {
  test(`a record with ${what} is counted and passed over`, () => {
    const made = fold([{ key, value: bytes, lamport: 1, writer: writers[0] as WriterId, sequence: 1 }]);
    assert.equal([made.fold.skipped, made.fold.services, made.told], [1, 0, []]);
  });
}

test("bytes of anybody are passed over, and never throw", () => {
  const made = new ServiceFold(() => {});
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 30 }), (bytes, key) => {
      decodeKey(key);
      decodeService(bytes);
      made.takeFrames(bytes);
      made.take({ key, value: bytes, headers: [], writer: writers[0] as WriterId, sequence: 1 }, 1);
    }),
    { numRuns: 500 },
  );
});

test("what is written is read as it was, with a later program's fields left out", () => {
  const given = record(443);
  assert.equal(decodeService(encodeService(given)), given);
  assert.equal(decodeService(toBytes(JSON.stringify({ ...parsed(), later: true }))), record(1));
  assert.equal(decodeKey(toBytes(encodeKey({ node: "ann", id: "a:b.c-1" }))), { node: "ann", id: "a:b.c-1" });
  assert.equal(decodeKey(toBytes(encodeKey({ node: "ann", id: undefined }))), { node: "ann", id: undefined });
});

test("takeFrames() reads whole frames and counts one that is damaged", () => {
  const builder = new FrameBuilder();
  builder.add({ key: "ann/web", value: encodeService(record(1)) }, 0);
  const frame = builder.finish();
  const made = new ServiceFold(() => {});
  made.takeFrames(frame);
  assert.equal([made.services, made.skipped], [1, 0]);
  const damaged = frame.slice();
  damaged[damaged.length - 1] = (damaged.at(-1) as number) ^ 1;
  made.takeFrames(damaged);
  assert.equal([made.services, made.skipped], [1, 1]);
});

test.run();
