/** Consumers whose place is not held here any more, or not yet: what they are told, and where they may go on. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, type ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeCursor, encodeCursor, encodeToken, toText, type Vector } from "../../src/base/mod.ts";
import {
  type ConsumeRequestSchema,
  type ConsumeResponse,
  Log as LogService,
  LowestAvailableSchema,
  OutOfRange,
} from "../../src/gen/log/v1/log_pb.ts";
import type { TopicLog } from "../../src/log/mod.ts";
import { createRoutes } from "../../src/server/mod.ts";
import { frameOf, framesIn, newTopic } from "../log/log_kit.ts";
import { fakePorts } from "./fakes.ts";
import { expectFailure, failureOf, take, until } from "./serving.ts";

type Request = MessageInitShape<typeof ConsumeRequestSchema>;

const other = "00000000000000b2";
const batchRecords = 10;
const { EARLIEST, ERROR } = OutOfRange;

interface Node {
  readonly topic: TopicLog;
  readonly writer: string;
  readonly log: Client<typeof LogService>;
}

/** A node whose topic `t` has so many batches of ten records, in segments of about six batches. */
async function node(batches: number): Promise<Node> {
  const { log, topic } = await newTopic({ segmentBytesMax: 65_536 });
  const ports = { ...fakePorts(), log } as unknown as ReturnType<typeof fakePorts>;
  for (let batch = 0; batch < batches; batch++) await produceBatch(topic);
  return { topic, writer: log.writer, log: createClient(LogService, createRouterTransport(createRoutes(ports))) };
}

/** Values that say their sequence. */
function produceBatch(topic: TopicLog): Promise<unknown> {
  const first = topic.nextOffset + 1;
  const values = Array.from({ length: batchRecords }, (_, index) => `${first + index} ${"x".repeat(1_000)}`);
  return topic.produce(frameOf(values));
}

/** The same after retention took all but the last segment. */
async function forgetful(): Promise<Node & { readonly low: number }> {
  const there = await node(30);
  await forget(there.topic);
  return { ...there, low: there.topic.firstOffset + 1 };
}

async function forget(topic: TopicLog): Promise<void> {
  topic.setRetention({ segmentsMax: 1 });
  await topic.retain();
  assert.ok(topic.firstOffset > 0 && topic.firstOffset < topic.nextOffset);
}

function cursorOf(vector: Vector): { case: "cursor"; value: Uint8Array } {
  return { case: "cursor", value: encodeCursor({ topic: "t", generation: 1, vector }) };
}

/** What the error says of where to go on. */
function lowestOf(error: ConnectError): Uint8Array {
  const [detail] = error.findDetails(LowestAvailableSchema);
  return (detail as { cursor: Uint8Array }).cursor;
}

/** What an answer tells, in short: gaps and the first and last sequence of records. */
function wordsOf({ gaps, record, frames }: ConsumeResponse): string[] {
  const words = gaps.map((gap) => `gap ${gap.firstSequence}-${gap.lastSequence}`);
  if (record !== undefined) words.push(`${record.sequence}`);
  for (const { header } of framesIn(frames)) {
    const { kind, baseSequence, count } = header;
    words.push(`${kind} ${baseSequence}-${baseSequence + count - 1}`);
  }
  return words;
}

const askings = [{ packed: false }, { packed: true }];

