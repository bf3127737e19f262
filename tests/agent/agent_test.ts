// timeout: 120
// topics: discovery
import { cp, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent, type AgentOptions } from "../../mod.ts";
import { connect } from "../../src/client/mod.ts";
import { ownAddress } from "../own_host.ts";

const test = suite<{ directory: string }>("agent");

test.before.each(async (context) => {
  context.directory = await mkdtemp(path.join(os.tmpdir(), "grapevine-agent-"));
});
test.after.each(async (context) => {
  await rm(context.directory, { recursive: true, force: true });
});

function optionsOf(directory: string, name: string, more: AgentOptions = {}): AgentOptions {
  return {
    ...{ nodeName: name, dataDir: path.join(directory, name), profile: "local" },
    ...{ bind: ownAddress, rpcAddr: ownAddress },
    ...more,
  };
}

async function errorOf(promise: Promise<unknown>): Promise<{ code?: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    return error as { code?: string; message: string };
  }
  throw new Error("it did not fail");
}

test("Agent.start() with bad options says which, and what is allowed", async ({ directory }) => {
  const rows: [AgentOptions, string][] = [
    [{ bind: "nowhere:99999" }, "bind"],
    [{ rpcAddr: "" }, "rpcAddr"],
    [{ bind: "localhost:0" }, "bind"],
    [{ advertise: "example.org" }, "advertise"],
    [{ advertise: "999.1.1.1" }, "advertise"],
    [{ nodeName: "with space" }, "nodeName"],
    [{ dataDir: "" }, "dataDir"],
    [{ join: ["10.1.2.3:7946"] }, "join"],
    [{ join: ["::bad::1:x"] }, "join"],
    [{ tags: { w: "mine" } }, "tags"],
    [{ tags: { rack: "7".repeat(500) } }, "tags"],
    [{ profile: "moon" as "lan" }, "profile"],
    [{ fsync: "sometimes" as "never" }, "fsync"],
    [{ colour: "blue" } as AgentOptions, "colour"],
  ];
  for (const [bad, option] of rows) {
    const error = await errorOf(Agent.start(optionsOf(directory, "a", bad)));
    assert.is(error.code, "INVALID_OPTION", option);
    assert.match(error.message, `Cannot use option ${option}:`);
    assert.match(error.message, "allowed is ");
  }
});

test("Agent.start() fails clearly on what is taken, and leaves nothing open", async ({ directory }) => {
  await using agent = await Agent.start(optionsOf(directory, "a"));
  const locked = await errorOf(Agent.start(optionsOf(directory, "a")));
  assert.is(locked.code, "DIRECTORY_LOCKED");
  assert.match(locked.message, String(process.pid));
  const taken = await errorOf(Agent.start(optionsOf(directory, "b", { rpcAddr: agent.rpcAddress })));
  assert.is(taken.code, "PORT_TAKEN");
  const gossipTaken = await errorOf(Agent.start(optionsOf(directory, "b", { bind: agent.gossipAddress })));
  assert.match(gossipTaken.message, agent.gossipAddress);
  // The failed starts gave back what they had opened.
  await using other = await Agent.start(optionsOf(directory, "b"));
  assert.is(other.nodeName, "b");
});

test("produce and consume in the process need no network; what is produced survives a restart", async ({
  directory,
}) => {
  const agent = await Agent.start(optionsOf(directory, "a"));
  const orders = agent.topic("orders");
  const acks = await Promise.all(
    Array.from({ length: 100 }, (_, index) => orders.produce({ value: `order ${index}` })),
  );
  assert.equal(
    acks.map((ack) => ack.sequence),
    acks.map((_, index) => index + 1),
  );
  const batch = await orders.produceBatch([{ key: "k", value: "one" }, { value: "two" }]);
  assert.is(batch.sequence, 101);
  await agent.close();
  await using again = await Agent.start(optionsOf(directory, "a"));
  assert.is(again.writer, batch.writer);
  const values: string[] = [];
  for await (const record of again.topic("orders").consume({ follow: false })) values.push(record.text());
  assert.is(values.length, 102);
  assert.is(values[101], "two");
});

test("what still reads or writes when the agent stops fails, and keeps no process running", async ({ directory }) => {
  const agent = await Agent.start(optionsOf(directory, "a"));
  const orders = agent.topic("orders");
  await orders.produce({ value: "first" });
  const consumer = orders.consume();
  assert.is((await consumer.next()).value.text(), "first");
  const waiting = errorOf(agent.topic("never-written").consume().next());
  const written = orders.produce({ value: "last" });
  await consumer.next();
  const readingOn = errorOf(consumer.next());
  await agent.close();
  assert.is((await written).sequence, 2);
  for (const failed of [readingOn, waiting]) assert.is((await failed).code, "UNAVAILABLE");
  assert.is((await errorOf(orders.produce({ value: "late" }))).code, "CLOSED");
  assert.is((await errorOf(orders.produceBatch([{ value: "late" }]))).code, "CLOSED");
  await agent.leave();
});

test("a join that cannot work says why, and blames neither the node nor the connection to it", async ({
  directory,
}) => {
  await using agent = await Agent.start(optionsOf(directory, "a"));
  await using client = connect(`http://${agent.rpcAddress}`);
  const beyond = await errorOf(client.join(["10.1.2.3:7946"]));
  assert.is(beyond.code, "INVALID_ARGUMENT");
  assert.match(beyond.message, /^Cannot join "10.1.2.3:7946": this node is bound to 127/);
  // Nobody gossips at the port of an RPC server.
  const nobody = await errorOf(client.join([agent.rpcAddress]));
  assert.is(nobody.code, "UNAVAILABLE");
  assert.match(nobody.message, `Cannot join: ${agent.rpcAddress}: `);
});

