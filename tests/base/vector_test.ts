import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  countMissing,
  covers,
  decodeVector,
  encodeVector,
  isWriterId,
  mergeVectors,
  sameVector,
  toHex,
  type Vector,
  vectorWritersMax,
  writeVarint,
} from "../../src/base/mod.ts";

const a = "00000000000000aa";
const b = "00000000000000bb";

// Few writers, so that vectors meet in some.
const writer = fc.nat(6).map((number) => number.toString(16).padStart(16, "0"));
const vector: fc.Arbitrary<Vector> = fc
  .array(fc.tuple(writer, fc.oneof(fc.nat(5), fc.maxSafeNat())))
  .map((entries) => new Map(entries));

test("covers() and countMissing() take an absent writer as 0", () => {
  const rows: readonly [[string, number][], [string, number][], boolean, number][] = [
    [[], [], true, 0],
    [[[a, 3]], [[a, 3]], true, 0],
    [[[a, 3]], [[a, 5]], false, 2],
    [[[a, 9]], [[b, 1]], false, 1],
    [[[a, 9]], [[b, 0]], true, 0],
    [
      [],
      [
        [a, 2],
        [b, 3],
      ],
      false,
      5,
    ],
  ];
  for (const [left, right, expected, missing] of rows) {
    assert.is(covers(new Map(left), new Map(right)), expected);
    assert.is(countMissing(new Map(left), new Map(right)), missing);
  }
});

test("mergeVectors() is the least vector that covers both", () => {
  fc.assert(
    fc.property(vector, vector, vector, (left, right, other) => {
      const merged = mergeVectors(left, right);
      assert.ok(covers(merged, left) && covers(merged, right));
      if (covers(other, left) && covers(other, right)) assert.ok(covers(other, merged));
      assert.ok(sameVector(merged, mergeVectors(right, left)));
      assert.ok(sameVector(mergeVectors(merged, other), mergeVectors(left, mergeVectors(right, other))));
      assert.ok(sameVector(mergeVectors(left, left), left));
    }),
  );
});

test("countMissing() is 0 exactly when covers() is true", () => {
  fc.assert(
    fc.property(vector, vector, (ours, theirs) => {
      assert.is(countMissing(ours, theirs) === 0, covers(ours, theirs));
    }),
  );
});

test("decodeVector() gives back what encodeVector() took, and equal vectors have equal bytes", () => {
  fc.assert(
    fc.property(vector, (given) => {
      const bytes = encodeVector(given);
      assert.equal(new Map([...(decodeVector(bytes) ?? [])].sort()), new Map([...given].sort()));
      assert.equal(encodeVector(new Map([...given].reverse())), bytes);
    }),
  );
});

test("decodeVector() refuses cuts, rests, repeated writers and too many", () => {
  const bytes = encodeVector(
    new Map([
      [a, 1],
      [b, 300],
    ]),
  );
  for (let length = 0; length < bytes.length; length++) assert.is(decodeVector(bytes.subarray(0, length)), undefined);
  assert.is(decodeVector(Uint8Array.from([...bytes, 0])), undefined);
  const entry = encodeVector(new Map([[a, 1]])).subarray(1);
  assert.is(decodeVector(Uint8Array.from([2, ...entry, ...entry])), undefined);
  const many = new Uint8Array(8);
  writeVarint(many, 0, vectorWritersMax + 1);
  assert.is(decodeVector(many), undefined);
});

test("decodeVector() takes as many writers as allowed", () => {
  const writers = Array.from({ length: vectorWritersMax }, (_, index) => index.toString(16).padStart(16, "0"));
  const full = new Map(writers.map((each) => [each, 1]));
  assert.is(decodeVector(encodeVector(full))?.size, vectorWritersMax);
  assert.is(decodeVector(encodeVector(new Map([...full, ["ff".repeat(8), 1]]))), undefined);
});

test("encodeVector() sorts by writer", () => {
  assert.is(
    toHex(
      encodeVector(
        new Map([
          [b, 2],
          [a, 1],
        ]),
      ),
    ),
    `02${a}01${b}02`,
  );
});

test("decodeVector() is total over any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const decoded = decodeVector(bytes);
      if (decoded) for (const each of decoded.keys()) assert.ok(isWriterId(each));
    }),
    { numRuns: 2000 },
  );
});

test("isWriterId() takes 16 lower-case hexadecimal digits only", () => {
  assert.ok(isWriterId("0123456789abcdef"));
  for (const text of ["", "0123456789abcde", "0123456789ABCDEF", "0123456789abcdef0", "0123456789abcdeg"]) {
    assert.not.ok(isWriterId(text), text);
  }
});

test.run();