for (const { packed } of askings) {
  const form = packed ? "packed" : "single records";
  // A packed stream says first where it begins.
  const firstAnswers = packed ? 2 : 1;

  test(`ERROR, ${form}: a cursor below what is held is refused with the lowest that goes on without a gap`, async () => {
    const { log, writer, low } = await forgetful();
    for (const vector of [new Map(), new Map([[writer, 3]])] as Vector[]) {
      const request: Request = { topic: "t", packed, outOfRange: ERROR, start: cursorOf(vector) };
      const why = new RegExp(
        `does not hold sequences ${(vector.get(writer) ?? 0) + 1} to ${low - 1} of writer ${writer}`,
      );
      const unary = await failureOf(log.consume(request));
      const streamed = await failureOf(take(firstAnswers, (options) => log.consumeStream(request, options)));
      for (const error of [unary, streamed]) {
        assert.match(error.message, why);
        assert.is(error.code, 11);
        const cursor = lowestOf(error);
        assert.equal(decodeCursor(cursor)?.vector, new Map([[writer, low - 1]]));
        const onwards: Request = { ...request, start: { case: "cursor", value: cursor } };
        const first = packed ? `records ${low}-${low + batchRecords - 1}` : `${low}`;
        assert.is(wordsOf(await log.consume(onwards))[0], first);
      }
    }
  });

  test(`ERROR, ${form}: an offset below the first is refused, others and other starts are not`, async () => {
    const { log, topic, writer, low } = await forgetful();
    const request: Request = { topic: "t", packed, outOfRange: ERROR, offset: 5n };
    const why = new RegExp(`its first offset is ${topic.firstOffset}, asked for is 5`);
    for (const call of [log.consume(request), take(1, (options) => log.consumeStream(request, options))]) {
      const error = await failureOf(call);
      assert.match(error.message, why);
      assert.equal(decodeCursor(lowestOf(error))?.vector, new Map([[writer, low - 1]]));
    }
    const starts: Request[] = [
      { offset: BigInt(topic.firstOffset) },
      { start: { case: "earliest", value: true } },
      { start: { case: "timestampMs", value: 1n } },
      { start: cursorOf(new Map([[writer, low - 1]])) },
    ];
    const first = packed ? `records ${low}-${low + batchRecords - 1}` : `${low}`;
    for (const start of starts) {
      const whole = { topic: "t", packed, outOfRange: ERROR, ...start };
      assert.is(wordsOf(await log.consume(whole))[0], first);
      const answers = await take(firstAnswers, (options) => log.consumeStream(whole, options));
      assert.is(wordsOf(answers.at(-1) as ConsumeResponse)[0], first);
    }
  });

  test(`ERROR, ${form}: a stream that retention overtakes ends there, with a cursor behind the hole`, async () => {
    const { log, topic, writer } = await node(120);
    const controller = new AbortController();
    const request: Request = { topic: "t", packed, outOfRange: ERROR };
    const stream = log.consumeStream(request, { signal: controller.signal })[Symbol.asyncIterator]();
    const first = (await stream.next()).value as ConsumeResponse;
    await forget(topic);
    let read = decodeCursor(first.cursor)?.vector.get(writer) ?? 0;
    const error = await failureOf(
      (async () => {
        for (let next = await stream.next(); !next.done; next = await stream.next()) {
          read = decodeCursor(next.value.cursor)?.vector.get(writer) ?? 0;
        }
      })(),
    );
    assert.ok(read < topic.firstOffset, "it was overtaken");
    assert.match(error.message, new RegExp(`sequences ${read + 1} to ${topic.firstOffset} of writer`));
    assert.equal(decodeCursor(lowestOf(error))?.vector, new Map([[writer, topic.firstOffset]]));
  });

  test(`ERROR, ${form}: a hole within the log is refused once what stands before it was given`, async () => {
    const { log, topic, writer } = await node(1);
    await topic.applyGap(other, 7);
    await topic.applyGap(other, 9);
    await produceBatch(topic);
    const request: Request = { topic: "t", packed, outOfRange: ERROR, offset: 0n };
    const seen: string[] = [];
    const error = await failureOf(
      take(20, async function* (options) {
        for await (const answer of log.consumeStream(request, options)) {
          seen.push(...wordsOf(answer));
          yield answer;
        }
      }),
    );
    assert.is(seen.at(-1), packed ? "records 1-10" : "10");
    assert.match(error.message, /sequences 1 to 7 of writer 00000000000000b2, and 1 more ranges/);
    const lowest = decodeCursor(lowestOf(error))?.vector;
    assert.equal(lowest, new Map([[writer, 10], [other, 9]])); // biome-ignore format: a vector
    const onwards = { ...request, start: cursorOf(lowest as Vector) };
    assert.is(wordsOf(await log.consume(onwards))[0], packed ? "records 11-20" : "11");
  });
}

for (const outOfRange of [undefined, EARLIEST]) {
  test(`out_of_range ${outOfRange}: consumers of single records are told what they miss, then go on`, async () => {
    const { log, writer, low, topic } = await forgetful();
    const request: Request = { topic: "t", start: cursorOf(new Map([[writer, 3]])), ...(outOfRange && { outOfRange }) };
    const answers = await take(3, (options) => log.consumeStream(request, options));
    assert.equal(answers.map(wordsOf), [[`gap 4-${low - 1}`], [`${low}`], [`${low + 1}`]]);
    assert.is(answers[0]?.gaps[0]?.writer, writer);
    assert.equal(decodeCursor(answers[0]?.cursor as Uint8Array)?.vector, new Map([[writer, low - 1]]));
    const one = await log.consume(request);
    assert.equal(wordsOf(one), [`gap 4-${low - 1}`, `${low}`]);
    const next = await log.consume({ ...request, start: { case: "cursor", value: one.cursor } });
    assert.equal(wordsOf(next), [`${low + 1}`], "a gap is told once");
    // Where nothing follows the hole yet, it is told all the same.
    await topic.applyGap(other, 7);
    const end = cursorOf(new Map([[writer, topic.have.get(writer) as number]]));
    const alone = await log.consume({ ...request, start: end });
    assert.equal(wordsOf(alone), ["gap 1-7"]);
    const past = { topic: "t", start: { case: "cursor" as const, value: alone.cursor } };
    await expectFailure(log.consume(past), "OutOfRange", /what comes after the cursor/);
  });
}

