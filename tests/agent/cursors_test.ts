// timeout: 120
/** Named cursors, from a consumer's call to what other nodes know. */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent, type AgentOptions, type NamedConsumer } from "../../mod.ts";
import { decodeCursor, encodeCursor } from "../../src/base/mod.ts";
import { cursorToBytes, cursorToText } from "../../src/client/cursor.ts";
import { type ClientError, connect, type LogClient } from "../../src/client/mod.ts";
import { ownAddress } from "../own_host.ts";

const test = suite<{ directory: string }>("cursors");

test.before.each(async (context) => {
  context.directory = await mkdtemp(path.join(os.tmpdir(), "grapevine-cursors-"));
});
test.after.each(async (context) => {
  await rm(context.directory, { recursive: true, force: true });
});

/** A node and a client of it. */
interface Node {
  readonly agent: Agent;
  readonly client: LogClient;
}

async function startNode(directory: string, name: string, more: AgentOptions = {}): Promise<Node> {
  const agent = await Agent.start({
    ...{ nodeName: name, dataDir: path.join(directory, name), profile: "local" },
    ...{ bind: ownAddress, rpcAddr: ownAddress, ...more },
  });
  return { agent, client: connect(`http://${agent.rpcAddress}`) };
}

async function stop({ agent, client }: Node): Promise<void> {
  client.close();
  await agent.close();
}

async function fill({ client }: Node, topic: string, from: number, to: number): Promise<string> {
  const records = Array.from({ length: to - from + 1 }, (_, index) => ({ value: String(from + index) }));
  return (await client.produce(topic, records)).token;
}

/** Takes so many records, or all up to the present end, and leaves them handled. */
async function take(consumer: NamedConsumer, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const taken: string[] = [];
  for await (const record of consumer) {
    taken.push(record.text());
    if (taken.length < count) continue;
    await consumer.save();
    break;
  }
  return taken;
}

async function failure(promise: Promise<unknown>): Promise<ClientError> {
  try {
    await promise;
  } catch (error) {
    return error as ClientError;
  }
  throw new Error("it did not fail");
}

test("a named consumer goes on where the one before stopped, on another node, and after a restart", async ({
  directory,
}) => {
  const first = await startNode(directory, "a");
  const second = await startNode(directory, "b", { join: [first.agent.gossipAddress] });
  await fill(first, "orders", 1, 10);
  const name = "billing";
  assert.equal(await take(first.client.consume("orders", { name }), 4), ["1", "2", "3", "4"]);
  const { token } = await first.client.cursors.save(
    "orders",
    name,
    (await first.client.cursors.get("orders", name))?.cursor ?? "",
    0,
  );
  const after = await fill(second, "orders", 11, 12);
  const options = { name, follow: false, afterSave: token, after } as const;
  assert.equal(await take(second.client.consume("orders", options), 3), ["5", "6", "7"]);
  await stop(first);
  await stop(second);
  const again = await startNode(directory, "b");
  assert.equal(await take(again.agent.topic("orders").consume({ name, follow: false })), ["8", "9", "10", "11", "12"]);
  const [listed] = await again.client.cursors.list("orders");
  assert.equal([listed?.name, listed?.lag, listed?.resets], [name, 0, 0]);
  await stop(again);
});

