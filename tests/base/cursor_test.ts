import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  decodeCursor,
  decodeToken,
  encodeCursor,
  encodeToken,
  vectorFromPositions,
  vectorToPositions,
  writerFromNumber,
  writerToNumber,
} from "../../src/base/mod.ts";

const place = {
  topic: "orders",
  generation: 3,
  vector: new Map([
    ["00112233445566ff", 2 ** 52],
    ["ffffffffffffffff", 1],
  ]),
};

test("decodeCursor() gives back what encodeCursor() took, and tokens likewise", () => {
  assert.equal(decodeCursor(encodeCursor(place)), place);
  assert.equal(decodeToken(encodeToken(place)), place);
});

test("decodeCursor() refuses tokens, and decodeToken() cursors", () => {
  assert.is(decodeCursor(encodeToken(place)), undefined);
  assert.is(decodeToken(encodeCursor(place)), undefined);
});

test("decodeCursor() refuses every cut and every changed byte", () => {
  const good = encodeCursor(place);
  for (let length = 0; length < good.length; length++) assert.is(decodeCursor(good.subarray(0, length)), undefined);
  for (let at = 0; at < good.length; at++) {
    const bad = good.slice();
    bad[at] = (bad[at] as number) ^ 0x10;
    assert.is(decodeCursor(bad), undefined, `byte ${at}`);
  }
});

test("writers and vectors survive the way through 64-bit numbers", () => {
  assert.is(writerToNumber("00112233445566ff"), 0x00112233445566ffn);
  assert.is(writerToNumber("no writer"), undefined);
  assert.is(writerFromNumber(0xffn), "00000000000000ff");
  assert.equal(vectorFromPositions(vectorToPositions(place.vector)), place.vector);
});

test("vectorFromPositions() says what is wrong with repeated writers and huge sequences", () => {
  const one = { writer: 1n, sequence: 1n };
  assert.is(vectorFromPositions([one, one]), "writer 0000000000000001 stands there twice");
  assert.match(vectorFromPositions([{ writer: 1n, sequence: 2n ** 53n }]) as string, /above 9007199254740991/);
  assert.match(vectorFromPositions(new Array(10_001).fill(one)) as string, /10001 writers, allowed are 10000/);
});

test.run();
