import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeCursor, encodeToken, FrameBuilder, scanFrame, toText } from "../../src/base/mod.ts";
import { type ConsumeResponse, Log } from "../../src/gen/log/v1/log_pb.ts";
import { createRoutes } from "../../src/server/mod.ts";
import { type FakePorts, fakePorts, ManualClock, type MemoryTopic } from "./fakes.ts";
import { expectFailure, take, until } from "./serving.ts";

const own = "00000000000000a1";
const other = "00000000000000b2";
const third = "00000000000000c3";

function node(clock = new ManualClock()): { ports: FakePorts; clock: ManualClock; log: Client<typeof Log> } {
  const ports = fakePorts(clock);
  return { ports, clock, log: createClient(Log, createRouterTransport(createRoutes(ports))) };
}

/** Appends one batch of these values as that writer. Its timestamps are 1000, 1001 and so on. */
function append(topic: MemoryTopic, writer: string, ...values: string[]): void {
  const builder = new FrameBuilder();
  for (const [index, value] of values.entries()) {
    builder.add({ value, timestampMs: 1_000 + topic.nextOffset + index }, 0);
  }
  topic.appendAs(writer, builder.finish());
}

function valuesOf(answers: readonly ConsumeResponse[]): string[] {
  return answers.map((answer) => toText(answer.record?.value as Uint8Array));
}

/** Two batches of one writer around one of another. */
function fill(topic: MemoryTopic): void {
  append(topic, own, "a1", "a2", "a3");
  append(topic, other, "b1", "b2");
  append(topic, own, "a4");
}

const all = ["a1", "a2", "a3", "b1", "b2", "a4"];

const starts = [
  { name: "earliest", start: { case: "earliest", value: true }, from: 0 },
  { name: "offset 0", start: undefined, from: 0 },
  { name: "offset within a batch", start: undefined, offset: 2n, from: 2 },
  { name: "offset at a batch", start: undefined, offset: 3n, from: 3 },
  { name: "timestamp of a batch", start: { case: "timestampMs", value: 1_003n }, from: 3 },
  { name: "timestamp before all", start: { case: "timestampMs", value: 1n }, from: 0 },
] as const;

for (const { name, start, from, ...rest } of starts) {
  test(`consumeStream() from ${name} gives every record from there on, with cursors that say so`, async () => {
    const { ports, log } = node();
    fill(ports.log.open("t"));
    const offset = "offset" in rest ? rest.offset : 0n;
    const request = { topic: "t", offset, start: start ?? { case: undefined } };
    const answers = await take(6 - from, (options) => log.consumeStream(request, options));
    assert.equal(valuesOf(answers), all.slice(from));
    assert.equal(
      answers.map((answer) => Number(answer.nextOffset)),
      [1, 2, 3, 4, 5, 6].slice(from),
    );
    for (const [index, answer] of answers.slice(0, -1).entries()) {
      const resume = { topic: "t", start: { case: "cursor" as const, value: answer.cursor } };
      const resumed = await take(5 - from - index, (options) => log.consumeStream(resume, options));
      assert.equal(valuesOf(resumed), all.slice(from + index + 1), `after ${index}`);
    }
    assert.equal(
      decodeCursor(answers.at(-1)?.cursor as Uint8Array)?.vector,
      new Map([
        [own, 4],
        [other, 2],
      ]),
    );
  });
}

test("a cursor is valid on a node with another order: nothing is skipped and nothing repeats", async () => {
  const here = node();
  fill(here.ports.log.open("t"));
  const there = node();
  const topic = there.ports.log.open("t");
  append(topic, other, "b1", "b2");
  append(topic, third, "c1");
  append(topic, own, "a1", "a2", "a3");
  append(topic, own, "a4");
  const answers = await take(2, (options) => here.log.consumeStream({ topic: "t" }, options));
  const cursor = answers.at(-1)?.cursor as Uint8Array;
  const request = { topic: "t", start: { case: "cursor" as const, value: cursor } };
  const resumed = await take(5, (options) => there.log.consumeStream(request, options));
  assert.equal(valuesOf(resumed), ["b1", "b2", "c1", "a3", "a4"]);
});

