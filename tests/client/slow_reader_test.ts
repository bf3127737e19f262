// runtimes: node, bun (Deno's client reads by HTTP/1.1, where nothing but the sockets' buffers is between the two)
/** A consumer slower than its server: what the server has sent ahead stays within the connection's windows. */
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { create } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ChainHash, chainStart, encodeCursor, FrameBuilder, placeFrame, stampBatch } from "../../src/base/mod.ts";
import { connect } from "../../src/client/mod.ts";
import { type ConsumeResponse, ConsumeResponseSchema, Log } from "../../src/gen/log/v1/log_pb.ts";

const writer = "00112233445566ff";
const valueBytes = 65_536;
/** Twice what all buffers between the two hold: windows of a stream and its connection, of sockets, and of the runtimes. */
const aheadBytesMax = 48 * 1_048_576;
const value = new Uint8Array(valueBytes);

function responseAt(sequence: number, previousChain: ChainHash): { response: ConsumeResponse; chain: ChainHash } {
  const builder = new FrameBuilder();
  builder.add({ value }, 1_000);
  const frame = builder.finish() as Uint8Array<ArrayBuffer>;
  const chain = stampBatch(frame, { writer, baseSequence: sequence, lamport: 1, generation: 1, previousChain });
  placeFrame(frame, { baseOffset: sequence - 1, durableBefore: 0 });
  const vector = new Map([[writer, sequence]]);
  const cursor = encodeCursor({ topic: "t", generation: 1, vector }) as Uint8Array<ArrayBuffer>;
  const response = create(ConsumeResponseSchema, { frames: frame, cursor, nextOffset: BigInt(sequence) });
  return { response, chain };
}

test("a server that pushes is held up by a consumer that does not read, and goes on when it does", async () => {
  let sent = 0;
  const routes = (router: ConnectRouter): void => {
    router.service(Log, {
      async *consumeStream(_, { signal }) {
        let chain = chainStart;
        while (!signal.aborted) {
          const next = responseAt(++sent, chain);
          chain = next.chain;
          yield next.response;
        }
      },
    });
  };
  const handler = connectNodeAdapter({ routes });
  const server = http2.createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const consumer = client.consume("t");
  await consumer.next();
  let before = -1;
  while (before !== sent) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.ok(sent * valueBytes < aheadBytesMax, `${sent} records were sent ahead of one that was read`);
  }
  const read = sent + 50;
  for (let count = 1; count < read; count++) await consumer.next();
  assert.ok(sent >= read);
  assert.ok((sent - read) * valueBytes < aheadBytesMax);
  await consumer.return();
  client.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

test.run();
