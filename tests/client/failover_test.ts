/** Going on elsewhere, case by case: what is tried, for how long, and what the caller is told. */
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport, type HandlerContext } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeCursor, FrameBuilder, gapFrame, placeFrame, stampBatch } from "../../src/base/mod.ts";
import { type ConsumeFailover, type ConsumeOptions, type GapError, LogClient } from "../../src/client/mod.ts";
import {
  type ConsumeRequest,
  type ConsumeResponse,
  ConsumeResponseSchema,
  Log,
  LowestAvailableSchema,
  OutOfRange,
} from "../../src/gen/log/v1/log_pb.ts";
import { IdleClock } from "./idle_clock.ts";
import type { ClientError } from "./records.ts";

const writer = "00112233445566ff";
const outOfRangeNames = ["UNSPECIFIED", "EARLIEST", "ERROR"];

type Answers = (request: ConsumeRequest, context: HandlerContext) => AsyncGenerator<ConsumeResponse>;

interface Cluster {
  readonly clock: IdleClock;
  readonly client: LogClient;
  /** Server and start of each stream that was opened. */
  readonly asked: string[];
}

/** A client of servers that answer so, named 0, 1 and so on. Others than `named` are learnt of. */
function clusterOf(servers: readonly Answers[], named = servers.length): Cluster {
  const clock = new IdleClock();
  const asked: string[] = [];
  const client = new LogClient(
    Array.from({ length: named }, (_, index) => `http://s${index}.invalid:1`),
    {
      clock,
      openTransport(url) {
        const index = Number(/s(\d+)/.exec(url)?.[1]);
        const transport = createRouterTransport((router) => {
          router.service(Log, {
            async *consumeStream(request, context) {
              asked.push(
                `${index} ${request.start.case ?? `offset ${request.offset}`} ${outOfRangeNames[request.outOfRange]}`,
              );
              yield* (servers[index] as Answers)(request, context);
            },
            getServers: () => ({
              servers: servers.map((_, one) => ({ rpcAddr: `s${one}.invalid:1`, status: "alive" })),
            }),
          });
        });
        return { transport, bidirectional: false, close() {} };
      },
    },
  );
  return { clock, client, asked };
}

function answer(last: number, frames: Uint8Array = new Uint8Array(0)): ConsumeResponse {
  const cursor = encodeCursor({ topic: "t", generation: 1, vector: new Map([[writer, last]]) });
  const bytes = { frames, cursor } as { frames: Uint8Array<ArrayBuffer>; cursor: Uint8Array<ArrayBuffer> };
  return create(ConsumeResponseSchema, { ...bytes, heartbeat: frames.length === 0, nextOffset: BigInt(last) });
}

function record(sequence: number): Uint8Array {
  const builder = new FrameBuilder();
  builder.add({ value: String(sequence) }, 1_000);
  const frame = builder.finish();
  stampBatch(frame, {
    ...{ writer, baseSequence: sequence, lamport: 1, generation: 1 },
    previousChain: { high: 0, low: 0 },
  });
  placeFrame(frame, { baseOffset: sequence - 1, durableBefore: 0 });
  return frame;
}

const dead: Answers = async function* () {
  yield* [];
  throw ConnectError.from(new Error("connect ECONNREFUSED"), Code.Unavailable);
};

/** Gives one record and breaks. */
function gives(sequence: number, code: Code = Code.Unavailable): Answers {
  return async function* () {
    yield answer(sequence, record(sequence));
    throw new ConnectError("the stream broke off", code);
  };
}

const holed: Answers = async function* ({ outOfRange }) {
  if (outOfRange === OutOfRange.ERROR) {
    const cursor = encodeCursor({
      topic: "t",
      generation: 1,
      vector: new Map([[writer, 4]]),
    }) as Uint8Array<ArrayBuffer>;
    throw new ConnectError("gone", Code.OutOfRange, undefined, [{ desc: LowestAvailableSchema, value: { cursor } }]);
  }
  yield answer(4, gapFrame({ writer, baseSequence: 2, count: 3, generation: 1 }));
  yield answer(5, record(5));
};

