// timeout: 120
/** Compressed batches through real nodes: one takes them, another gets them by replication, and both give them. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../src/agent/mod.ts";
import { frameHeaderBytes, scanFrame } from "../../src/base/mod.ts";
import { connect as connectWeb } from "../../src/client/browser.ts";
import { connect } from "../../src/client/mod.ts";
import { Log } from "../../src/gen/log/v1/log_pb.ts";
import { nodeCodecs } from "../../src/io/codecs.ts";
import { ownAddress } from "../own_host.ts";

let directory: string;
let alder: Agent;
let birch: Agent;
test.before(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-compression-"));
  alder = await startAgent("alder", []);
  birch = await startAgent("birch", [alder.gossipAddress]);
});
test.after(async () => {
  await birch[Symbol.asyncDispose]();
  await alder[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

function startAgent(nodeName: string, join: readonly string[]): Promise<Agent> {
  const dataDir = path.join(directory, nodeName);
  return Agent.start({ nodeName, dataDir, bind: ownAddress, rpcAddr: ownAddress, profile: "local", join });
}

const long = "over and over ".repeat(20);

/** The batches of a topic as a node gives them, without the header that is the node's own. */
async function batchesAt(agent: Agent, topic: string): Promise<{ compression: string; bytes: string }[]> {
  const transport = createConnectTransport({ baseUrl: `http://${agent.rpcAddress}`, httpVersion: "1.1" });
  const { frames } = await createClient(Log, transport).consume({ topic, packed: true });
  const batches = [];
  for (let at = 0; at < frames.length; ) {
    const scan = scanFrame(frames, at);
    if (scan.type !== "frame") throw new Error(scan.type);
    const end = at + scan.header.frameBytes;
    const bytes = Buffer.from(frames.subarray(at + frameHeaderBytes, end)).toString("hex");
    batches.push({ compression: scan.header.compression, bytes });
    at = end;
  }
  return batches;
}

test("batches of every codec and plain ones reach the other node byte for byte, and read the same there", async () => {
  await using client = connect(`http://${alder.rpcAddress}`);
  const sent: string[] = [];
  for (const compression of [...nodeCodecs.names, "none" as const, "gzip" as const]) {
    await using producer = client.producer("mixed", { compression });
    const values = Array.from({ length: 50 }, (_, index) => `${compression} ${index} ${long}`);
    await Promise.all(values.map((value) => producer.send({ value })));
    sent.push(...values);
  }
  const { token } = await client.produce("mixed", { value: "last" });
  sent.push("last");
  const there = await batchesAt(alder, "mixed");
  await using other = connect(`http://${birch.rpcAddress}`);
  const waiting = other.consume("mixed", { after: token });
  await waiting.next();
  await waiting.return();
  assert.equal(await batchesAt(birch, "mixed"), there);
  assert.equal(new Set(there.map(({ compression }) => compression)), new Set(["none", ...nodeCodecs.names]));
  for (const reader of [other, client]) {
    const read: string[] = [];
    for await (const record of reader.consume("mixed", { follow: false })) read.push(record.text());
    assert.equal(read, sent);
  }
});

test("the process that a node runs in reads every codec of its runtime", async () => {
  await using client = connect(`http://${alder.rpcAddress}`);
  const read: string[] = [];
  for (const compression of nodeCodecs.names)
    await client.produce("own", { value: compression + long }, { compression });
  for await (const record of alder.topic("own").consume({ follow: false })) read.push(record.text());
  assert.equal(
    read,
    nodeCodecs.names.map((codec) => codec + long),
  );
});

test("the client for browsers writes and reads gzip, and names what it cannot read", async () => {
  await using web = connectWeb(`http://${alder.rpcAddress}`);
  await web.produce("web", { value: long }, { compression: "gzip" });
  assert.equal(
    (await batchesAt(alder, "web")).map(({ compression }) => compression),
    ["gzip"],
  );
  await using client = connect(`http://${alder.rpcAddress}`);
  await client.produce("web", { value: long }, { compression: "brotli" });
  const read: string[] = [];
  try {
    for await (const record of web.consume("web", { follow: false })) read.push(record.text());
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, "compressed with brotli, this runtime has gzip");
  }
  assert.equal(read, [long]);
});

test.run();
