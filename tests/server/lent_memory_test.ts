/** Memory that the log lends to a response comes back as soon as nobody looks at it, so that it is used again. */
import { create, toBinary } from "@bufbuild/protobuf";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FrameBuilder, HotLoopback } from "../../src/base/mod.ts";
import { connect } from "../../src/client/mod.ts";
import { ConsumeRequestSchema } from "../../src/gen/log/v1/log_pb.ts";
import { createHotMethods } from "../../src/server/mod.ts";
import { fakePorts, type MemoryTopic } from "./fakes.ts";
import { serve, until } from "./serving.ts";

/** Appends a record, and counts how often what is read of the topic comes back. */
function lend(topic: MemoryTopic, valueBytes: number): { readonly released: number } {
  const builder = new FrameBuilder();
  builder.add({ value: new Uint8Array(valueBytes) }, 1);
  topic.appendAs("00000000000000a1", builder.finish());
  const seen = { released: 0 };
  const read = topic.readShared.bind(topic);
  topic.readShared = async (...asked) => ({ ...(await read(...asked)), release: () => void seen.released++ });
  return seen;
}

const small = 10;
const large = 100_000;

// Deno's clients speak HTTP/1.1, where it is not told when a response has left.
if (!("Deno" in globalThis)) {
  for (const valueBytes of [small, large]) {
    test(`what a response of ${valueBytes} bytes was lent comes back when it was sent`, async () => {
      await using serving = await serve();
      const lent = lend(serving.ports.log.open("t"), valueBytes);
      await using client = connect(serving.url);
      await using consumer = client.consume("t");
      const { value } = await consumer.next();
      assert.is(value?.value.length, valueBytes);
      await until(() => lent.released === 1, "the memory is given back");
    });
  }
}

test("what a reader in the same process was lent comes back when it was copied", async () => {
  const ports = fakePorts();
  const lent = lend(ports.log.open("t"), large);
  const hot = new HotLoopback(createHotMethods(ports));
  let bytes = 0;
  const call = hot.open("/log.v1.Log/ConsumeStream", {
    message(message) {
      bytes = message.length;
      return true;
    },
    ended() {},
  });
  call.send(toBinary(ConsumeRequestSchema, create(ConsumeRequestSchema, { topic: "t", packed: true })));
  call.end();
  await until(() => bytes > large, "the record is there");
  assert.is(lent.released, 1);
  call.cancel();
});

test.run();
