// runtimes: bun (nothing of the page depends on what runs its tests)
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LogRecord } from "../../src/client/browser.ts";
import { parseSearch } from "../../web/search.ts";
import { bytesKeptMax, recordsKeptMax, TailBuffer } from "../../web/tail_buffer.ts";

const encoder = new TextEncoder();

function record(value: string | Uint8Array, key?: string, offset = 0): LogRecord {
  return new LogRecord({
    ...{ offset, writer: "aa", sequence: offset + 1, timestampMs: 0 },
    key: key === undefined ? undefined : encoder.encode(key),
    headers: [{ name: "trace", value: encoder.encode("T-9") }],
    value: typeof value === "string" ? encoder.encode(value) : value,
  });
}

const order = record(
  '{"total": 12.5, "user": {"name": "Ada Lovelace"}, "items": [{"sku": "A-1"}], "note": null}',
  "c-7",
);

const finds: readonly (readonly [search: string, found: boolean])[] = [
  ["lovelace", true],
  ["ada LOVELACE", true],
  ['"ada lovelace"', true],
  ['"lovelace ada"', false],
  ["c-7", true],
  ["key:c-7", true],
  ["key:ada", false],
  ["header:t-9", true],
  ["header:trace=t-9", true],
  [".total>10", true],
  [".total>12.5", false],
  [".total>=12.5", true],
  [".total<100 .total>1", true],
  ["$.user.name~love", true],
  ['.user.name="ada lovelace"', true],
  [".user.name!=bob", true],
  [".items[0].sku=a-1", true],
  [".items[1]", false],
  [".note=null", true],
  [".note", true],
  [".absent", false],
  [".constructor", false],
  [".user.name.length", false],
];

for (const [search, found] of finds) {
  test(`${search} ${found ? "finds" : "does not find"} the order`, () => {
    const parsed = parseSearch(search);
    assert.is(parsed?.fault, undefined);
    assert.is(parsed?.matches(order), found);
  });
}

test("a search that makes no sense says why, and an empty one is none", () => {
  assert.is(parseSearch("   "), undefined);
  assert.match(parseSearch(".total>much")?.fault ?? "", "no number");
  assert.match(parseSearch(".a..b")?.fault ?? "", "no path");
  assert.is(parseSearch(".total>10")?.matches(record("no JSON")), false);
  assert.is(parseSearch(".total>10")?.matches(record(Uint8Array.of(255))), false);
});

test("the buffer of a tail keeps the newest records, within its bounds, and says what it passes over", () => {
  const buffer = new TailBuffer();
  buffer.arrived(Array.from({ length: 3 * recordsKeptMax }, (_, offset) => record("x", undefined, offset)));
  assert.is(buffer.kept, recordsKeptMax);
  const { records, skipped } = buffer.take(50);
  assert.is(records.length, 50);
  assert.is(records.at(-1)?.offset, 3 * recordsKeptMax - 1);
  assert.is(skipped, 3 * recordsKeptMax - 50);
  assert.is(buffer.waiting, 0);
  const large = new Uint8Array(200_000);
  for (let offset = 0; offset < 200; offset++) buffer.arrived([record(large, undefined, offset)]);
  assert.ok(buffer.kept <= bytesKeptMax / large.length);
});

test("the buffer of a tail searches what it keeps and what comes", () => {
  const buffer = new TailBuffer();
  buffer.arrived([record("one", "a", 0), record("two", "b", 1)]);
  buffer.take(10);
  buffer.search(parseSearch("key:b"));
  assert.equal(
    buffer.take(10).records.map(({ offset }) => offset),
    [1],
  );
  assert.is(buffer.arrived([record("three", "b", 2), record("four", "c", 3)]).found, 1);
  assert.equal(
    buffer.take(10).records.map(({ offset }) => offset),
    [2],
  );
  buffer.search(undefined);
  assert.is(buffer.take(10).records.length, 4);
});

test.run();
