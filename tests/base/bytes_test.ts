import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  concat,
  crc32,
  fromHex,
  readUint53,
  sameBytes,
  toBytes,
  toHex,
  toText,
  viewOf,
  writeUint53,
} from "../../src/base/mod.ts";

const bytes = fc.uint8Array({ maxLength: 70 });

test("toText() gives back the text of toBytes(), and bytes pass through", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => assert.is(toText(toBytes(text)), text)));
  const given = Uint8Array.of(1, 2);
  assert.is(toBytes(given), given);
  assert.is(toText(Uint8Array.of(0xff, 0x61)), "\ufffda");
});

test("fromHex() gives back the bytes of toHex() and refuses anything else", () => {
  fc.assert(fc.property(bytes, (given) => assert.equal(fromHex(toHex(given)), given)));
  assert.equal(fromHex("00FF"), Uint8Array.of(0, 255));
  for (const text of ["0", "0g", " 00", "0x00", "-1"]) assert.is(fromHex(text), undefined, text);
});

test("concat() joins the parts and copies none that stands alone", () => {
  fc.assert(
    fc.property(fc.array(bytes), (parts) => {
      assert.equal(
        [...concat(parts)],
        parts.flatMap((part) => [...part]),
      );
    }),
  );
  const only = Uint8Array.of(1);
  assert.is(concat([only]), only);
});

test("sameBytes() compares lengths and every byte", () => {
  assert.ok(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert.not.ok(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assert.not.ok(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3)));
});

test("viewOf() sees a part of a larger array", () => {
  const part = Uint8Array.of(9, 1, 2, 9).subarray(1, 3);
  assert.is(viewOf(part).getUint16(0, true), 0x0201);
  assert.is(viewOf(part).byteLength, 2);
});

test("readUint53() gives back what writeUint53() wrote, as every reader of 64 bits would", () => {
  const view = viewOf(new Uint8Array(8));
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      writeUint53(view, 0, value);
      assert.is(readUint53(view, 0), value);
      assert.is(view.getBigUint64(0, true), BigInt(value));
    }),
  );
  view.setBigUint64(0, 2n ** 53n, true);
  assert.is(readUint53(view, 0), undefined);
});

test("crc32() equals zlib's, whole and in parts", () => {
  fc.assert(
    fc.property(bytes, bytes, (left, right) => {
      const whole = zlibCrc32(concat([left, right]));
      assert.is(crc32(concat([left, right])), whole);
      assert.is(crc32(right, crc32(left)), whole);
    }),
  );
});

test.run();
