import { test } from "uvu";
import * as assert from "uvu/assert";
import { generationMax, toBytes, toText } from "../../src/base/mod.ts";
import { decodeTopicValue, encodeTopicValue, type TopicValue } from "../../src/log/topic_value.ts";

const retention = { segmentsMax: 3 };
const plain: TopicValue = { generation: 1, deleted: false, settings: {}, others: {} };

test("encodeTopicValue() says no more than there is, and decodeTopicValue() reads it back", () => {
  const rows: [TopicValue, string][] = [
    [plain, '{"version":2}'],
    [{ ...plain, settings: { retention } }, '{"version":2,"retention":{"segmentsMax":3}}'],
    [
      { ...plain, settings: { compact: true, tombstoneGraceMs: 5_000 } },
      '{"version":2,"compact":true,"tombstoneGraceMs":5000}',
    ],
    [
      { ...plain, settings: { placement: { copies: 2, tags: { zone: "eu-.*" } } } },
      '{"version":2,"placement":{"copies":2,"tags":{"zone":"eu-.*"}}}',
    ],
    [{ ...plain, generation: 7, deleted: true }, '{"version":2,"generation":7,"deleted":true}'],
    [
      { ...plain, generation: 2, settings: { retention: {} }, others: { colour: { red: 1 } } },
      '{"version":2,"generation":2,"retention":{},"colour":{"red":1}}',
    ],
  ];
  for (const [value, text] of rows) {
    assert.is(toText(encodeTopicValue(value)), text);
    assert.equal(decodeTopicValue(toBytes(text)), value);
  }
});

test("decodeTopicValue() reads version 1, which had neither generations nor fields to be kept", () => {
  const value = decodeTopicValue(toBytes('{"version":1,"retention":{"segmentsMax":3},"generation":9,"colour":1}'));
  assert.equal(value, { ...plain, settings: { retention } });
});

test("decodeTopicValue() takes nothing that makes no sense", () => {
  const rows = [
    "nonsense",
    "[]",
    '{"version":3}',
    '{"version":2,"generation":0}',
    '{"version":2,"generation":1.5}',
    `{"version":2,"generation":${generationMax + 1}}`,
    '{"version":2,"generation":"2"}',
    '{"version":2,"deleted":1}',
    '{"version":2,"retention":[]}',
    '{"version":2,"retention":{"bytesMin":-1}}',
    '{"version":2,"compact":1}',
    '{"version":2,"compact":true,"tombstoneGraceMs":0}',
    '{"version":2,"placement":2}',
    '{"version":2,"placement":{"copies":-1}}',
    '{"version":2,"placement":{"tags":{"zone":7}}}',
    '{"version":2,"placement":{"tags":{"":"eu"}}}',
    `{"version":2,"colour":"${"x".repeat(16_384)}"}`,
  ];
  for (const text of rows) assert.is(decodeTopicValue(toBytes(text)), undefined, text.slice(0, 60));
});

test.run();
