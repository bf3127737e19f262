import { once } from "node:events";
import net from "node:net";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FrameBuilder, toBytes } from "../../src/base/mod.ts";
import { FollowRequestSchema, Page, type SubscriptionSchema } from "../../src/gen/grapevine/v1/page_pb.ts";
import type { MemoryTopic } from "./fakes.ts";
import { clientFor, expectFailure, protocols, serve, until } from "./serving.ts";

function append(topic: MemoryTopic, value: Uint8Array): void {
  const builder = new FrameBuilder();
  builder.add({ value }, 1);
  topic.appendAs("00000000000000a1", builder.finish());
}

function consume(id: number, topic: string): MessageInitShape<typeof SubscriptionSchema> {
  const value = { topic, packed: true, start: { case: "earliest", value: true } } as const;
  return { id, asks: { case: "consume", value } };
}

for (const protocol of protocols) {
  for (const hot of [true, false]) {
    test(`subscriptions are answered by their ids, and one that fails ends alone (${protocol}, hot = ${hot})`, async () => {
      await using serving = await serve({ hot });
      append(serving.ports.log.open("a"), toBytes("1"));
      append(serving.ports.log.open("b"), toBytes("22"));
      const page = clientFor(Page, serving, protocol);
      const leaving = new AbortController();
      const nameless = consume(7, "no such name");
      const subscriptions = [
        consume(1, "a"),
        consume(4, "b"),
        nameless,
        { id: 9, asks: { case: "members", value: {} } } as const,
      ];
      const bytes = new Map<number, number>();
      let end: unknown;
      let firstId: number | undefined;
      let membersKnown = false;
      for await (const { id, answer } of page.follow({ subscriptions }, { signal: leaving.signal })) {
        firstId ??= id;
        if (answer.case === "consume") bytes.set(id, (bytes.get(id) ?? 0) + answer.value.frames.length);
        if (answer.case === "end") end = [id, answer.value.code];
        membersKnown ||= answer.case === "members" && answer.value.heartbeat;
        if (membersKnown && end !== undefined && (bytes.get(1) ?? 0) > 0 && (bytes.get(4) ?? 0) > 0) break;
      }
      leaving.abort();
      assert.is(firstId, 0);
      assert.equal(end, [7, Code.InvalidArgument]);
      assert.is((bytes.get(4) ?? 0) - (bytes.get(1) ?? 0), 1);
      await until(() => serving.ports.log.listening === 0, "what was listened to is left");
    });
  }
}

test("requests without sense are refused", async () => {
  await using serving = await serve();
  const page = clientFor(Page, serving, "connect");
  const ask = async (subscriptions: MessageInitShape<typeof SubscriptionSchema>[]): Promise<void> => {
    for await (const _ of page.follow({ subscriptions }));
  };
  await expectFailure(ask([]), "InvalidArgument", /allowed are 1 to 256/);
  await expectFailure(ask([consume(0, "a")]), "InvalidArgument", /id 0/);
  await expectFailure(ask([consume(3, "a"), consume(3, "b")]), "InvalidArgument", /id 3/);
  const many = Array.from({ length: 257 }, (_, index) => consume(index + 1, "a"));
  await expectFailure(ask(many), "InvalidArgument", /257/);
});

test("a page that never reads has the node read a bounded part of the log", async () => {
  await using serving = await serve();
  const topic = serving.ports.log.open("big");
  for (let count = 0; count < 400; count++) append(topic, new Uint8Array(200_000));
  const request = toBinary(FollowRequestSchema, create(FollowRequestSchema, { subscriptions: [consume(1, "big")] }));
  const socket = net.connect(serving.server.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.pause();
  const envelope = Buffer.alloc(5);
  envelope.writeUInt32BE(request.length, 1);
  socket.write(
    "POST /grapevine.v1.Page/Follow HTTP/1.1\r\nhost: x\r\ncontent-type: application/connect+proto\r\n" +
      `connect-protocol-version: 1\r\ncontent-length: ${5 + request.length}\r\n\r\n`,
  );
  socket.write(envelope);
  socket.write(request);
  let before = -1;
  for (let quietRounds = 0; quietRounds < 8; quietRounds++) {
    if (topic.bytesRead !== before || before === 0) quietRounds = 0;
    before = topic.bytesRead;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.ok(before > 0 && before < 40_000_000, `${before} bytes were read`);
  socket.destroy();
  await until(() => serving.ports.log.listening === 0, "what was listened to is left");
});

test.run();