test("what is handled is saved while the consumer waits; a record in hand is not, and comes again", async ({
  directory,
}) => {
  const node = await startNode(directory, "a");
  const { client } = node;
  await fill(node, "orders", 1, 3);
  const consumer = client.consume("orders", { name: "billing", saveEveryMs: 10 });
  for (let index = 0; index < 3; index++) await consumer.next();
  const waiting = consumer.next();
  while ((await client.cursors.get("orders", "billing"))?.lag !== 0);
  await fill(node, "orders", 4, 5);
  assert.is((await waiting).value?.text(), "4");
  await consumer.next();
  await consumer.return();
  assert.is((await client.cursors.get("orders", "billing"))?.lag, 1);
  assert.equal(await take(client.consume("orders", { name: "billing", follow: false })), ["5"]);
  // Whole batches: one in hand is given back whole.
  await fill(node, "orders", 6, 8);
  await fill(node, "orders", 9, 9);
  const batches = client.consume("orders", { name: "billing" }).batches();
  const texts: string[] = [];
  for await (const batch of batches) {
    texts.push(...batch.map((record) => record.text()));
    if (texts.length === 4) break;
  }
  assert.equal(texts, ["6", "7", "8", "9"]);
  const rest = await take(client.consume("orders", { name: "billing", follow: false }));
  assert.is(rest.at(-1), "9");
  await stop(node);
});

test("from is for the first consumer of a name; two at once are merged, the furthest holds", async ({ directory }) => {
  const node = await startNode(directory, "a");
  await fill(node, "orders", 1, 9);
  const open = (from: number) => node.client.consume("orders", { name: "billing", from, follow: false });
  const [left, right] = [open(5), open(2)];
  assert.equal([(await left.next()).value?.text(), (await right.next()).value?.text()], ["6", "3"]);
  await right.save();
  assert.equal(await take(left, 1), ["7"]);
  assert.equal(await take(open(0)), ["8", "9"]);
  await stop(node);
});

test("a reset goes back, a consumer from before it fails, and a delete lets the name begin anew", async ({
  directory,
}) => {
  const node = await startNode(directory, "a");
  const { client } = node;
  await fill(node, "orders", 1, 9);
  const running = client.consume("orders", { name: "billing", saveEveryMs: 10 });
  for (let index = 0; index < 5; index++) await running.next();
  await running.save();
  const before = (await client.cursors.get("orders", "billing"))?.cursor ?? "";
  const rows: [Parameters<typeof client.cursors.reset>[2], number][] = [
    ["latest", 0],
    ["earliest", 9],
    [6, 3],
    [new Date(Date.now() + 60_000), 0],
    [before, 4],
  ];
  for (const [to, lag] of rows) assert.is((await client.cursors.reset("orders", "billing", to)).lag, lag, String(to));
  const failed = await failure(take(running));
  assert.is(failed.code, "FAILED_PRECONDITION");
  assert.match(failed.message, /it was set anew since this consumer began; begin again/);
  assert.equal(await take(client.consume("orders", { name: "billing", follow: false })), ["6", "7", "8", "9"]);
  await client.cursors.delete("orders", "billing");
  assert.is(await client.cursors.get("orders", "billing"), undefined);
  assert.is((await failure(client.cursors.delete("orders", "billing"))).code, "NOT_FOUND");
  assert.is((await take(client.consume("orders", { name: "billing", follow: false }))).length, 9);
  await stop(node);
});

test("a client of several servers puts together what they know, also when one of them is gone", async ({
  directory,
}) => {
  const [first, second] = [await startNode(directory, "a"), await startNode(directory, "b")];
  const both = connect([`http://${first.agent.rpcAddress}`, `http://${second.agent.rpcAddress}`], { failover: false });
  const save = async (node: Node, vector: Readonly<Record<string, number>>): Promise<void> => {
    await fill(node, "orders", 1, 1);
    const cursor = encodeCursor({ topic: "orders", generation: 1, vector: new Map(Object.entries(vector)) });
    await node.client.cursors.save("orders", "billing", cursorToText(cursor), 0);
  };
  const known = async (): Promise<Record<string, number>> => {
    const { cursor = "" } = (await both.cursors.get("orders", "billing")) ?? {};
    return Object.fromEntries(decodeCursor(cursorToBytes(cursor) ?? new Uint8Array(0))?.vector ?? []);
  };
  const [ada, bob] = ["a".repeat(16), "b".repeat(16)] as const;
  await save(first, { [ada]: 5, [bob]: 1 });
  assert.equal(await known(), { [ada]: 5, [bob]: 1 });
  await save(second, { [ada]: 2, [bob]: 7 });
  assert.equal(await known(), { [ada]: 5, [bob]: 7 });
  await stop(first);
  assert.equal(await known(), { [ada]: 2, [bob]: 7 });
  await stop(second);
  assert.is((await failure(both.cursors.get("orders", "billing"))).code, "UNAVAILABLE");
  both.close();
});