async function textsOf(client: LogClient, count: number, options: ConsumeOptions = {}): Promise<string> {
  let texts = "";
  const consumer = client.consume("t", options);
  while (texts.length < count) texts += (await consumer.next()).value?.text();
  await consumer.return();
  return texts;
}

async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  return promise.then(
    () => assert.unreachable(),
    (error: ClientError) => error,
  ) as Promise<ClientError>;
}

test("a consumer goes on at the next server from its cursor, and says so", async () => {
  const { client, asked } = clusterOf([gives(1), dead, gives(2)]);
  const failovers: ConsumeFailover[] = [];
  assert.is(await textsOf(client, 2, { onFailover: (failover) => failovers.push(failover) }), "12");
  assert.equal(asked, ["0 earliest ERROR", "1 cursor ERROR", "2 cursor ERROR"]);
  assert.equal(
    failovers.map(({ error, server }) => `${error.code} ${server}`),
    ["UNAVAILABLE http://s1.invalid:1", "UNAVAILABLE http://s2.invalid:1"],
  );
});

test("when nobody answers it fails after failoverMs, and at once with 0", async () => {
  const { client, clock } = clusterOf([dead, dead]);
  const failure = await failureOf(client.consume("t", { failoverMs: 30_000 }).next());
  assert.is(failure.code, "UNAVAILABLE");
  assert.ok(clock.nowMs() >= 30_000 && clock.nowMs() < 40_000, `${clock.nowMs()} ms`);
  assert.is(
    (
      await failureOf(
        clusterOf([dead, gives(1)])
          .client.consume("t", { failoverMs: 0 })
          .next(),
      )
    ).code,
    "UNAVAILABLE",
  );
});

test("a server that falls silent is left, one that says it lives is not", async () => {
  const { promise: never } = { promise: new Promise<void>(() => {}) };
  const silent: Answers = async function* () {
    yield answer(1, record(1));
    await never;
  };
  const mute: Answers = async function* () {
    yield* [];
    await never;
  };
  const { client, clock, asked } = clusterOf([
    silent,
    mute,
    async function* () {
      for (let beat = 0; beat < 20; beat++) {
        yield answer(1);
        await clock.sleep(15_000);
      }
      yield answer(2, record(2));
    },
  ]);
  assert.is(await textsOf(client, 2), "12");
  assert.is(asked.length, 3);
  assert.ok(clock.nowMs() >= 300_000 && clock.nowMs() < 400_000, `${clock.nowMs()} ms`);
});

test("an offset stays with its server until something was read", async () => {
  let tries = 0;
  const flaky: Answers = async function* (request, context) {
    yield* ++tries < 4 ? dead(request, context) : gives(1)(request, context);
  };
  const { client, asked } = clusterOf([flaky, gives(9)]);
  assert.is(await textsOf(client, 2, { from: 0 }), "19");
  assert.equal(asked, [
    "0 offset 0 ERROR",
    "0 offset 0 ERROR",
    "0 offset 0 ERROR",
    "0 offset 0 ERROR",
    "1 cursor ERROR",
  ]);
});

for (const code of [Code.InvalidArgument, Code.NotFound, Code.FailedPrecondition, Code.Unimplemented]) {
  test(`${Code[code]} ends a consumer at once`, async () => {
    const { client, asked } = clusterOf([gives(1, code), gives(2)]);
    assert.ok((await failureOf(textsOf(client, 2))).code);
    assert.is(asked.length, 1);
  });
}

test("what one server cannot give is asked of each other, once", async () => {
  const sick: Answers = async function* () {
    yield* [];
    throw new ConnectError("Internal error", Code.Internal);
  };
  assert.is(await textsOf(clusterOf([sick, gives(1)]).client, 1), "1");
  const { client, asked } = clusterOf([sick, sick]);
  assert.is((await failureOf(client.consume("t").next())).code, "INTERNAL");
  assert.is(asked.length, 2);
});

test("servers that are not named are learnt of", async () => {
  const { client, asked } = clusterOf([gives(1), gives(2), gives(3)], 1);
  assert.is(await textsOf(client, 3), "123");
  assert.equal(
    asked.map((one) => one[0]),
    ["0", "1", "2"],
  );
});

