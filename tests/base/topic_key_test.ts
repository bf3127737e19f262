import { test } from "uvu";
import * as assert from "uvu/assert";
import { generationMax, topicKey, topicOfKey } from "../../src/base/mod.ts";

test("topicKey() is the name for the first generation, and topicOfKey() reads every key back", () => {
  const rows: [string, number, string][] = [
    ["orders", 1, "orders"],
    ["orders", 2, "orders+2"],
    ["orders", 35, "orders+z"],
    ["orders", 36, "orders+10"],
    ["_topics", 1, "_topics"],
    ["a.b-c", generationMax, "a.b-c+zzzzz"],
  ];
  for (const [name, generation, key] of rows) {
    assert.is(topicKey(name, generation), key);
    assert.equal(topicOfKey(key), { name, generation });
  }
  assert.is(topicKey("x".repeat(249), generationMax).length, 255);
});

test("topicOfKey() reads nothing that topicKey() does not give", () => {
  for (const key of [
    "",
    "+2",
    "orders+",
    "orders+1",
    "orders+0",
    "orders+02",
    "orders+Z",
    "orders+100000",
    "a+2+3",
    "a/b",
  ]) {
    assert.is(topicOfKey(key), undefined, key);
  }
});

test.run();