test("what makes no sense is refused with a code and words", async ({ directory }) => {
  const node = await startNode(directory, "a");
  const { client } = node;
  await fill(node, "orders", 1, 2);
  await fill(node, "metrics", 1, 2);
  const cursorOf = (topic: string, generation = 1): string =>
    cursorToText(encodeCursor({ topic, generation, vector: new Map([["a".repeat(16), 1]]) }));
  const good = cursorOf("orders");
  const { cursors } = client;
  const rows: [() => Promise<unknown>, string, RegExp][] = [
    [
      () => cursors.save("orders", "a b", good, 0),
      "INVALID_ARGUMENT",
      /Cannot use cursor name "a b": allowed are 1 to 249/,
    ],
    [() => cursors.save("orders", "billing~3", good, 0), "INVALID_ARGUMENT", /Cannot use cursor name/],
    [() => cursors.save("orders", "", good, 0), "INVALID_ARGUMENT", /Cannot use cursor name ""/],
    [() => cursors.save("orders", "x".repeat(250), good, 0), "INVALID_ARGUMENT", /\(250 characters\)/],
    [
      () => cursors.save("orders", "b", cursorOf("metrics"), 0),
      "INVALID_ARGUMENT",
      /belongs to topic "metrics", the request names "orders"/,
    ],
    [() => cursors.save("orders", "b", `${good.slice(0, -2)}zz`, 0), "INVALID_ARGUMENT", /was changed since/],
    [() => cursors.save("orders", "b", good.slice(0, 13), 0), "INVALID_ARGUMENT", /was changed since/],
    [() => cursors.save("orders", "b", cursorOf("orders", 2), 0), "UNAVAILABLE", /has heard of generation 1 only/],
    [() => cursors.save("nothing", "b", cursorOf("nothing"), 0), "NOT_FOUND", /does not hold it/],
    [() => cursors.save("_cursors", "b", cursorOf("_cursors"), 0), "INVALID_ARGUMENT", /the cluster's own/],
    [() => cursors.reset("orders", "b", 3), "OUT_OF_RANGE", /the log spans offsets 0 up to, not including, 2/],
    [() => cursors.get("orders", "b", { after: good }), "INVALID_ARGUMENT", /not one that saving a cursor gave/],
    [() => cursors.list("../x"), "INVALID_ARGUMENT", /Cannot use topic name/],
    [() => client.produce("_cursors", { value: "x", key: "y" }), "INVALID_ARGUMENT", /the cluster's own/],
    [() => take(client.consume("orders", { name: "no good" })), "INVALID_ARGUMENT", /Cannot use cursor name/],
  ];
  for (const [call, code, words] of rows) {
    const failed = await failure((async () => call())());
    assert.is(failed.code, code, failed.message);
    assert.match(failed.message, words);
  }
  assert.throws(() => client.consume("orders", { name: "b", saveEveryMs: 0 }), /saveEveryMs is 0/);
  await cursors.save("orders", "b", good, 0);
  await client.deleteTopic("orders");
  assert.is((await failure(cursors.save("orders", "b", good, 0))).code, "NOT_FOUND");
  await client.createTopic("orders");
  const past = await failure(cursors.save("orders", "b", good, 0));
  assert.equal(
    [past.code, /generation 1 of topic "orders", which was deleted/.test(past.message)],
    ["INVALID_ARGUMENT", true],
  );
  assert.is(await cursors.get("orders", "b"), undefined);
  await stop(node);
});

test.run();
