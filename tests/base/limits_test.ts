import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  FrameBuilder,
  frameBytesMax,
  messageBytesMax,
  packedBytesMax,
  recordBytesMax,
  topicNameCharactersMax,
  topicNameFault,
} from "../../src/base/mod.ts";

test("topicNameFault() takes the names that the limits allow", () => {
  for (const name of ["a", "orders", "_topics", "a.b-c_D9", "...", "x".repeat(topicNameCharactersMax)]) {
    assert.is(topicNameFault(name), undefined, name);
  }
});

test("topicNameFault() says which name and what is allowed", () => {
  for (const name of ["", ".", "..", "a/b", "a b", "é", "a\n", "a\0", "x".repeat(topicNameCharactersMax + 1)]) {
    assert.match(topicNameFault(name) ?? "", "allowed are 1 to 249 of", name);
  }
  assert.match(topicNameFault("a/b") ?? "", '"a/b"');
  const long = topicNameFault("x".repeat(100_000)) ?? "";
  assert.match(long, "(100000 characters)");
  assert.ok(long.length < 300, "a huge name is not echoed whole");
});

test("a record of the greatest size fits a frame, and a frame fits a message", () => {
  const builder = new FrameBuilder();
  const value = new Uint8Array(recordBytesMax - 16);
  assert.ok(builder.add({ value, timestampMs: 0 }, 0));
  assert.ok(builder.finish().length < frameBytesMax);
  assert.ok(packedBytesMax({ value: new Uint8Array(recordBytesMax) }) < frameBytesMax);
  assert.ok(frameBytesMax < messageBytesMax);
});

test.run();
