import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { unzigzag, VarintReader, varintBytesMax, writeVarint, zigzag } from "../../src/base/mod.ts";

const uint53 = fc.oneof(fc.nat(300), fc.maxSafeNat());

function written(value: number): Uint8Array {
  const bytes = new Uint8Array(varintBytesMax);
  return bytes.subarray(0, writeVarint(bytes, 0, value));
}

test("writeVarint() writes seven bits a byte, lowest first", () => {
  const rows: readonly [number, number[]][] = [
    [0, [0]],
    [127, [127]],
    [128, [128, 1]],
    [300, [172, 2]],
    [2 ** 32, [128, 128, 128, 128, 16]],
    [Number.MAX_SAFE_INTEGER, [255, 255, 255, 255, 255, 255, 255, 15]],
  ];
  for (const [value, bytes] of rows) assert.equal([...written(value)], bytes, `${value}`);
});

test("VarintReader.next() gives back a row of numbers and stands after the last", () => {
  fc.assert(
    fc.property(fc.array(uint53), (values) => {
      const bytes = new Uint8Array(values.length * varintBytesMax);
      const end = values.reduce((at, value) => writeVarint(bytes, at, value), 0);
      const reader = new VarintReader(bytes, 0, end);
      assert.equal(
        values.map(() => reader.next()),
        values,
      );
      assert.is(reader.at, end);
      assert.is(reader.failed, false);
    }),
  );
});

test("VarintReader.next() fails on a cut number and reads nothing beyond the end", () => {
  const bytes = written(2 ** 40);
  for (let end = 0; end < bytes.length; end++) {
    const reader = new VarintReader(bytes, 0, end);
    assert.is(reader.next(), 0);
    assert.is(reader.failed, true);
    assert.is(reader.at, end);
  }
});

test("VarintReader.next() fails on numbers above 2^53 and on those that never end", () => {
  for (const bytes of [
    [255, 255, 255, 255, 255, 255, 255, 16],
    [255, 255, 255, 255, 255, 255, 255, 127],
    Array(20).fill(128),
  ]) {
    const reader = new VarintReader(Uint8Array.from(bytes), 0, bytes.length);
    assert.is(reader.next(), 0);
    assert.is(reader.failed, true);
    assert.ok(reader.at <= varintBytesMax);
  }
});

test("zigzag() keeps small magnitudes short and unzigzag() turns it back", () => {
  assert.equal([0, -1, 1, -2, 2].map(zigzag), [0, 1, 2, 3, 4]);
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }), (value) => {
      assert.is(unzigzag(zigzag(value)), value);
      assert.ok(zigzag(value) <= Number.MAX_SAFE_INTEGER);
    }),
  );
  assert.ok(Object.is(unzigzag(0), 0));
});

test.run();