test("a request as the book's clients send it is told of no gaps: they take every response for a record", async () => {
  const { log } = await newTopic();
  const topic = await log.openTopic("default");
  const ports = { ...fakePorts(), log } as unknown as ReturnType<typeof fakePorts>;
  const client = createClient(LogService, createRouterTransport(createRoutes(ports)));
  await topic.applyGap(other, 5);
  await expectFailure(client.consume({ offset: 0n }), "OutOfRange", /Cannot consume offset 0/);
  await topic.produce(frameOf(["first"]));
  const answer = await client.consume({ offset: 0n });
  assert.is(toText(answer.record?.value as Uint8Array), "first");
  assert.equal(wordsOf(answer), ["1"]);
  const [streamed] = await take(1, (options) => client.consumeStream({ offset: 0n }, options));
  assert.equal(wordsOf(streamed as ConsumeResponse), ["1"]);
});

test("an out_of_range that is unknown is InvalidArgument", async () => {
  const { log } = await node(1);
  const request = { topic: "t", outOfRange: 7 as OutOfRange };
  const why = /out_of_range 7 is unknown, allowed are 0 to 2/;
  await expectFailure(log.consume(request), "InvalidArgument", why);
  await expectFailure(
    take(1, (options) => log.consumeStream(request, options)),
    "InvalidArgument",
    why,
  );
});

test("a cursor ahead of the node is served what the cursor lacks, as it comes", async () => {
  const { log, topic, writer } = await node(1);
  const ahead = cursorOf(new Map([[writer, 12], [other, 3]])); // biome-ignore format: a vector
  const request: Request = { topic: "t", outOfRange: ERROR, start: ahead };
  await expectFailure(log.consume(request), "OutOfRange", /what comes after the cursor/);
  const streaming = take(2, (options) => log.consumeStream(request, options));
  await produceBatch(topic);
  const answers = await streaming;
  assert.equal(answers.map(wordsOf), [["13"], ["14"]]);
  const { vector } = decodeCursor(answers[0]?.cursor as Uint8Array) as { vector: Vector };
  assert.is(vector.get(other), 3, "what it knows of other writers stays");
});

const latest = { case: "latest", value: true } as const;

function tokenOf(writer: string, sequence: number): Uint8Array {
  return encodeToken({ topic: "t", generation: 1, vector: new Map([[writer, sequence]]) });
}

test("latest with a token begins with the whole batch that the token names, where the node held it before", async () => {
  const { log, topic, writer } = await node(4);
  const request: Request = { topic: "t", start: latest, afterToken: tokenOf(writer, 30) };
  const streamed = await take(20, (options) => log.consumeStream(request, options));
  assert.equal(
    streamed.flatMap(wordsOf),
    Array.from({ length: 20 }, (_, index) => `${21 + index}`),
  );
  assert.equal(wordsOf(await log.consume(request)), ["21"]);
  const { cursor } = streamed[0] as ConsumeResponse;
  assert.equal(decodeCursor(cursor)?.vector, new Map([[writer, 21]]), "its cursor counts what stands before");
  assert.is(topic.nextOffset, 40);
});

test("latest with a token gives all that came after the call, where the node did not hold it yet", async () => {
  const { log, topic, writer } = await node(4);
  const request: Request = { topic: "t", start: latest, afterToken: tokenOf(writer, 60) };
  const controller = new AbortController();
  const streaming = take(20, (options) => log.consumeStream(request, options));
  const unary = log.consume(request, { signal: controller.signal });
  // A turn for both to see where the log ends now.
  await new Promise((resolve) => setTimeout(resolve, 5));
  await produceBatch(topic);
  await produceBatch(topic);
  assert.equal(
    (await streaming).flatMap(wordsOf),
    Array.from({ length: 20 }, (_, index) => `${41 + index}`),
  );
  assert.equal(wordsOf(await unary), ["41"]);
});

test("latest with a token whose record is gone tells the hole, or is refused", async () => {
  const { log, writer, low } = await forgetful();
  const request: Request = { topic: "t", start: latest, afterToken: tokenOf(writer, 20) };
  const answers = await take(2, (options) => log.consumeStream(request, options));
  assert.equal(answers.map(wordsOf), [[`gap 20-${low - 1}`], [`${low}`]]);
  assert.equal(wordsOf(await log.consume(request)), [`gap 20-${low - 1}`, `${low}`]);
  const refused = await failureOf(log.consume({ ...request, outOfRange: ERROR }));
  assert.equal(decodeCursor(lowestOf(refused))?.vector, new Map([[writer, low - 1]]));
});

test("latest without a token gives nothing that stood there before", async () => {
  const { log, topic } = await node(1);
  await expectFailure(log.consume({ topic: "t", start: latest }), "OutOfRange", /after the last record/);
  let waits = false;
  const streaming = take(1, (options) => {
    waits = true;
    return log.consumeStream({ topic: "t", start: latest }, options);
  });
  await until(() => waits, "the stream is asked for");
  await new Promise((resolve) => setTimeout(resolve, 5));
  await produceBatch(topic);
  assert.equal((await streaming).flatMap(wordsOf), ["11"]);
});

test.run();