test("another node is asked for what is gone; only when none has it is it told as a gap", async () => {
  const { client, asked } = clusterOf([gives(1), holed, gives(2)]);
  assert.is(await textsOf(client, 2), "12");
  assert.equal(asked, ["0 earliest ERROR", "1 cursor ERROR", "2 cursor ERROR"]);
  const gaps: unknown[] = [];
  let streams = 0;
  const once: Answers = async function* (request, context) {
    yield* streams++ === 0 ? gives(1)(request, context) : dead(request, context);
  };
  const all = clusterOf([once, holed, holed, dead]);
  assert.is(await textsOf(all.client, 2, { onGap: (gap) => gaps.push(gap) }), "15");
  assert.equal(gaps, [{ writer, from: 2, to: 4 }]);
  assert.equal(all.asked.slice(1), [
    "1 cursor ERROR",
    "2 cursor ERROR",
    "3 cursor ERROR",
    "0 cursor ERROR",
    "1 cursor EARLIEST",
  ]);
});

test("behind a hole that nobody fills, the next hole is asked for at each server again", async () => {
  const once: Answers = async function* (request, context) {
    yield* all.asked.length === 1 ? gives(1)(request, context) : dead(request, context);
  };
  let streams = 0;
  const breaking: Answers = async function* (request, context) {
    if (streams++ < 2) yield* holed(request, context);
    else yield answer(6, record(6));
    throw new ConnectError("the stream broke off", Code.Unavailable);
  };
  const all = clusterOf([once, breaking]);
  assert.is(await textsOf(all.client, 3, { onGap: () => {} }), "156");
  const behind = all.asked.slice(all.asked.indexOf("1 cursor EARLIEST") + 1);
  assert.ok(behind.length > 0 && behind.every((asked) => asked.endsWith("cursor ERROR")), behind.join(", "));
});

test("without onGap a hole ends the consumer; its cursor stands behind the hole", async () => {
  const { client } = clusterOf([gives(1), holed]);
  const failure = (await failureOf(textsOf(client, 2, { outOfRange: "earliest" }))) as GapError;
  assert.is(failure.code, "GAP");
  assert.equal(failure.gap, { writer, from: 2, to: 4 });
  const onwards = clusterOf([gives(5)]).client;
  assert.is(await textsOf(onwards, 1, { from: failure.cursor as string }), "5");
});

test("outOfRange error says where to go on", async () => {
  const { client, asked } = clusterOf([holed, gives(1)]);
  const failure = await failureOf(client.consume("t", { outOfRange: "error" }).next());
  assert.is(failure.code, "OUT_OF_RANGE");
  assert.ok((failure as ClientError & { lowestAvailable?: string }).lowestAvailable?.startsWith("c1."));
  assert.is(asked.length, 1);
});

test("a consumer that is kept without being read has no timer that would keep the process alive", async () => {
  const { client, clock } = clusterOf([gives(1)]);
  const schedule = clock.schedule.bind(clock);
  const kept: number[] = [];
  clock.schedule = (atMs: number, callback: () => void, options?: { readonly inBackground?: boolean }) => {
    if (!options?.inBackground) kept.push(atMs);
    return schedule(atMs, callback);
  };
  const consumer = client.consume("t");
  assert.is((await consumer.next()).done, false);
  assert.equal(kept, []);
  await consumer.return();
});

test("options without sense are refused", async () => {
  const { client } = clusterOf([dead]);
  for (const options of [{ failoverMs: -1 }, { failoverMs: Number.NaN }, { outOfRange: "never" as "error" }]) {
    assert.throws(
      () => client.consume("t", options),
      (error: ClientError) => error.code === "INVALID_ARGUMENT",
    );
  }
  for (const options of [
    { identity: { id: "0000000000000000", epoch: 0 } },
    { identity: { id: "11", epoch: 0 } },
    { identity: { id: "1122334455667788", epoch: 2 ** 32 } },
    { identity: { id: "1122334455667788", epoch: 0 }, idempotent: false },
    { deliveryTimeoutMs: -1 },
  ]) {
    assert.throws(
      () => client.producer("t", options),
      (error: ClientError) => error.code === "INVALID_ARGUMENT",
    );
  }
});

test.run();
