// timeout: 120
// topics: discovery
import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../mod.ts";
import { ClientError, type Cursor, connect, type LogClient, type TopicDescription } from "../../src/client/mod.ts";
import { ownAddress } from "../own_host.ts";

const test = suite<{ directory: string }>("topic deletion");

test.before.each(async (context) => {
  context.directory = await mkdtemp(path.join(os.tmpdir(), "grapevine-deletion-"));
});
test.after.each(async (context) => {
  await rm(context.directory, { recursive: true, force: true });
});

interface Node {
  readonly agent: Agent;
  readonly client: LogClient;
}

async function startNode(directory: string, name: string, join: readonly string[] = []): Promise<Node> {
  const agent = await Agent.start({
    ...{ nodeName: name, dataDir: path.join(directory, name), profile: "local", join },
    ...{ bind: ownAddress, rpcAddr: ownAddress },
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
  isWanted: (found: TopicDescription | ClientError) => boolean,
): Promise<void> {
  const untilMs = Date.now() + 20_000;
  let last: unknown;
  while (Date.now() < untilMs) {
    const found = await client.describeTopic(topic).catch((error: ClientError) => error);
    if (isWanted(found)) return;
    last = found;
  }
  throw new Error(`${agent.nodeName} says of ${topic}: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
}

function holds(node: Node, topic: string, wanted: Pick<TopicDescription, "generation" | "records">): Promise<void> {
  return described(node, topic, (found) => {
    if (found instanceof ClientError) return false;
    return found.generation === wanted.generation && found.records === wanted.records;
  });
}

async function errorOf(promise: Promise<unknown>): Promise<ClientError> {
  try {
    await promise;
  } catch (error) {
    return error as ClientError;
  }
  throw new Error("it did not fail");
}

async function textsOf(client: LogClient, topic: string, from: "earliest" | Cursor = "earliest"): Promise<string[]> {
  const texts: string[] = [];
  for await (const record of client.consume(topic, { from, follow: false })) texts.push(record.text());
  return texts;
}

test("a topic that is deleted while it is written and read ends everywhere, also on a node that was down", async ({
  directory,
}) => {
  const first = await startNode(directory, "a");
  const join = [first.agent.gossipAddress];
  const second = await startNode(directory, "b", join);
  let third = await startNode(directory, "c", join);
  const orders = first.agent.topic("orders");
  for (let index = 0; index < 20; index++) await orders.produce({ value: `old ${index}` });
  await holds(third, "orders", { generation: 1, records: 20 });
  await stop(third);
  let read = 0;
  let markRead = (): void => {};
  const hasRead = new Promise<void>((resolve) => {
    markRead = resolve;
  });
  const reading = errorOf(
    (async () => {
      for await (const _ of second.client.consume("orders")) if (++read === 30) markRead();
    })(),
  );
  const writing = errorOf(
    (async () => {
      for (;;) await second.agent.topic("orders").produce({ value: "old" });
    })(),
  );
  await hasRead;
  assert.equal(await first.client.deleteTopic("orders"), { generation: 1 });
  for (const ended of [reading, writing]) {
    const { code, message } = await ended;
    assert.is(code, "NOT_FOUND");
    assert.match(message, /^Cannot use topic "orders": generation 1 of it was deleted, .* has to create it/);
  }
  const created = await first.client.createTopic("orders", { retention: { segmentsMax: 5 } });
  assert.is(created.generation, 2);
  await holds(second, "orders", { generation: 2, records: 0 });
  await second.agent.topic("orders").produce({ value: "new" });
  // It holds the old records, and must neither serve them for long nor bring them back to the others.
  third = await startNode(directory, "c", join);
  for (const node of [first, second, third]) {
    await holds(node, "orders", { generation: 2, records: 1 });
    assert.equal(await textsOf(node.client, "orders"), ["new"]);
    assert.equal((await node.client.describeTopic("orders")).retention, { segmentsMax: 5 });
    assert.is((await readdir(path.join(directory, node.agent.nodeName, "topics"))).includes("orders"), false);
  }
  for (const node of [first, second, third]) await stop(node);
});

test("both sides of a partition delete and create again: they meet in one generation, with what both wrote", async ({
  directory,
}) => {
  const [left, right] = [await startNode(directory, "a"), await startNode(directory, "b")];
  for (const { client, agent } of [left, right]) {
    await agent.topic("orders").produce({ value: `old of ${agent.nodeName}` });
    await client.deleteTopic("orders");
    await agent.createTopic("orders");
    await agent.topic("orders").produce({ value: `new of ${agent.nodeName}` });
  }
  await right.agent.topic("kept").produce({ value: "kept" });
  await left.agent.topic("gone").produce({ value: "a" });
  await right.agent.topic("gone").produce({ value: "b" });
  await left.client.deleteTopic("gone");
  await left.agent.join([right.agent.gossipAddress]);
  for (const node of [left, right]) {
    await holds(node, "orders", { generation: 2, records: 2 });
    assert.equal((await textsOf(node.client, "orders")).sort(), ["new of a", "new of b"]);
    await holds(node, "kept", { generation: 1, records: 1 });
    await described(
      node,
      "gone",
      (found) => found instanceof ClientError && /generation 1 .* deleted/.test(found.message),
    );
  }
  for (const node of [left, right]) await stop(node);
});

test("cursors and tokens of a deleted generation are refused, with both generations", async ({ directory }) => {
  const node = await startNode(directory, "a");
  const { client, agent } = node;
  const { token } = await client.produce("orders", [{ value: "one" }, { value: "two" }]);
  const consumer = client.consume("orders");
  await consumer[Symbol.asyncIterator]().next();
  const { cursor } = consumer;
  await agent.deleteTopic("orders");
  assert.is((await errorOf(textsOf(client, "orders", cursor))).code, "NOT_FOUND");
  await agent.createTopic("orders");
  await client.produce("orders", { value: "new" });
  const refused = /belongs to generation 1 of topic "orders", which was deleted; the topic has generation 2 now/;
  const byCursor = await errorOf(textsOf(client, "orders", cursor));
  assert.is(byCursor.code, "INVALID_ARGUMENT");
  assert.match(byCursor.message, refused);
  const after = errorOf(
    (async () => {
      for await (const _ of client.consume("orders", { after: token })) assert.unreachable();
    })(),
  );
  assert.match((await after).message, refused);
  assert.equal(await textsOf(client, "orders"), ["new"]);
  await stop(node);
});

test("deleteTopic() refuses what cannot be deleted; metrics forget the topic and count on", async ({ directory }) => {
  const node = await startNode(directory, "a");
  const { client, agent } = node;
  await agent.topic("orders").produce({ value: "one" });
  const appended = async (): Promise<[number, boolean]> => {
    const text = await (await fetch(`http://${agent.rpcAddress}/metrics`)).text();
    const total = /^grapevine_log_appended_records_total (\d+)$/m.exec(text)?.[1];
    return [Number(total), text.includes('topic="orders"')];
  };
  assert.equal(await appended(), [1, true]);
  await client.deleteTopic("orders");
  // The delete itself is a record, too.
  assert.equal(await appended(), [2, false]);
  assert.equal(await client.topics(), []);
  assert.is((await errorOf(client.deleteTopic("orders"))).code, "NOT_FOUND");
  assert.is((await errorOf(client.setTopic("orders", { retention: { segmentsMax: 1 } }))).code, "NOT_FOUND");
  const unknown = await errorOf(client.deleteTopic("nowhere"));
  assert.is(unknown.code, "NOT_FOUND");
  assert.match(unknown.message, /^Cannot delete topic "nowhere": this node does not know it/);
  const internal = await errorOf(client.deleteTopic("_topics"));
  assert.is(internal.code, "INVALID_ARGUMENT");
  assert.match(internal.message, /^Cannot delete topic "_topics": names that begin with "_" are the cluster's own/);
  await stop(node);
});

test.run();