test("the cursor of a start by offset covers what other writers wrote before", async () => {
  const { ports, log } = node();
  const topic = ports.log.open("t");
  append(topic, third, "c1", "c2");
  fill(topic);
  for (const offset of [3n, 5n, 7n]) {
    const [answer] = await take(1, (options) => log.consumeStream({ topic: "t", offset }, options));
    assert.is(decodeCursor(answer?.cursor as Uint8Array)?.vector.get(third), 2, `offset ${offset}`);
  }
});

test("consumeStream() from latest gives only what comes, and its cursor covers all before", async () => {
  const { ports, log } = node();
  const topic = ports.log.open("t");
  fill(topic);
  const taking = take(1, (options) =>
    log.consumeStream({ topic: "t", start: { case: "latest", value: true } }, options),
  );
  await until(() => ports.log.listening === 1, "the stream waits");
  append(topic, third, "c1");
  const answers = await taking;
  assert.equal(valuesOf(answers), ["c1"]);
  assert.is(decodeCursor(answers[0]?.cursor as Uint8Array)?.vector.get(own), 4);
});

test("consumeStream() from latest gives the first record of a topic that was not there yet", async () => {
  const { ports, log } = node();
  const taking = take(2, (options) =>
    log.consumeStream({ topic: "t", start: { case: "latest", value: true } }, options),
  );
  await until(() => ports.log.listening === 1, "the stream waits");
  append(ports.log.open("t"), own, "a1");
  await new Promise((resolve) => setTimeout(resolve, 0));
  append(ports.log.open("t"), own, "a2", "a3");
  assert.equal(valuesOf(await taking), ["a1", "a2"]);
});

test("a packed stream resumes inside a batch with that batch whole", async () => {
  const { ports, log } = node();
  fill(ports.log.open("t"));
  const [, second] = await take(2, (options) => log.consumeStream({ topic: "t" }, options));
  const request = { topic: "t", packed: true, start: { case: "cursor" as const, value: second?.cursor as Uint8Array } };
  const [first, answer] = await take(2, (options) => log.consumeStream(request, options));
  // It says where it begins before it gives anything.
  assert.is(first?.heartbeat, true);
  assert.equal(first?.cursor, second?.cursor);
  const scan = scanFrame(answer?.frames as Uint8Array, 0);
  assert.is(scan.type === "frame" && scan.header.baseSequence, 1);
  assert.is(decodeCursor(answer?.cursor as Uint8Array)?.vector.get(own), 4);
});

test("a packed stream sends chunks of at most 256 KiB", async () => {
  const { ports, log } = node();
  const topic = ports.log.open("t");
  for (let count = 0; count < 30; count++) append(topic, own, "x".repeat(50_000));
  const [, ...answers] = await take(7, (options) => log.consumeStream({ topic: "t", packed: true }, options));
  assert.equal(
    answers.map((answer) => Number(answer.nextOffset)),
    [5, 10, 15, 20, 25, 30],
  );
  for (const answer of answers) assert.ok(answer.frames.length <= 262_144);
});

test("consume() by cursor walks a topic record by record", async () => {
  const { ports, log } = node();
  fill(ports.log.open("t"));
  let answer = await log.consume({ topic: "t", start: { case: "earliest", value: true } });
  const values = valuesOf([answer]);
  while (values.length < 6) {
    answer = await log.consume({ topic: "t", start: { case: "cursor", value: answer.cursor } });
    values.push(...valuesOf([answer]));
  }
  assert.equal(values, all);
  const atEnd = log.consume({ topic: "t", start: { case: "cursor", value: answer.cursor } });
  await expectFailure(atEnd, "OutOfRange", /what comes after the cursor of topic "t": the log spans offsets 0 up to/);
});

test("consume() by offset and by timestamp gives the next record", async () => {
  const { ports, log } = node();
  fill(ports.log.open("default"));
  assert.equal(valuesOf([await log.consume({ offset: 4n })]), ["b2"]);
  const byTime = { start: { case: "timestampMs" as const, value: 1_005n } };
  assert.equal(valuesOf([await log.consume(byTime)]), ["a4"]);
  await expectFailure(log.consume({ offset: 6n }), "OutOfRange", /Cannot consume offset 6 of topic "default"/);
  await expectFailure(log.consume({ start: { case: "latest", value: true } }), "OutOfRange", /after the last record/);
  const late = { start: { case: "timestampMs" as const, value: 9_999n } };
  await expectFailure(log.consume(late), "OutOfRange", /written at or after 9999 ms/);
});

