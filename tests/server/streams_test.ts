import { once } from "node:events";
import net, { type Socket } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FrameBuilder, toBytes } from "../../src/base/mod.ts";
import { connect } from "../../src/client/mod.ts";
import { Cluster } from "../../src/gen/grapevine/v1/cluster_pb.ts";
import { Replication } from "../../src/gen/grapevine/v1/replication_pb.ts";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { ConsumeRequestSchema, Log } from "../../src/gen/log/v1/log_pb.ts";
import type { MemoryTopic } from "./fakes.ts";
import { clientFor, expectFailure, type Protocol, protocols, type Serving, serve, take, until } from "./serving.ts";

/** Fills a topic with so many batches of 250 KB. */
function fill(topic: MemoryTopic, batches: number): void {
  for (let count = 0; count < batches; count++) {
    const builder = new FrameBuilder();
    builder.add({ value: new Uint8Array(250_000) }, 1);
    topic.appendAs("00000000000000a1", builder.finish());
  }
}

/** What a slow reader may have the server read ahead: buffers of sockets and windows, not the log. */
const readAheadBytesMax = 40_000_000;

/** A client that asks for a stream by HTTP/1.1 and never reads. */
async function deafReader(serving: Serving, request: Uint8Array): Promise<Socket> {
  const socket = net.connect(serving.server.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.pause();
  const envelope = Buffer.alloc(5);
  envelope.writeUInt32BE(request.length, 1);
  socket.write(
    "POST /log.v1.Log/ConsumeStream HTTP/1.1\r\nhost: x\r\ncontent-type: application/connect+proto\r\n" +
      `connect-protocol-version: 1\r\ncontent-length: ${5 + request.length}\r\n\r\n`,
  );
  socket.write(envelope);
  socket.write(request);
  return socket;
}

/** Resolves once the server has stopped reading for a while; says how much it read. */
async function settledBytesRead(topic: MemoryTopic): Promise<number> {
  let before = -1;
  for (let quietRounds = 0; quietRounds < 8; quietRounds++) {
    if (topic.bytesRead !== before || before === 0) quietRounds = 0;
    before = topic.bytesRead;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return before;
}

for (const packed of [true, false]) {
  test(`a reader that never reads holds bounded memory, and all is released when it goes (packed = ${packed})`, async () => {
    await using serving = await serve();
    const topic = serving.ports.log.open("t");
    fill(topic, 400);
    const request = toBinary(ConsumeRequestSchema, create(ConsumeRequestSchema, { topic: "t", packed }));
    const socket = await deafReader(serving, request);
    const bytesRead = await settledBytesRead(topic);
    assert.ok(bytesRead < readAheadBytesMax, `${bytesRead} bytes of ${topic.bytes}`);
    assert.is(serving.ports.log.listening, 1);
    socket.destroy();
    await until(() => serving.ports.log.listening === 0, "the stream let go of the log");
    await until(() => serving.server.connectionCount === 0, "the connection is gone");
  });
}

const streamingProtocols: readonly Protocol[] = protocols.filter((protocol) => protocol !== "connect-json");

for (const protocol of streamingProtocols) {
  test(`a consumer by ${protocol} that takes one message at a time is not overrun`, async () => {
    await using serving = await serve();
    const topic = serving.ports.log.open("t");
    fill(topic, 400);
    const log = clientFor(Log, serving, protocol);
    const abort = new AbortController();
    const stream = log.consumeStream({ topic: "t", packed: true }, { signal: abort.signal })[Symbol.asyncIterator]();
    await stream.next();
    const bytesRead = await settledBytesRead(topic);
    assert.ok(bytesRead < readAheadBytesMax, `${bytesRead} bytes of ${topic.bytes}`);
    const rest = stream.next().catch(() => {});
    abort.abort();
    await rest;
    await until(() => serving.ports.log.listening === 0, "the stream let go of the log");
  });

  test(`an abort by ${protocol} ends a waiting stream within a second`, async () => {
    await using serving = await serve();
    const log = clientFor(Log, serving, protocol);
    await log.produce({ topic: "t", record: { value: toBytes("a") } });
    for (let round = 0; round < 5; round++) {
      const abort = new AbortController();
      const consuming = take(9, () => log.consumeStream({ topic: "t" }, { signal: abort.signal })).catch(() => {});
      await until(() => serving.ports.log.listening === 1, "the stream waits");
      const before = performance.now();
      abort.abort();
      await consuming;
      await until(() => serving.ports.log.listening === 0, "the stream ended");
      assert.ok(performance.now() - before < 1_000);
    }
  });

  test(`a deadline by ${protocol} ends a waiting stream with DeadlineExceeded`, async () => {
    await using serving = await serve();
    const log = clientFor(Log, serving, protocol);
    await log.produce({ topic: "t", record: { value: toBytes("a") } });
    const consuming = take(9, () => log.consumeStream({ topic: "t" }, { timeoutMs: 150 }));
    await expectFailure(consuming, "DeadlineExceeded", /./);
    await until(() => serving.ports.log.listening === 0, "the stream ended");
  });
}

test("a consumer of our client that stalls holds bounded memory, and reads on where it stopped", async () => {
  await using serving = await serve();
  const topic = serving.ports.log.open("t");
  fill(topic, 400);
  await using client = connect(serving.url);
  const records = client.consume("t");
  await records.next();
  const bytesRead = await settledBytesRead(topic);
  assert.ok(bytesRead < readAheadBytesMax, `${bytesRead} bytes of ${topic.bytes}`);
  for (let read = 1; read < 400; read++) assert.is((await records.next()).value?.offset, read);
  await records.return();
  await until(() => serving.ports.log.listening === 0, "the stream let go of the log");
});

test("a connection that breaks ends its stream", async () => {
  await using serving = await serve();
  await clientFor(Log, serving).produce({ topic: "t", record: {} });
  const request = toBinary(ConsumeRequestSchema, create(ConsumeRequestSchema, { topic: "t" }));
  const socket = await deafReader(serving, request);
  await until(() => serving.ports.log.listening === 1, "the stream waits");
  socket.resetAndDestroy?.();
  socket.destroy();
  await until(() => serving.ports.log.listening === 0, "the stream ended");
});

/** How a stream ends: the code of its error. */
async function endOf(stream: AsyncIterable<unknown>): Promise<string> {
  try {
    for await (const _message of stream);
    return "no error";
  } catch (error) {
    return Code[ConnectError.from(error).code] as string;
  }
}

for (const protocol of streamingProtocols) {
  test(`a server that closes ends all streams by ${protocol} with Unavailable, within a second`, async () => {
    const serving = await serve();
    serving.ports.cluster.list = [];
    await clientFor(Log, serving, protocol).produce({ topic: "t", record: {} });
    const ends = Promise.all([
      endOf(clientFor(Log, serving, protocol).consumeStream({ topic: "t" })),
      endOf(clientFor(Log, serving, protocol).consumeStream({ topic: "not there yet" })).catch(() => "refused"),
      endOf(clientFor(Cluster, serving, protocol).watchMembers({})),
      endOf(clientFor(Health, serving, protocol).watch({})),
      endOf(clientFor(Replication, serving, protocol).watch({ node: "n" })),
    ]);
    await until(() => serving.ports.log.listening === 1, "the stream waits");
    await until(() => serving.ports.replication.watchers.length === 1, "the peer watches");
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = performance.now();
    await serving.server.close(2_000);
    const tookMs = performance.now() - before;
    assert.equal(await ends, ["Unavailable", "InvalidArgument", "Unavailable", "Unavailable", "Unavailable"]);
    assert.ok(tookMs < 1_000, `${tookMs} ms`);
    assert.is(serving.ports.log.listening, 0);
  });
}

test("a signal given to the server ends its streams likewise", async () => {
  const shutdown = new AbortController();
  await using serving = await serve({ shutdownSignal: shutdown.signal });
  await clientFor(Log, serving).produce({ topic: "t", record: {} });
  const end = endOf(clientFor(Log, serving).consumeStream({ topic: "t" }));
  await until(() => serving.ports.log.listening === 1, "the stream waits");
  shutdown.abort();
  assert.is(await end, "Unavailable");
});

test.run();
