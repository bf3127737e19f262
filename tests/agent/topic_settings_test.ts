// timeout: 120
// topics: discovery
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent, type AgentOptions } from "../../mod.ts";
import {
  ClientError,
  connect,
  type LogClient,
  type TopicDescription,
  type TopicRetention,
} from "../../src/client/mod.ts";
import { ownAddress } from "../own_host.ts";

const test = suite<{ directory: string }>("topic settings");

test.before.each(async (context) => {
  context.directory = await mkdtemp(path.join(os.tmpdir(), "grapevine-settings-"));
});
test.after.each(async (context) => {
  await rm(context.directory, { recursive: true, force: true });
});

/** A node with small segments, and a client of it. */
interface Node {
  readonly agent: Agent;
  readonly client: LogClient;
}

async function startNode(directory: string, name: string, more: AgentOptions = {}): Promise<Node> {
  const agent = await Agent.start({
    ...{ nodeName: name, dataDir: path.join(directory, name), profile: "local" },
    ...{ bind: ownAddress, rpcAddr: ownAddress, segmentBytesMax: 65_536 },
    ...more,
  });
  return { agent, client: connect(`http://${agent.rpcAddress}`) };
}

async function stop({ agent, client }: Node): Promise<void> {
  client.close();
  await agent.close();
}

/** Asks a node again and again, until it says of a topic what is wanted. */
async function described(
  { client, agent }: Node,
  topic: string,
  isWanted: (topic: TopicDescription) => boolean,
): Promise<void> {
  const untilMs = Date.now() + 20_000;
  let last: unknown;
  while (Date.now() < untilMs) {
    const found = await client.describeTopic(topic).catch((error: ClientError) => error);
    if (!(found instanceof ClientError) && isWanted(found)) return;
    last = found;
  }
  throw new Error(`${agent.nodeName} says of ${topic}: ${JSON.stringify(last)}`);
}

function settled(node: Node, topic: string, wanted: TopicRetention): Promise<void> {
  return described(node, topic, ({ retention }) => JSON.stringify(retention) === JSON.stringify(wanted));
}

/** Waits until a node holds all of `_topics` that another holds. */
async function caughtUp(node: Node, other: Node): Promise<void> {
  const { records } = await other.client.describeTopic("_topics");
  await described(node, "_topics", (topic) => topic.records === records);
}

async function errorOf(promise: Promise<unknown>): Promise<{ code?: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    return error as { code?: string; message: string };
  }
  throw new Error("it did not fail");
}

test("what is set on one of three nodes holds on all, and after a restart", async ({ directory }) => {
  const first = await startNode(directory, "a");
  const join = [first.agent.gossipAddress];
  const [second, third] = [await startNode(directory, "b", { join }), await startNode(directory, "c", { join })];
  const created = await first.client.createTopic("orders", { retention: { segmentsMax: 2 } });
  assert.equal(created.retention, { segmentsMax: 2 });
  for (const node of [second, third]) await settled(node, "orders", { segmentsMax: 2 });
  const value = "x".repeat(60_000);
  for (let index = 0; index < 12; index++) await second.agent.topic("orders").produce({ value });
  // Two records fill a segment where they are written one by one. It was told elsewhere how many segments to keep.
  await described(second, "orders", ({ firstOffset, nextOffset }) => nextOffset === 12 && firstOffset >= 8);
  await third.client.setTopic("orders", { retention: { ageMaxMs: 3_600_000 } });
  const both = { ageMaxMs: 3_600_000, segmentsMax: 2 };
  for (const node of [first, second]) await settled(node, "orders", both);
  for (const node of [first, second, third]) await stop(node);
  const again = await startNode(directory, "b");
  assert.equal((await again.client.describeTopic("orders")).retention, both);
  await stop(again);
});

test("what is set on two sides that do not know each other is one and the same once they meet", async ({
  directory,
}) => {
  const left = await startNode(directory, "a");
  const right = await startNode(directory, "b");
  await left.client.createTopic("orders", { retention: { segmentsMax: 10 } });
  await right.client.createTopic("orders", { retention: { segmentsMax: 20 } });
  // Later by its Lamport number than all that the left side knows.
  await right.client.setTopic("orders", { retention: { segmentsMax: 30 } });
  await left.agent.join([right.agent.gossipAddress]);
  await settled(left, "orders", { segmentsMax: 30 });
  await caughtUp(right, left);
  assert.equal((await right.client.describeTopic("orders")).retention, { segmentsMax: 30 });
  for (const node of [left, right]) await stop(node);
});

