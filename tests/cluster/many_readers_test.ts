// runtimes: bun (a thousand connections load the machine, and the listener is the same code on all runtimes)
// timeout: 120
/** A node with a thousand connections, each of which follows a topic. */
import http2, { type ClientHttp2Session } from "node:http2";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connect } from "../../src/client/mod.ts";
import { ownHost } from "../own_host.ts";
import { eventually, NodeProcesses } from "./processes.ts";
import { consumeByHttp1, consumeStreamBody, metric } from "./stalled_readers.ts";

const connectionsOfEach = 500;
/** Memory that a connection and the stream on it may cost a node. Measured: 40 KB. */
const bytesPerConnectionMax = 150_000;
const path = "/log.v1.Log/ConsumeStream";
const waitMs = 30_000;

/** A connection with one stream, and what came on it. */
interface Reader {
  bytes: number;
  close(): void;
}

function readByHttp2(port: number, topic: string): Reader {
  const session: ClientHttp2Session = http2.connect(`http://${ownHost}:${port}`);
  session.on("error", () => {});
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/connect+proto" });
  const reader = { bytes: 0, close: () => session.destroy() };
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    reader.bytes += chunk.length;
  });
  stream.end(consumeStreamBody(topic));
  return reader;
}

function readByHttp1(port: number, topic: string): Reader {
  const socket = consumeByHttp1(port, topic);
  const reader = { bytes: 0, close: () => void socket.destroy() };
  socket.on("data", (chunk) => {
    reader.bytes += chunk.length;
  });
  return reader;
}

test("a thousand connections that each follow a topic get every record, for little memory each", async () => {
  await using nodes = await NodeProcesses.create();
  const node = await nodes.start("alpha");
  const port = Number(new URL(node.rpcUrl).port);
  await using client = connect(node.rpcUrl);
  await client.produce("t", { value: "first" });
  const before = await metric(node.rpcUrl, "process_resident_memory_bytes");
  const readers: Reader[] = [];
  for (let index = 0; index < connectionsOfEach; index++) {
    readers.push(readByHttp2(port, "t"), readByHttp1(port, "t"));
    // Not all at once: the queue of connections that wait to be accepted is the kernel's.
    if (index % 50 === 49)
      await eventually("they are connected", waitMs, () => readers.every(({ bytes }) => bytes > 0));
  }
  const heldBytes = (await metric(node.rpcUrl, "process_resident_memory_bytes")) - before;
  assert.ok((await metric(node.rpcUrl, "grapevine_rpc_connections_open")) >= 2 * connectionsOfEach);
  const bytesEach = Math.round(heldBytes / readers.length);
  console.log(`${bytesEach} bytes of memory for each of ${readers.length} connections`);
  assert.ok(bytesEach < bytesPerConnectionMax, `${bytesEach} bytes`);
  const bytesBefore = readers.map(({ bytes }) => bytes);
  await client.produce("t", { value: "x".repeat(1_000) });
  await eventually("all have the second record", waitMs, () =>
    readers.every(({ bytes }, index) => bytes > (bytesBefore[index] as number) + 1_000),
  );
  for (const reader of readers) reader.close();
  await eventually(
    "the connections are gone",
    waitMs,
    async () => (await metric(node.rpcUrl, "grapevine_rpc_connections_open")) < 10,
  );
  await client.produce("t", { value: "last" });
  assert.is(await node.end("SIGTERM"), 0);
});

test.run();