test("two agents find each other, tell it, and share what is produced", async ({ directory }) => {
  await using first = await Agent.start(optionsOf(directory, "a"));
  const joined = new Promise<string>((resolve) => first.on("member-join", (member) => resolve(member.name)));
  await using second = await Agent.start(
    optionsOf(directory, "b", { join: [first.gossipAddress], tags: { rack: "7" } }),
  );
  assert.is(await joined, "b");
  const seen = first.members().find((member) => member.name === "b");
  assert.is(seen?.tags.get("rack"), "7");
  assert.is(seen?.tags.get("rpc_addr"), second.rpcAddress);
  assert.is(seen?.tags.get("w"), second.writer);
  await second.topic("orders").produce({ value: "hello" });
  for await (const record of first.topic("orders").consume()) {
    assert.is(record.text(), "hello");
    assert.is(record.writer, second.writer);
    break;
  }
});

test("a leave asked for by RPC is answered, and the agent ends", async ({ directory }) => {
  await using first = await Agent.start(optionsOf(directory, "a"));
  const second = await Agent.start(optionsOf(directory, "b", { join: [first.gossipAddress] }));
  const left = new Promise<void>((resolve) => first.on("member-leave", () => resolve()));
  first.on("member-failed", () => assert.unreachable("a node that leaves never fails"));
  await using client = connect(`http://${second.rpcAddress}`);
  await client.leave();
  await left;
  await second.closed;
});

test("a node restored from a backup mints a new writer before it produces, and gets its lost records back", async ({
  directory,
}) => {
  await using holder = await Agent.start(optionsOf(directory, "holder"));
  const original = await Agent.start(optionsOf(directory, "a", { join: [holder.gossipAddress] }));
  const writer = original.writer;
  await original.topic("orders").produce({ value: "in the backup" });
  await original.close();
  await cp(path.join(directory, "a"), path.join(directory, "backup"), { recursive: true });
  const continued = await Agent.start(optionsOf(directory, "a", { join: [holder.gossipAddress] }));
  await continued.topic("orders").produce({ value: "after the backup" });
  for await (const record of holder.topic("orders").consume()) if (record.text() === "after the backup") break;
  await continued.close();
  const restored = {
    ...optionsOf(directory, "a"),
    dataDir: path.join(directory, "backup"),
    join: [holder.gossipAddress],
  };
  await using agent = await Agent.start(restored);
  const ack = await agent.topic("orders").produce({ value: "after the restore" });
  assert.is.not(ack.writer, writer);
  const values: string[] = [];
  for await (const record of agent.topic("orders").consume()) {
    values.push(record.text());
    if (values.length === 3) break;
  }
  assert.equal(values.sort(), ["after the backup", "after the restore", "in the backup"]);
});

/** Where two nodes held one record of `a`, and a backup of it was taken, went on alone and has three. */
async function backupThatWentOn(directory: string, holder: Agent): Promise<{ writer: string; dataDir: string }> {
  const join = [holder.gossipAddress];
  const original = await Agent.start(optionsOf(directory, "a", { join }));
  await original.topic("orders").produce({ value: "in the backup" });
  await original.leave();
  const dataDir = path.join(directory, "backup");
  await cp(path.join(directory, "a"), dataDir, { recursive: true });
  const continued = await Agent.start(optionsOf(directory, "a", { join }));
  await continued.topic("orders").produce({ value: "after the backup" });
  for await (const record of holder.topic("orders").consume()) if (record.text() === "after the backup") break;
  await continued.leave();
  const alone = await Agent.start({ ...optionsOf(directory, "a"), dataDir });
  const { writer } = alone;
  assert.is((await alone.topic("orders").produce({ value: "alone" })).writer, writer);
  await alone.topic("orders").produce({ value: "alone still" });
  await alone.close();
  return { writer, dataDir };
}

test("a backup that went on alone, longer than its peers' copy, mints a new writer when it starts with them", async ({
  directory,
}) => {
  await using holder = await Agent.start(optionsOf(directory, "holder"));
  const { writer, dataDir } = await backupThatWentOn(directory, holder);
  await using agent = await Agent.start({ ...optionsOf(directory, "a"), dataDir, join: [holder.gossipAddress] });
  assert.is.not(agent.writer, writer, "minted before the node is ready");
  const ack = await agent.topic("orders").produce({ value: "in company" });
  assert.is(ack.writer, agent.writer);
  for await (const record of holder.topic("orders").consume()) if (record.text() === "in company") break;
});

test("a backup that went on alone, longer than its peers' copy, mints a new writer when it joins them later", async ({
  directory,
}) => {
  await using holder = await Agent.start(optionsOf(directory, "holder"));
  const { writer, dataDir } = await backupThatWentOn(directory, holder);
  await using agent = await Agent.start({ ...optionsOf(directory, "a"), dataDir });
  assert.is(agent.writer, writer);
  const minted = new Promise<string>((resolve, reject) => {
    AbortSignal.timeout(10_000).addEventListener("abort", () => reject(new Error("no new writer was minted")));
    agent.on("log", (event) => {
      if (event.type === "new-writer") resolve(event.reason);
    });
  });
  await agent.join([holder.gossipAddress]);
  assert.is(await minted, "holder holds another history of our orders at 2");
  const ack = await agent.topic("orders").produce({ value: "in company" });
  assert.is.not(ack.writer, writer);
  for await (const record of holder.topic("orders").consume()) if (record.text() === "in company") break;
});

test.run();
