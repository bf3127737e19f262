import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random, toBytes } from "../../src/base/mod.ts";
import { decodeTags, encodeTags, sameTags, TagsTooLargeError, tagsOf } from "../../src/membership/mod.ts";

test("encodeTags() takes what fills 512 bytes exactly, and refuses one byte more with the count", () => {
  assert.is(encodeTags(new Map([["k", "x".repeat(505)]])).length, 512);
  try {
    encodeTags(new Map([["k", "x".repeat(506)]]));
    assert.unreachable();
  } catch (error) {
    assert.instance(error, TagsTooLargeError);
    assert.is((error as TagsTooLargeError).code, "TAGS_TOO_LARGE");
    assert.is((error as TagsTooLargeError).encodedBytes, 513);
    assert.is((error as Error).message, "Cannot use these tags: they take 513 bytes encoded, allowed are 512");
  }
});

test("decodeTags() inverts encodeTags(), whatever the texts", () => {
  const tags = new Map([
    ["role", "wéb"],
    ["", ""],
    ["__proto__", "1"],
    ["long", "y".repeat(300)],
  ]);
  assert.ok(sameTags(decodeTags(encodeTags(tags)), tags));
  assert.ok(sameTags(tagsOf({ a: "1" }), new Map([["a", "1"]])));
  assert.not(sameTags(new Map([["a", "1"]]), new Map([["b", "1"]])));
});

test("decodeTags() takes a meta of the old form as the role", () => {
  assert.equal(decodeTags(toBytes("web")), new Map([["role", "web"]]));
  assert.equal(decodeTags(new Uint8Array(0)), new Map([["role", ""]]));
});

test("encodeTags() tells the role alone, and bare, before protocol 3", () => {
  const tags = new Map([
    ["role", "wéb"],
    ["dc", "eu"],
  ]);
  assert.equal(encodeTags(tags, 2), toBytes("wéb"));
  assert.equal(encodeTags(new Map(), 2), new Uint8Array(0));
  assert.equal(decodeTags(encodeTags(tags, 3)), tags);
  assert.throws(() => encodeTags(new Map([["role", "x".repeat(513)]]), 2), /they take 513 bytes/);
});

test("decodeTags() returns on any bytes", () => {
  const random = new Random("tags");
  for (let round = 0; round < 2_000; round++) {
    decodeTags(Uint8Array.from([0xff, ...random.bytes(random.below(40))]));
  }
  assert.equal(decodeTags(Uint8Array.of(0xff, 0x81, 0xa1)), new Map());
});

test.run();
