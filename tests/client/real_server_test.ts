import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createConnectTransport } from "@connectrpc/connect-node";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../src/agent/mod.ts";
import { messageBytesMax } from "../../src/base/mod.ts";
import { connect as connectWeb } from "../../src/client/browser.ts";
import { connect, type LogClient } from "../../src/client/mod.ts";
import { ownAddress } from "../own_host.ts";
import type { ClientError } from "./records.ts";

let directory: string;
let agent: Agent;
test.before(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-client-"));
  agent = await startAgent("alder");
});
test.after(async () => {
  await agent[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

function startAgent(nodeName: string): Promise<Agent> {
  const dataDir = path.join(directory, nodeName);
  return Agent.start({ nodeName, dataDir, bind: ownAddress, rpcAddr: ownAddress, profile: "local" });
}

/** Every way that clients come: the runtime's default, HTTP/1.1, and `fetch` as browsers use it. */
const ways: Readonly<Record<string, (url: string) => LogClient>> = {
  "the runtime's own transport": (url) => connect(url),
  "HTTP/1.1": (url) =>
    connect(url, {
      openTransport: (baseUrl) => ({
        transport: createConnectTransport({ baseUrl, httpVersion: "1.1", readMaxBytes: messageBytesMax }),
        bidirectional: false,
        close() {},
      }),
    }),
  fetch: (url) => connectWeb(url),
};

for (const [way, open] of Object.entries(ways)) {
  const topic = `over-${way.replaceAll(/[^A-Za-z0-9]/g, "-")}`;

  test(`what a producer sends over ${way} is consumed in order, from any cursor on`, async () => {
    await using client = open(`http://${agent.rpcAddress}`);
    const texts = Array.from({ length: 3_000 }, (_, index) => `${index} ${"x".repeat(index % 500)}`);
    {
      await using producer = client.producer(topic, { batchBytesMax: 20_000 });
      const acks = await Promise.all(texts.map((value) => producer.send({ value })));
      assert.equal(
        acks.map(({ offset }) => offset),
        texts.map((_, index) => index),
      );
    }
    const read: string[] = [];
    const consumer = client.consume(topic, { follow: false });
    for await (const record of consumer) {
      read.push(record.text());
      if (record.offset === 1_234) break;
    }
    const cursor = consumer.cursor as string;
    for await (const record of client.consume(topic, { from: cursor, follow: false })) read.push(record.text());
    assert.equal(read, texts);
  });

  test(`a consumer over ${way} that waits gets what comes, and leaving it ends the wait`, async () => {
    await using client = open(`http://${agent.rpcAddress}`);
    const ack = await client.produce(`${topic}-tail`, { value: "first" });
    const controller = new AbortController();
    const consumer = client.consume(`${topic}-tail`, { after: ack.token, signal: controller.signal });
    assert.is((await consumer.next()).value.text(), "first");
    const next = consumer.next();
    await client.produce(`${topic}-tail`, { value: "second" });
    assert.is((await next).value.text(), "second");
    const waiting = consumer.next();
    controller.abort();
    assert.is((await waiting).done, true);
  });

  test(`errors over ${way} carry the server's code and words`, async () => {
    await using client = open(`http://${agent.rpcAddress}`);
    for (const [call, code] of [
      [() => client.produce("no/good", { value: "x" }), "INVALID_ARGUMENT"],
      [() => client.producer("no/good").send({ value: "x" }), "INVALID_ARGUMENT"],
      [() => client.consume("no/good").next(), "INVALID_ARGUMENT"],
      [() => client.describeTopic("nowhere"), "NOT_FOUND"],
    ] as const) {
      try {
        await call();
        assert.unreachable();
      } catch (error) {
        assert.is((error as ClientError).code, code, (error as Error).message);
        assert.match((error as Error).message, /^Cannot /);
      }
    }
  });

  test(`a server that stops under a producer and a consumer over ${way} is UNAVAILABLE to both`, async () => {
    const stopping = await startAgent(`stopping-${topic}`);
    await using client = open(`http://${stopping.rpcAddress}`);
    const producer = client.producer("t", { deliveryTimeoutMs: 800 });
    await producer.send({ value: "x" });
    const consumer = client.consume("t", { failoverMs: 200 });
    await consumer.next();
    const waiting = consumer.next().then(
      () => "a record",
      (error: ClientError) => error.code,
    );
    await stopping[Symbol.asyncDispose]();
    assert.is(await waiting, "UNAVAILABLE");
    const failure = await producer.send({ value: "y" }).then(
      () => undefined,
      (error: ClientError) => error,
    );
    assert.is(failure?.code, "UNAVAILABLE", failure?.message);
    await producer[Symbol.asyncDispose]();
  });
}

test("members, topics and servers are as the node sees them", async () => {
  await using client = connect(`http://${agent.rpcAddress}`);
  await client.produce("seen", [{ value: "a" }, { value: "b" }]);
  const [member] = await client.members();
  assert.is(member?.name, "alder");
  assert.is(member?.status, "alive");
  assert.is(member?.tags["rpc_addr"], agent.rpcAddress);
  const topic = (await client.topics()).find(({ name }) => name === "seen");
  assert.is(topic?.nextOffset, 2);
  assert.equal(topic?.feeds, [{ writer: agent.writer, lowWater: 1, have: 2, durable: 2 }]);
  const [server] = await client.servers();
  assert.is(server?.rpcAddress, agent.rpcAddress);
  for await (const event of client.watchMembers()) {
    assert.is(`${event.type} ${event.member.name}`, "join alder");
    break;
  }
});

test.run();