test("consume() of a topic that is not held says NOT_FOUND; a stream waits for it, with heartbeats", async () => {
  const { ports, clock, log } = node();
  await expectFailure(log.consume({ topic: "later" }), "NotFound", /topic "later": this node does not hold it/);
  const answers: ConsumeResponse[] = [];
  const taking = take(2, async function* (options) {
    for await (const answer of log.consumeStream({ topic: "later" }, options)) {
      answers.push(answer);
      yield answer;
    }
  });
  await until(() => clock.waiting === 1, "the stream waits");
  append(ports.log.open("unrelated"), own, "x");
  clock.advance(15_000);
  await until(() => answers.length === 1, "the heartbeat came");
  append(ports.log.open("later"), own, "first");
  const [heartbeat, answer] = await taking;
  assert.is(heartbeat?.heartbeat, true);
  assert.is(toText(answer?.record?.value as Uint8Array), "first");
});

test("consumeStream() waits for an offset beyond the end", async () => {
  const { ports, log } = node();
  const topic = ports.log.open("t");
  const taking = take(1, (options) => log.consumeStream({ topic: "t", offset: 2n }, options));
  await until(() => ports.log.listening === 1, "the stream waits");
  append(topic, own, "a", "b", "c");
  assert.equal(valuesOf(await taking), ["c"]);
});

test("consumeStream() at the end sends a heartbeat after 15 s of silence, with cursor and offset", async () => {
  const { ports, clock, log } = node();
  append(ports.log.open("t"), own, "a");
  const answers: ConsumeResponse[] = [];
  const taking = take(2, async function* (options) {
    for await (const answer of log.consumeStream({ topic: "t" }, options)) {
      answers.push(answer);
      yield answer;
    }
  });
  await until(() => answers.length === 1, "the record came");
  await until(() => clock.waiting === 1, "the stream waits");
  clock.advance(14_999);
  assert.is(clock.waiting, 1);
  clock.advance(1);
  const [record, heartbeat] = await taking;
  assert.is(heartbeat?.heartbeat, true);
  assert.is(heartbeat?.nextOffset, 1n);
  assert.equal(heartbeat?.cursor, record?.cursor);
});

test("a request as the book's clients send it gets records only, no heartbeats", async () => {
  const { ports, clock, log } = node();
  const topic = ports.log.open("default");
  append(topic, own, "a");
  const taking = take(2, (options) => log.consumeStream({ offset: 0n }, options));
  for (let round = 0; round < 3; round++) {
    await until(() => clock.waiting === 1, "the stream waits");
    clock.advance(15_000);
  }
  await until(() => clock.waiting === 1, "the stream waits");
  append(topic, own, "b");
  assert.equal(valuesOf(await taking), ["a", "b"]);
});

test("after_token waits until the node holds what was written elsewhere", async () => {
  const { ports, log, clock } = node();
  const topic = ports.log.open("t");
  append(topic, own, "a");
  const afterToken = encodeToken({ topic: "t", generation: 0, vector: new Map([[other, 2]]) });
  const streaming = take(3, (options) => log.consumeStream({ topic: "t", afterToken }, options));
  let answered = false;
  const unary = log.consume({ topic: "t", offset: 1n, afterToken }).finally(() => {
    answered = true;
  });
  await until(() => clock.waiting === 2, "both wait");
  append(topic, third, "c");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.is(answered, false);
  append(topic, other, "b1", "b2");
  assert.equal(valuesOf(await streaming), ["a", "c", "b1"]);
  assert.equal(valuesOf([await unary]), ["c"]);
  assert.is(ports.log.listening, 0);
});

test("after_token has an end, also where the caller set none", async () => {
  const { ports, clock, log } = node();
  ports.log.open("t");
  const afterToken = encodeToken({ topic: "t", generation: 0, vector: new Map([[other, 2]]) });
  const unary = expectFailure(
    log.consume({ topic: "t", afterToken }),
    "DeadlineExceeded",
    /does not hold those records/,
  );
  await until(() => clock.waiting === 1, "it waits");
  clock.advance(30_000);
  await unary;
});

test.run();
