import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { toBytes } from "../../src/base/mod.ts";
import { Log, ProduceRequestSchema, ProduceResponseSchema } from "../../src/gen/log/v1/log_pb.ts";
import { coded, fakePorts } from "./fakes.ts";
import { serve, take, transportTo } from "./serving.ts";

/** Its HTTP/2 client is unfit (denoland/deno#36788), and HTTP/1.1 has no calls that stream requests. */
const isDeno = "Deno" in globalThis;
const record = { value: toBytes("v") };
const shortfall = { holders: ["alpha"], lacking: ["beta", "gamma"] };

async function open(replication: Partial<ReturnType<typeof fakePorts>["replication"]> = {}) {
  const ports = fakePorts();
  Object.assign(ports.replication, replication);
  const serving = await serve({ ports });
  const log = createClient(Log, transportTo(serving, isDeno ? "connect" : "connect-h2"));
  return { ports, log, [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose]() };
}

async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("The call succeeded");
}

test("acks of several nodes are waited for up to the last record, ten seconds unless the request says otherwise", async () => {
  await using node = await open();
  const acks = { replicated: 3 };
  const answer = await node.log.produce({ topic: "t", records: [record, record], acks });
  assert.is(answer.count, 2);
  assert.is(answer.shortfall, undefined);
  await node.log.produce({ topic: "t", record, acks, timeoutMs: 70 });
  await node.log.produce({ topic: "t", record, acks: { replicated: 1 } });
  assert.equal(node.ports.replication.waits, [
    { topic: "t", through: 2, copies: 3, timeoutMs: 10_000 },
    { topic: "t", through: 3, copies: 3, timeoutMs: 70 },
  ]);
});

test("acks of more nodes, or for longer, than there may be are refused with the limit, and nothing is stored", async () => {
  await using node = await open();
  const nodes = await failureOf(node.log.produce({ topic: "t", record, acks: { replicated: 101 } }));
  assert.is(nodes.code, Code.InvalidArgument);
  assert.is(nodes.rawMessage, "Cannot wait for 101 nodes: acks.replicated is 0 to 100");
  const long = await failureOf(node.log.produce({ topic: "t", record, acks: { replicated: 2 }, timeoutMs: 300_001 }));
  assert.is(long.rawMessage, "Cannot wait for 300001 ms: timeout_ms is 0 to 300000");
  assert.is(node.ports.log.topic("t")?.nextOffset ?? 0, 0);
});

test("too few copies are an error that says who holds the record, where it is stored, and carries the answer", async () => {
  await using node = await open({ shortfall });
  const failure = await failureOf(node.log.produce({ topic: "t", record, acks: { replicated: 2 } }));
  assert.is(failure.code, Code.DeadlineExceeded);
  const words = 'Cannot acknowledge offset 0 of topic "t" by 2 nodes: alpha hold it durably so far, beta, gamma not';
  assert.is(failure.rawMessage, `${words}; it is stored here`);
  const [detail] = failure.findDetails(ProduceResponseSchema);
  assert.is(detail?.firstSequence, 1n);
  assert.ok((detail?.token.length ?? 0) > 0);
  assert.equal(detail?.shortfall?.holders, ["alpha"]);
  assert.equal(detail?.shortfall?.lacking, ["beta", "gamma"]);
  assert.is(node.ports.log.topic("t")?.nextOffset, 1);
});

if (!isDeno) {
  test("too few copies are an answer where the request wants that, and the stream goes on", async () => {
    await using node = await open({ shortfall });
    const acks = { replicated: 2, answerShortfall: true };
    const requests = async function* () {
      for (const each of [acks, { replicated: 1 }, acks]) {
        yield create(ProduceRequestSchema, { topic: "t", record, acks: each });
      }
    };
    const answers = await take(3, (options) => node.log.produceStream(requests(), options));
    assert.equal(
      answers.map(({ offset, shortfall: missed }) => [offset, missed?.asked, missed?.lacking.length]),
      [
        [0n, 2, 2],
        [1n, undefined, undefined],
        [2n, 2, 2],
      ],
    );
  });
}

test("who waits for copies of a topic that is deleted meanwhile hears of that", async () => {
  await using node = await open({ shortfall });
  const deleted = coded("TOPIC_DELETED", "Cannot use topic t: it was deleted");
  Object.assign(node.ports.log.open("t"), { deleted });
  const acks = { replicated: 2, answerShortfall: true };
  const failure = await failureOf(node.log.produce({ topic: "t", record, acks }));
  assert.is(failure.code, Code.NotFound, failure.message);
});

test("where all nodes hold the record, and are too few, that is said", async () => {
  await using node = await open({ shortfall: { holders: ["alpha", "beta"], lacking: [] } });
  const failure = await failureOf(node.log.produce({ topic: "t", record, acks: { replicated: 3 } }));
  assert.match(failure.rawMessage, /alpha, beta hold it durably so far, no other node that is to hold it is known;/);
});

test("many names are cut, and how many more there are is said", async () => {
  const lacking = Array.from({ length: 250 }, (_, index) => `n${index}`);
  await using node = await open({ shortfall: { holders: [], lacking } });
  const failure = await failureOf(node.log.produce({ topic: "t", record, acks: { replicated: 2 } }));
  assert.match(failure.rawMessage, /no nodes hold it durably so far, n0, .*n99 and 150 more not/);
  assert.is(failure.findDetails(ProduceResponseSchema)[0]?.shortfall?.lacking.length, 100);
});

test.run();
