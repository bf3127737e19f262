import http from "node:http";
import type { AddressInfo } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FrameBuilder, scanFrame } from "../../src/base/mod.ts";
import { type PeerMessage, PeerRpc } from "../../src/io/peer_rpc.ts";
import { serve, until } from "./serving.ts";

const us = { node: "beta", writer: "00000000000000b2" };
const never = new AbortController().signal;

function frameOf(bytes: number): Uint8Array {
  const builder = new FrameBuilder();
  builder.add({ value: new Uint8Array(bytes) }, 1_700_000_000_000);
  return builder.finish();
}

test("PeerRpc.watch() gives the hello, then the notices as vectors and the hash of our feed where it is known", async () => {
  await using serving = await serve();
  serving.ports.replication.messages = [
    { type: "heartbeat" },
    {
      type: "notice",
      topic: "t",
      generation: 4,
      durable: new Map([["ffffffffffffffff", 2 ** 40]]),
      lowWater: new Map([["ffffffffffffffff", 3]]),
      awaited: true,
    },
    {
      ...{ type: "notice", topic: "u", generation: 1, durable: new Map([[us.writer, 7]]), lowWater: new Map() },
      ...{ callerChain: { high: 0xfedcba98, low: 0x80000001 }, awaited: false },
    },
    {
      ...{ type: "notice", topic: "v", generation: 1, durable: new Map([[us.writer, 7]]), lowWater: new Map() },
      ...{ callerChain: { high: 0, low: 0 }, awaited: false },
    },
    { type: "confirmation", topic: "t", generation: 4, synced: new Map([["ffffffffffffffff", 2 ** 40]]) },
    {
      ...{ type: "confirmation", topic: "v", generation: 1, synced: new Map([[us.writer, 7]]) },
      callerChain: { high: 0xfedcba98, low: 0x80000001 },
    },
  ];
  await using peers = new PeerRpc();
  const seen: PeerMessage[] = [];
  const abort = new AbortController();
  for await (const message of peers.watch({ address: `127.0.0.1:${serving.server.port}`, ...us }, abort.signal)) {
    seen.push(message);
    if (seen.length === 7) break;
  }
  assert.equal(seen[0], { type: "hello", node: "alpha", writer: "00000000000000a1", version: 1 });
  assert.equal(seen.slice(1), serving.ports.replication.messages);
  assert.equal(serving.ports.replication.watchers, [us]);
});

test("PeerRpc.pull() brings what the vector lacks, in responses of 256 KiB, within the credit", async () => {
  await using serving = await serve();
  const topic = serving.ports.log.open("t");
  for (let count = 0; count < 20; count++) topic.appendAs("00000000000000c3", frameOf(100_000));
  await using peers = new PeerRpc();
  const call = { address: `127.0.0.1:${serving.server.port}`, node: "beta", topic: "t", generation: 0 };
  let bytes = 0;
  const firsts: number[] = [];
  for await (const pulled of peers.pull(
    { ...call, have: new Map([["00000000000000c3", 5]]), bytesMax: 600_000 },
    never,
  )) {
    assert.ok(pulled.frames.length <= 262_144);
    bytes += pulled.frames.length;
    const scan = scanFrame(pulled.frames, 0);
    if (scan.type === "frame") firsts.push(scan.header.baseSequence);
  }
  assert.equal(firsts, [6, 8, 10]);
  assert.ok(bytes <= 600_000 + 110_000, `${bytes} bytes`);
});

test("PeerRpc.pull() fails with the code of the peer's answer", async () => {
  await using serving = await serve();
  serving.ports.log.open("t");
  await using peers = new PeerRpc();
  const call = { address: `127.0.0.1:${serving.server.port}`, node: "beta", have: new Map(), bytesMax: 1 };
  const codeOf = async (topic: string, generation: number) => {
    try {
      for await (const _pulled of peers.pull({ ...call, topic, generation }, never));
    } catch (error) {
      return Code[ConnectError.from(error).code];
    }
    return "none";
  };
  assert.is(await codeOf("nowhere", 0), "NotFound");
  assert.is(await codeOf("t", 9), "FailedPrecondition");
  assert.is(await codeOf("t", 0), "none");
});

test("an aborted watch ends here and at the peer", async () => {
  await using serving = await serve();
  await using peers = new PeerRpc();
  const abort = new AbortController();
  const watching = peers.watch({ address: `127.0.0.1:${serving.server.port}`, ...us }, abort.signal);
  assert.is((await watching.next()).value?.type, "hello");
  const next = watching.next().then(
    () => "resolved",
    () => "rejected",
  );
  abort.abort();
  assert.is(await next, "rejected");
});

test("a dropped peer's calls end, and the next call dials again", async () => {
  await using serving = await serve();
  await using peers = new PeerRpc();
  const address = `127.0.0.1:${serving.server.port}`;
  const watching = peers.watch({ address, ...us }, never);
  await watching.next();
  const ended = watching.next().then(
    () => "resolved",
    () => "rejected",
  );
  peers.drop(address);
  assert.is(await ended, "rejected");
  const again = peers.watch({ address, ...us }, never);
  assert.is((await again.next()).value?.type, "hello");
  await again.return(undefined);
});

test("peers that are down, or are no peers, fail the call and nothing else", async () => {
  const stranger = http.createServer((_request, response) => response.end("hello"));
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  const port = (stranger.address() as AddressInfo).port;
  await using peers = new PeerRpc();
  let failures = 0;
  for (const address of [`127.0.0.1:${port}`, `127.0.0.1:${port}`, "127.0.0.1:1"]) {
    try {
      for await (const _message of peers.watch({ address, ...us }, AbortSignal.timeout(3_000)));
    } catch {
      failures++;
    }
  }
  assert.is(failures, 3);
  peers.close();
  stranger.closeAllConnections();
  await new Promise((resolve) => stranger.close(resolve));
});

test("peers beyond the bound push out the idle one that was used longest ago", async () => {
  await using one = await serve();
  await using two = await serve();
  await using three = await serve();
  await using peers = new PeerRpc({ peersMax: 2 });
  const first = peers.watch({ address: `127.0.0.1:${one.server.port}`, ...us }, never);
  await first.next();
  for (const serving of [two, three]) {
    const watching = peers.watch({ address: `127.0.0.1:${serving.server.port}`, ...us }, never);
    await watching.next();
    await watching.return(undefined);
  }
  await until(() => two.server.connectionCount === 0, "the connection to the idle peer is closed");
  assert.ok(one.server.connectionCount > 0);
  await first.return(undefined);
});

test.run();
