// runtimes: bun (the log and the hot handlers are tested on all of them; this is about the ways between)
/** Idempotent produces by every way into a node, over the log that nodes run on. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, Code } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DisposalStack, FrameBuilder, type ProducerStamp, toBytes, writeProducerStamp } from "../../src/base/mod.ts";
import { Log as LogService, type ProduceRequestSchema, type ProduceResponse } from "../../src/gen/log/v1/log_pb.ts";
import { Log } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment } from "../log/log_kit.ts";
import { type FakePorts, fakePorts } from "./fakes.ts";
import { clientFor, expectFailure, type Protocol, serve } from "./serving.ts";

type Request = MessageInitShape<typeof ProduceRequestSchema>;
type Produce = (log: Client<typeof LogService>, request: Request) => Promise<ProduceResponse>;

const producer = "fedcba9876543210";
const producerId = 0xfedcba9876543210n;

async function* only<Item>(item: Item): AsyncGenerator<Item> {
  yield item;
}

async function byStream(log: Client<typeof LogService>, request: Request): Promise<ProduceResponse> {
  for await (const answer of log.produceStream(only(request))) return answer;
  throw new Error("the stream ended without an answer");
}

async function byMany(log: Client<typeof LogService>, request: Request): Promise<ProduceResponse> {
  for await (const { outcome } of log.produceMany(only({ id: 1n, produce: request }))) {
    if (outcome.case === "produced") return outcome.value;
    throw new Error(outcome.case === "failed" ? `${Code[outcome.value.code]}: ${outcome.value.message}` : "nothing");
  }
  throw new Error("the stream ended without an answer");
}

const ways: readonly (readonly [string, Protocol, boolean, Produce])[] = [
  ["Produce as JSON", "connect-json", true, (log, request) => log.produce(request)],
  ["Produce by a hot call", "connect-h2", true, (log, request) => log.produce(request)],
  ["Produce through Connect", "connect-h2", false, (log, request) => log.produce(request)],
  ["ProduceStream by a hot call", "connect-h2", true, byStream],
  ["ProduceStream through Connect", "grpc", false, byStream],
  ["ProduceMany by a hot call", "connect-h2", true, byMany],
  ["ProduceMany through Connect", "grpc", false, byMany],
];

async function openLog(stack: DisposalStack): Promise<Log> {
  return stack.use(await Log.open(new SimulatedDisk().mount(), {}, environment()));
}

function portsTo(log: Log): FakePorts {
  return { ...fakePorts(), log } as unknown as FakePorts;
}

function frameOf(value: string, stamp?: ProducerStamp): Uint8Array<ArrayBuffer> {
  const builder = new FrameBuilder();
  builder.add({ value }, 1);
  const frame = builder.finish();
  if (stamp !== undefined) writeProducerStamp(frame, stamp);
  return frame as Uint8Array<ArrayBuffer>;
}

for (const [way, protocol, hot, produce] of ways) {
  test(`${way}: the same again is answered with where it went, a lower epoch is fenced, sense is judged`, async () => {
    await using stack = new DisposalStack();
    const log = await openLog(stack);
    const topic = await log.openTopic("t");
    const serving = stack.use(await serve({ ports: portsTo(log), hot }));
    const client = clientFor(LogService, serving, protocol);
    const again = async (request: () => Request): Promise<void> => {
      const first = await produce(client, request());
      assert.is(first.duplicate, false);
      assert.equal(await produce(client, request()), { ...first, duplicate: true });
    };
    await again(() => ({ topic: "t", frame: frameOf("a", { producer, epoch: 1, sequence: 1 }) }));
    await again(() => ({
      ...{ topic: "t", producerId, producerEpoch: 1, producerSequence: 2n },
      frame: frameOf("b", { producer, epoch: 1, sequence: 2 }),
    }));
    const records = ["c", "d"].map((value) => ({ value: toBytes(value) }));
    await again(() => ({ topic: "t", records, producerId, producerEpoch: 1, producerSequence: 3n }));
    await again(() => ({ topic: "", record: { value: toBytes("e") }, producerId, producerSequence: 1n }));
    assert.is(topic.nextOffset, 4);
    const failing = async (fields: Request, code: keyof typeof Code, message: RegExp): Promise<void> => {
      const call = produce(client, { topic: "t", ...fields });
      if (produce !== byMany) return expectFailure(call, code, message);
      const said = await call.then(
        () => "nothing failed",
        (error: Error) => error.message,
      );
      assert.match(said, message);
      assert.ok(said.startsWith(code), said);
    };
    const record = { value: toBytes("x") };
    await failing(
      { record, producerId, producerSequence: 9n },
      "FailedPrecondition",
      /epoch 1 by now, the batch has 0/,
    );
    await failing({ records, producerId, producerEpoch: 1, producerSequence: 4n }, "InvalidArgument", /3 to 4|1 to 4/);
    await failing({ record, producerId, producerEpoch: 1, producerSequence: 4n }, "AlreadyExists", /are stored/);
    await failing({ record, producerEpoch: 1 }, "InvalidArgument", /need a producer_id/);
    await failing({ record, producerId }, "InvalidArgument", /producer_sequence is 0/);
    await failing({ record, producerId, producerSequence: 2n ** 53n }, "InvalidArgument", /producer_sequence is 9007/);
    const last = 2n ** 53n - 1n;
    await failing({ records, producerId, producerEpoch: 1, producerSequence: last }, "InvalidArgument", /above 2\^53/);
    const stamped = frameOf("x", { producer, epoch: 1, sequence: 7 });
    await failing(
      { frame: stamped, producerId, producerEpoch: 1, producerSequence: 8n },
      "InvalidArgument",
      /frame says/,
    );
    await failing({ frame: frameOf("x"), producerId, producerSequence: 8n }, "InvalidArgument", /says no producer/);
    const zero = frameOf("x", { producer, epoch: 1, sequence: 0 });
    await failing({ frame: zero }, "InvalidArgument", /count from 1/);
    const nobody = frameOf("x", { producer: "0000000000000000", epoch: 1, sequence: 1 });
    await failing({ frame: nobody }, "InvalidArgument", /no producer id/);
    assert.is(topic.nextOffset, 4);
  });
}

test("acks of several nodes for a duplicate wait for copies of the original", async () => {
  await using stack = new DisposalStack();
  const log = await openLog(stack);
  const ports = portsTo(log);
  const awaited: string[] = [];
  ports.replication.awaitCopies = async (topic, produced, { copies }) => {
    const { writer, sequence, count } = await produced;
    awaited.push(`${copies} of ${topic} ${writer} ${sequence}+${count}`);
    return undefined;
  };
  const serving = stack.use(await serve({ ports }));
  const client = clientFor(LogService, serving);
  const request: Request = { topic: "t", record: { value: toBytes("a") }, producerId, producerSequence: 1n };
  const first = await client.produce(request);
  const second = await client.produce({ ...request, acks: { replicated: 2 } });
  assert.equal(second, { ...first, duplicate: true });
  assert.equal(awaited, [`2 of t ${log.writer} 1+1`]);
});

test.run();
