import { create } from "@bufbuild/protobuf";
import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeToken, toBytes, toText } from "../../src/base/mod.ts";
import { Log, type ProduceRequest, ProduceRequestSchema, type ProduceResponse } from "../../src/gen/log/v1/log_pb.ts";
import { createRoutes } from "../../src/server/mod.ts";
import { coded, type FakePorts, fakePorts, ManualClock, type MemoryTopic } from "./fakes.ts";
import { expectFailure, serve, take, transportTo, until } from "./serving.ts";

function requestWith(...values: string[]): ProduceRequest {
  return create(ProduceRequestSchema, { topic: "t", records: values.map((value) => ({ value: toBytes(value) })) });
}

interface Node extends AsyncDisposable {
  readonly ports: FakePorts;
  readonly log: Client<typeof Log>;
}

type Way = "through Connect" | "by a hot call";

/** Deno's HTTP/2 client is unfit (denoland/deno#36788), and HTTP/1.1 has no such calls. */
const ways: readonly Way[] = "Deno" in globalThis ? ["through Connect"] : ["through Connect", "by a hot call"];

async function open(way: Way): Promise<Node> {
  const ports = fakePorts(new ManualClock());
  if (way === "by a hot call") {
    const serving = await serve({ ports });
    const log = createClient(Log, transportTo(serving, "connect-h2"));
    return { ports, log, [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose]() };
  }
  const log = createClient(Log, createRouterTransport(createRoutes(ports)));
  return { ports, log, async [Symbol.asyncDispose]() {} };
}

/** Makes produces of a topic wait until they are let go. */
function hold(topic: MemoryTopic): { readonly started: number; release(): void } {
  const produce = topic.produce.bind(topic);
  const waiting: (() => void)[] = [];
  let started = 0;
  let released = false;
  topic.produce = async (frame) => {
    started++;
    const acked = produce(frame);
    if (!released) await new Promise<void>((resolve) => waiting.push(resolve));
    return acked;
  };
  return {
    get started() {
      return started;
    },
    release() {
      released = true;
      for (const resolve of waiting) resolve();
    },
  };
}

for (const way of ways) {
  test(`produceStream() answers in the order of the requests, also when the first opens the topic (${way})`, async () => {
    await using node = await open(way);
    const { ports, log } = node;
    const openTopic = ports.log.openTopic.bind(ports.log);
    ports.log.openTopic = async (name) => {
      const topic = await openTopic(name);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return topic;
    };
    const responses: ProduceResponse[] = [];
    const requests = (async function* () {
      yield* [requestWith("a"), requestWith("b", "c"), requestWith("d")];
    })();
    for await (const response of log.produceStream(requests)) responses.push(response);
    assert.equal(
      responses.map(({ offset, firstSequence, count }) => [Number(offset), Number(firstSequence), count]),
      [
        [0, 1, 1],
        [1, 2, 2],
        [3, 4, 1],
      ],
    );
    const read = await take(4, (options) => log.consumeStream({ topic: "t" }, options));
    assert.equal(
      read.map((answer) => toText(answer.record?.value as Uint8Array)),
      ["a", "b", "c", "d"],
    );
  });

  test(`produce() and produceStream() answer the same request the same (${way})`, async () => {
    await using one = await open(way);
    await using other = await open(way);
    const alone = await one.log.produce(requestWith("a", "b"));
    const [streamed] = await take(1, () =>
      other.log.produceStream(
        (async function* () {
          yield requestWith("a", "b");
        })(),
      ),
    );
    assert.equal(streamed, alone);
    assert.equal(decodeToken(alone.token), { topic: "t", generation: 0, vector: new Map([["00000000000000a1", 2]]) });
  });

  test(`produceStream() reads ahead, and no further than its bound (${way})`, async () => {
    await using node = await open(way);
    const { ports, log } = node;
    const held = hold(ports.log.open("t"));
    let asked = 0;
    const responses: ProduceResponse[] = [];
    const done = (async () => {
      const requests = (async function* () {
        for (; asked < 3_000; asked++) yield requestWith(`${asked}`);
      })();
      for await (const response of log.produceStream(requests)) responses.push(response);
    })();
    await until(() => held.started === 1_024, "it read ahead");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.is(held.started, 1_024);
    held.release();
    await done;
    assert.is(responses.length, 3_000);
    assert.ok(responses.every((response, index) => response.offset === BigInt(index)));
  });

  test(`produceStream() bounds what it reads ahead by bytes, too (${way})`, async () => {
    await using node = await open(way);
    const { ports, log } = node;
    const held = hold(ports.log.open("t"));
    const value = "x".repeat(1_000_000);
    const done = take(40, () =>
      log.produceStream(
        (async function* () {
          for (let count = 0; count < 40; count++) yield requestWith(value);
        })(),
      ),
    );
    await until(() => held.started === 17, "it read ahead");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.is(held.started, 17);
    held.release();
    assert.is((await done).length, 40);
  });

  test(`an error ends produceStream() after the responses before it (${way})`, async () => {
    await using node = await open(way);
    const { ports, log } = node;
    const topic = ports.log.open("t");
    const responses: ProduceResponse[] = [];
    const failed = (async () => {
      const requests = (async function* () {
        yield requestWith("a");
        yield requestWith("b");
        await until(() => topic.nextOffset === 2, "both are there");
        topic.failure = coded("LOG_WRITE_FAILED", "Cannot append: the disk is full");
        yield requestWith("c");
      })();
      for await (const response of log.produceStream(requests)) responses.push(response);
    })();
    await expectFailure(failed, "Unavailable", /the disk is full/);
    assert.is(responses.length, 2);
  });
}

test.run();