test("_topics is written by nodes alone, and listed when it is asked for", async ({ directory }) => {
  const node = await startNode(directory, "a");
  const { client, agent } = node;
  await client.createTopic("orders");
  const names = async (asked: { internal?: boolean }) => (await client.topics(asked)).map(({ name }) => name);
  assert.equal(await names({}), ["orders"]);
  assert.equal(await names({ internal: true }), ["_topics", "orders"]);
  const refusals = [
    () => client.produce("_topics", { key: "orders", value: "{}" }),
    () => client.produce("_other", { value: "x" }),
    () => agent.topic("_topics").produce({ value: "x" }),
    async () => {
      await using producer = client.producer("_topics");
      await producer.send({ value: "x" });
    },
  ];
  for (const refused of refusals) {
    const error = await errorOf(refused());
    assert.is(error.code, "INVALID_ARGUMENT");
    assert.match(error.message, /^Cannot produce to topic "_\w+": names that begin with "_" are the cluster's own/);
  }
  assert.is((await client.describeTopic("_topics")).records, 1);
  await stop(node);
});

test("a topic that is compacted on all nodes refuses records without a key on each of them", async ({ directory }) => {
  const first = await startNode(directory, "a");
  const second = await startNode(directory, "b", { join: [first.agent.gossipAddress] });
  const created = await first.client.createTopic("prices", { compact: true, tombstoneGraceMs: 5_000 });
  assert.is(created.compact, true);
  assert.is(created.tombstoneGraceMs, 5_000);
  await described(second, "prices", ({ compact }) => compact === true);
  const refused = await errorOf(second.client.produce("prices", { value: "no key" }));
  assert.is(refused.code, "INVALID_ARGUMENT");
  assert.match(refused.message, /record 0 has no key, and the topic is compacted by key/);
  await second.client.produce("prices", { key: "k", value: "1" });
  await second.client.setTopic("prices", { compact: false });
  await described(first, "prices", ({ compact }) => compact === undefined);
  await first.client.produce("prices", { value: "no key" });
  for (const node of [first, second]) await stop(node);
});

test("createTopic() and setTopic() refuse what makes no sense, with field, value and limit", async ({ directory }) => {
  const node = await startNode(directory, "a");
  const { client } = node;
  await client.createTopic("orders");
  const set = (change: object) => errorOf(client.setTopic("orders", change));
  const rows: [object, RegExp][] = [
    [{ retention: { bytesMin: 65_535 } }, /retention.bytesMin is 65535, allowed is 0 for none, .* 65536 \(a segment\)/],
    [
      { retention: { ageMaxMs: 999 } },
      /retention.ageMaxMs is 999, allowed is 0 for none, or .* from 1000 \(a second\)/,
    ],
    [{ retention: { segmentsMax: -1 } }, /retention.segmentsMax is -1, allowed are whole numbers from 0 to/],
    [{ retention: { pages: 1 } }, /retention.pages is 1, allowed is bytesMin, ageMaxMs, segmentsMax/],
    [{ colour: "blue" }, /colour is blue, allowed is retention, compact, tombstoneGraceMs, placement/],
    [{ compact: "yes" }, /compact is yes, allowed are true and false/],
    [{ tombstoneGraceMs: 5 }, /tombstoneGraceMs is 5, allowed is 0 for a day, or .* from 1000 \(a second\)/],
  ];
  for (const [change, message] of rows) {
    const error = await set(change);
    assert.is(error.code, "INVALID_ARGUMENT");
    assert.match(error.message, message);
  }
  assert.is((await errorOf(client.createTopic("orders"))).code, "ALREADY_EXISTS");
  assert.is((await errorOf(client.setTopic("nowhere", {}))).code, "NOT_FOUND");
  assert.is((await errorOf(client.createTopic("_mine"))).code, "INVALID_ARGUMENT");
  assert.is((await client.describeTopic("orders")).retention, undefined);
  await stop(node);
});

test.run();
