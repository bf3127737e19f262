/** ProduceMany: produces that share a stream and nothing else. */
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Client, Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FrameBuilder, type MessageAnswerer, type MessageMethod, toBytes } from "../../src/base/mod.ts";
import {
  Log,
  type ProduceManyRequest,
  ProduceManyRequestSchema,
  type ProduceManyResponse,
  type ProduceRequestSchema,
} from "../../src/gen/log/v1/log_pb.ts";
import { createHotMethods, createRoutes } from "../../src/server/mod.ts";
import { type FakePorts, fakePorts, ManualClock } from "./fakes.ts";
import { failureOf, serve, transportTo, until } from "./serving.ts";

type Way = "through Connect" | "by a hot call";

/** Deno's HTTP/2 client is unfit (denoland/deno#36788), and HTTP/1.1 has no such calls. */
const ways: readonly Way[] = "Deno" in globalThis ? ["through Connect"] : ["through Connect", "by a hot call"];

interface Node extends AsyncDisposable {
  readonly ports: FakePorts;
  readonly log: Client<typeof Log>;
}

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

function frame(value: string): Uint8Array<ArrayBuffer> {
  const builder = new FrameBuilder();
  builder.add({ value }, 1);
  return builder.finish() as Uint8Array<ArrayBuffer>;
}

function request(id: number, produce: MessageInitShape<typeof ProduceRequestSchema>): ProduceManyRequest {
  return create(ProduceManyRequestSchema, { id: BigInt(id), produce });
}

/** What an answer says, in a line. */
function said({ id, outcome }: ProduceManyResponse): string {
  if (outcome.case === "produced") return `${id}: at ${outcome.value.offset}`;
  return outcome.case === "failed" ? `${id}: ${Code[outcome.value.code]}` : `${id}: nothing`;
}

async function answersTo(log: Client<typeof Log>, requests: readonly ProduceManyRequest[]): Promise<string[]> {
  const answers: string[] = [];
  const sent = (async function* () {
    yield* requests;
  })();
  for await (const answer of log.produceMany(sent)) answers.push(said(answer));
  return answers;
}

for (const way of ways) {
  test(`produceMany() answers each for itself, well or badly, and ends well (${way})`, async () => {
    await using node = await open(way);
    const bad = frame("bad");
    bad[100] = 255 - (bad[100] as number);
    const answers = await answersTo(node.log, [
      request(7, { topic: "t", frame: frame("a") }),
      request(8, { topic: "a/b", frame: frame("b") }),
      request(9, { topic: "t", frame: bad }),
      request(1, { topic: "u", records: [{ value: toBytes("c") }, { value: toBytes("d") }] }),
      request(300, { topic: "t", frame: frame("e") }),
      request(301, { topic: "t" }),
    ]);
    const expected = ["7: at 0", "8: InvalidArgument", "9: InvalidArgument", "1: at 0", "300: at 1"];
    assert.equal(answers.sort(), [...expected, "301: InvalidArgument"].sort());
  });

  test(`produceMany() lets a topic that is being opened hold back its own requests alone (${way})`, async () => {
    await using node = await open(way);
    const { ports, log } = node;
    ports.log.open("there");
    let letOpen = (): void => {};
    const opening = new Promise<void>((resolve) => {
      letOpen = resolve;
    });
    const openTopic = ports.log.openTopic.bind(ports.log);
    ports.log.openTopic = async (name) => {
      const topic = await openTopic(name);
      await opening;
      return topic;
    };
    const answers: string[] = [];
    const requests = (async function* () {
      yield request(1, { topic: "new", frame: frame("a") });
      yield request(2, { topic: "new", frame: frame("b") });
      yield request(3, { topic: "there", frame: frame("c") });
      yield request(4, { topic: "new", records: [{ value: toBytes("d") }] });
      await until(() => answers.length === 1, "the topic that is there answered");
      assert.equal(answers, ["3: at 0"]);
      letOpen();
    })();
    for await (const answer of log.produceMany(requests)) answers.push(said(answer));
    assert.equal(answers, ["3: at 0", "1: at 0", "2: at 1", "4: at 2"]);
  });

  test(`an id that is no safe number ends produceMany() after the answers before it (${way})`, async () => {
    await using node = await open(way);
    const answers: string[] = [];
    const failure = await failureOf(
      (async () => {
        const requests = (async function* () {
          yield request(1, { topic: "t", frame: frame("a") });
          yield create(ProduceManyRequestSchema, { id: 2n ** 53n, produce: { topic: "t", frame: frame("b") } });
        })();
        for await (const answer of node.log.produceMany(requests)) answers.push(said(answer));
      })(),
    );
    assert.is(failure.code, Code.InvalidArgument, failure.message);
    assert.equal(answers, ["1: at 0"]);
  });
}

/** The call as the sockets' side of a node sees it. Counts what is sent; every tenth answer is the last for now. */
function openCall(ports: FakePorts): {
  readonly answerer: MessageAnswerer;
  readonly seen: { sent: number; resumed: number; ended: boolean };
} {
  const method = createHotMethods(ports).find(({ path }) => path.endsWith("/ProduceMany")) as MessageMethod;
  const seen = { sent: 0, resumed: 0, ended: false };
  const answerer = method.open({
    send: () => ++seen.sent % 10 !== 0,
    sendLent: () => false,
    end: () => {
      seen.ended = true;
    },
    fail: (error) => assert.unreachable(String(error)),
    resume: () => {
      seen.resumed++;
    },
  });
  return { answerer, seen };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

test("produceMany() takes no more than its bound, and goes on when answers land", async () => {
  const ports = fakePorts(new ManualClock());
  ports.log.open("t");
  const { answerer, seen } = openCall(ports);
  const message = toBinary(ProduceManyRequestSchema, request(1, { topic: "t", frame: frame("x") }));
  let taken = 1;
  while (answerer.message(message.slice())) taken++;
  assert.is(taken, 8_192);
  assert.is(seen.resumed, 0);
  await turn();
  assert.is(seen.resumed, 1);
  answerer.closed();
});

test("produceMany() holds back answers that nobody takes, and counts them as in flight", async () => {
  const ports = fakePorts(new ManualClock());
  ports.log.open("t");
  const { answerer, seen } = openCall(ports);
  for (let id = 1; id <= 25; id++) {
    const bytes = toBinary(ProduceManyRequestSchema, request(id, { topic: "t", frame: frame("x") }));
    answerer.message(bytes);
  }
  answerer.requestsEnded();
  for (const expected of [10, 20, 25]) {
    await turn();
    assert.is(seen.sent, expected);
    assert.is(seen.ended, expected === 25);
    answerer.drained();
  }
});

test.run();
