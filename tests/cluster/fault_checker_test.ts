/** The checker of `npm run faults`: what it must find in logs, and in what consumers were given. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Checker, type FaultKind, isGood, type Verdict } from "../../scripts/faults/checker.ts";
import type { RawRecord } from "../../scripts/faults/raw_node.ts";

interface Case {
  readonly what: string;
  /** Each node's records, as `writer sequence value`. */
  readonly logs: readonly (readonly string[])[];
  readonly acknowledged?: readonly string[];
  readonly delivered?: readonly string[];
  readonly finds: Partial<Record<FaultKind, number>>;
}

/** Three records of two producers: b's names a's first, and a's second names b's. */
const whole = ["w1 1 a:1|", "w2 1 b:1|a:1", "w1 2 a:2|b:1"];
const given = ["a:1", "b:1", "a:2"];

const cases: readonly Case[] = [
  {
    what: "logs that are alike",
    logs: [whole, whole],
    acknowledged: ["a 1 w1 1", "b 1 w2 1"],
    delivered: given,
    finds: {},
  },
  {
    what: "concurrent records in another order",
    logs: [
      ["w1 1 a:1|", "w2 1 b:1|"],
      ["w2 1 b:1|", "w1 1 a:1|"],
    ],
    finds: {},
  },
  {
    what: "an acknowledged record that no node holds",
    logs: [whole, whole],
    acknowledged: ["a 3 w1 3"],
    finds: { lost: 2 },
  },
  {
    what: "an acknowledged record that one node lacks",
    logs: [whole, whole.slice(0, 2)],
    acknowledged: ["a 2 w1 2"],
    finds: { lost: 1, unlike: 1 },
  },
  { what: "a record that stands there twice", logs: [[...whole, "w1 3 a:2|b:1"]], finds: { repeated: 1 } },
  { what: "a writer's records in the wrong order", logs: [["w1 2 x:1|", "w1 1 y:1|"]], finds: { outOfOrder: 1 } },
  { what: "a producer's records in the wrong order", logs: [["w1 1 a:2|", "w1 2 a:1|"]], finds: { outOfOrder: 1 } },
  {
    what: "a producer's records in two writers' feeds",
    logs: [["w2 1 a:2|", "w1 1 a:1|"]],
    delivered: ["a:2", "a:1"],
    finds: {},
  },
  { what: "a record before its cause", logs: [["w2 1 b:1|a:1", "w1 1 a:1|"]], finds: { outOfCausalOrder: 1 } },
  {
    what: "one name for two records",
    logs: [["w1 1 a:1|"], ["w1 1 a:1|", "w1 1 b:1|"]],
    finds: { outOfOrder: 1, unlike: 2 },
  },
  {
    what: "a record acknowledged under another's name",
    logs: [whole],
    acknowledged: ["a 1 w2 1"],
    finds: { unlike: 1 },
  },
  { what: "a consumer that missed one", logs: [whole], delivered: ["a:1", "b:1"], finds: { notDelivered: 1 } },
  { what: "a consumer that was given one twice", logs: [whole], delivered: [...given, "b:1"], finds: { repeated: 1 } },
  {
    what: "a consumer that was given an effect first",
    logs: [whole],
    delivered: ["b:1", "a:1", "a:2"],
    finds: { outOfCausalOrder: 1 },
  },
];

async function* recordsOf(lines: readonly string[]): AsyncGenerator<RawRecord> {
  for (const [offset, line] of lines.entries()) {
    const [writer = "", sequence, value = ""] = line.split(" ");
    yield { offset, writer, sequence: Number(sequence), value };
  }
}

async function judge({ logs, acknowledged = [], delivered }: Case): Promise<Verdict> {
  const checker = new Checker();
  for (const [index, log] of logs.entries()) await checker.readLog(`node ${index}`, recordsOf(log));
  for (const line of acknowledged) {
    const [producer = "", number, writer = "", sequence] = line.split(" ");
    checker.readAcknowledged(producer, Number(number), writer, Number(sequence));
  }
  if (delivered !== undefined) checker.readDelivered("consumer", delivered, { isWhole: true });
  return checker.verdict();
}

for (const each of cases) {
  test(`Checker of ${each.what} finds ${JSON.stringify(each.finds)}`, async () => {
    const { faults, examples } = await judge(each);
    const found = Object.entries(faults).filter(([, count]) => count > 0);
    assert.equal(Object.fromEntries(found), each.finds, examples.join("\n"));
  });
}

test("isGood() is false when nothing was acknowledged, delivered, or caused by anything", async () => {
  const [full] = cases as [Case];
  assert.is(isGood(await judge(full)), true);
  assert.is(isGood(await judge({ ...full, acknowledged: [] })), false);
  assert.is(isGood(await judge({ ...full, delivered: undefined as never })), false);
  assert.is(isGood(await judge({ ...full, logs: [["w1 1 a:1|", "w2 1 b:1|"]], delivered: ["a:1", "b:1"] })), false);
});

test.run();
