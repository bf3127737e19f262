/** The RPCs over the log that nodes run on, and the way from one log through a peer's calls into another. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DisposalStack, FrameBuilder, toBytes, toText, writeProducerStamp } from "../../src/base/mod.ts";
import { connect } from "../../src/client/mod.ts";
import { LatestRecordSchema, Log as LogService } from "../../src/gen/log/v1/log_pb.ts";
import { fastCrc32 } from "../../src/io/checksum.ts";
import { systemClock } from "../../src/io/clock.ts";
import { openDirectory } from "../../src/io/disk.ts";
import { randomBytes } from "../../src/io/host.ts";
import { PeerRpc } from "../../src/io/peer_rpc.ts";
import { Log } from "../../src/log/mod.ts";
import { heartbeatMs } from "../../src/server/limits.ts";
import { foreignFrame } from "../log/log_kit.ts";
import { fakePorts } from "./fakes.ts";
import { clientFor, protocols, type Serving, serve, take } from "./serving.ts";

interface Node extends Serving {
  readonly log: Log;
}

async function openNode(stack: DisposalStack): Promise<Node> {
  const directory = await mkdtemp(path.join(tmpdir(), "grapevine-server-"));
  stack.defer(() => rm(directory, { recursive: true }));
  const log = stack.use(
    await Log.open(
      stack.use(await openDirectory(directory)),
      { checksum: fastCrc32 },
      {
        randomBytes,
        wallMs: systemClock.wallMs,
        after: (delayMs, callback) => systemClock.schedule(systemClock.nowMs() + delayMs, callback),
        soon: (callback) => void setImmediate(callback),
      },
    ),
  );
  const serving = stack.use(await serve({ ports: { ...fakePorts(), log } as unknown as ReturnType<typeof fakePorts> }));
  return { ...serving, log };
}

function records(name: string, count: number): { value: Uint8Array }[] {
  return Array.from({ length: count }, (_, index) => ({ value: toBytes(`${name}${index}`) }));
}

for (const protocol of protocols) {
  test(`produce, consume and tail by ${protocol} on the real log`, async () => {
    await using stack = new DisposalStack();
    const node = await openNode(stack);
    const log = clientFor(LogService, node, protocol);
    const tailing = take(5, (options) => log.consumeStream({ topic: "t" }, options));
    await log.produce({ topic: "t", records: records("a", 3) });
    const { token, writer } = await log.produce({ topic: "t", records: records("b", 2) });
    assert.is(writer, node.log.writer);
    const tailed = (await tailing).map((answer) => toText(answer.record?.value as Uint8Array));
    assert.equal(tailed, ["a0", "a1", "a2", "b0", "b1"]);
    const answer = await log.consume({ topic: "t", offset: 4n, afterToken: token });
    assert.is(toText(answer.record?.value as Uint8Array), "b1");
    const { topic } = await log.describeTopic({ topic: "t" });
    assert.is(topic?.nextOffset, 5n);
    assert.is(topic?.feeds[0]?.durable, 5n);
  });
}

test("what stands twice at the end is passed over at once by whoever reads to the end", async () => {
  await using stack = new DisposalStack();
  const [source, target] = [await openNode(stack), await openNode(stack)];
  const builder = new FrameBuilder();
  builder.add({ value: "once" }, 1_000);
  const frame = builder.finish();
  writeProducerStamp(frame, { producer: "00000000000000a1", epoch: 0, sequence: 1 });
  const topics = [await source.log.openTopic("t"), await target.log.openTopic("t")] as const;
  for (const topic of topics) await topic.produce(frame.slice());
  const { frames } = await topics[0].readMissing(topics[1].have, 1_000_000);
  await topics[1].apply(frames.slice());
  await using client = connect(target.url);
  const texts: string[] = [];
  const signal = AbortSignal.timeout(heartbeatMs / 2);
  for await (const record of client.consume("t", { follow: false, signal })) texts.push(record.text());
  assert.equal(texts, ["once"]);
  assert.not(signal.aborted, "it does not wait for a heartbeat");
  const tailed = await take(2, (options) =>
    clientFor(LogService, target, protocols[0]).consumeStream(
      { topic: "t", start: { case: "earliest", value: true } },
      options,
    ),
  );
  assert.equal(
    tailed.map(({ heartbeat, nextOffset }) => [heartbeat, nextOffset]),
    [
      [false, 1n],
      [true, 2n],
    ],
  );
});

test("thousands of single produces in flight are all answered, once each", async () => {
  await using stack = new DisposalStack();
  const node = await openNode(stack);
  const log = clientFor(LogService, node);
  const answers = await Promise.all(records("r", 500).map((record) => log.produce({ topic: "t", record })));
  assert.equal(
    answers.map(({ offset }) => Number(offset)).sort((left, right) => left - right),
    Array.from({ length: 500 }, (_, index) => index),
  );
});

test("frames pulled from a peer are appended, and a cursor goes on there", async () => {
  await using stack = new DisposalStack();
  const source = await openNode(stack);
  const target = await openNode(stack);
  const sourceClient = clientFor(LogService, source);
  for (let round = 0; round < 20; round++)
    await sourceClient.produce({ topic: "t", records: records(`s${round}.`, 50) });
  await clientFor(LogService, target).produce({ topic: "t", records: records("own", 10) });
  const cursor = (await take(500, (options) => sourceClient.consumeStream({ topic: "t" }, options))).at(-1)?.cursor;

  const peers = stack.use(new PeerRpc());
  const topic = await target.log.openTopic("t");
  const call = { address: `127.0.0.1:${source.server.port}`, node: "target", topic: "t", generation: topic.generation };
  let pulls = 0;
  while ((topic.have.get(source.log.writer) ?? 0) < 1_000) {
    pulls++;
    assert.ok(pulls < 100, "pulls bring nothing");
    for await (const { frames } of peers.pull(
      { ...call, have: topic.have, bytesMax: 10_000 },
      new AbortController().signal,
    )) {
      if (frames.length > 0) await topic.apply(frames.slice());
    }
  }
  assert.ok(pulls > 1);
  const targetClient = clientFor(LogService, target);
  const request = { topic: "t", start: { case: "cursor" as const, value: cursor as Uint8Array } };
  const rest = await take(510, (options) => targetClient.consumeStream(request, options));
  const values = rest.map((answer) => toText(answer.record?.value as Uint8Array));
  assert.is(values[0], "own0");
  assert.is(values[10], "s10.0");
  assert.is(values.at(-1), "s19.49");
});

test("a record is taken only if the latest with its key is the expected one; else its caller hears which is", async () => {
  await using stack = new DisposalStack();
  const node = await openNode(stack);
  const log = clientFor(LogService, node, "connect");
  const record = { key: toBytes("account"), value: toBytes("10") };
  const none = { writer: "", sequence: 0n };
  const { writer, firstSequence } = await log.produce({ topic: "t", record, expectedSequence: none });
  const refused = await errorOf(log.produce({ topic: "t", record, expectedSequence: none }));
  assert.is(refused.code, Code.FailedPrecondition);
  const [latest] = refused.findDetails(LatestRecordSchema);
  assert.is(latest?.writer, writer);
  assert.is(latest?.sequence, firstSequence);
  await log.produce({ topic: "t", record, expectedSequence: { writer, sequence: firstSequence } });
  for (const wrong of [
    { writer: "", sequence: 1n },
    { writer, sequence: 0n },
    { writer: "me", sequence: 1n },
  ]) {
    const { code, message } = await errorOf(log.produce({ topic: "t", record, expectedSequence: wrong }));
    assert.is(code, Code.InvalidArgument);
    assert.match(message, `expected_sequence is ${wrong.sequence} of writer "${wrong.writer}"`);
  }
});

test("describing a topic says which feeds are stopped, and why", async () => {
  await using stack = new DisposalStack();
  const node = await openNode(stack);
  const topic = await node.log.openTopic("t");
  const [forked, sound] = ["00000000000000aa", "00000000000000bb"];
  const held = foreignFrame(forked, 1, ["held"]);
  const other = foreignFrame(forked, 2, ["goes on elsewhere"], foreignFrame(forked, 1, ["other"]).chain);
  for (const { frame } of [held, other, foreignFrame(sound, 1, ["sound"])]) await topic.apply(frame);
  const described = (await clientFor(LogService, node, "connect").describeTopic({ topic: "t" })).topic;
  const reason = "the hash of the batch at sequence 2 does not continue what is held";
  assert.equal(
    described?.feeds.map(({ writer, have, stopped }) => [writer, have, stopped]),
    [
      [forked, 1n, reason],
      [sound, 1n, ""],
    ],
  );
});

async function errorOf(promise: Promise<unknown>): Promise<ConnectError> {
  return promise.then(
    () => assert.unreachable() as never,
    (error: unknown) => ConnectError.from(error),
  );
}

test.run();
