// timeout: 120
// runtimes: bun (what a runtime does differently here is in observer_test.ts; this is about five nodes and takes a while)
/** Topics that two of five nodes hold: where they are, who answers, and what happens when nodes come and go. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent, type AgentOptions } from "../../src/agent/mod.ts";
import { ClientError, connect, type TopicDescription } from "../../src/client/mod.ts";
import { ownAddress } from "../own_host.ts";

const names = ["alder", "birch", "cedar", "doum", "elm"] as const;
const zones: Readonly<Record<string, string>> = {
  alder: "eu-1",
  birch: "eu-2",
  cedar: "us-1",
  doum: "us-2",
  elm: "us-3",
};
const settleMs = 1_000;
const directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-placement-"));
const agents = new Map<string, Agent>();
/** Where each node was first: who comes back comes back there. */
const addresses = new Map<string, Pick<AgentOptions, "bind" | "rpcAddr">>();
let observer: Agent;

test.before(async () => {
  for (const name of names) await start(name);
  observer = await startAgent("door", { role: "observer" });
});
test.after(async () => {
  for (const agent of [observer, ...agents.values()]) await agent[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

async function startAgent(nodeName: string, options: AgentOptions = {}): Promise<Agent> {
  const seed = [...agents.values()][0];
  return Agent.start({
    ...{ nodeName, dataDir: path.join(directory, nodeName), bind: ownAddress, rpcAddr: ownAddress },
    ...{
      profile: "local",
      placementSettleMs: settleMs,
      join: seed === undefined ? [] : [seed.gossipAddress],
      ...options,
    },
  });
}

async function start(name: string): Promise<Agent> {
  const agent = await startAgent(name, { tags: { zone: zones[name] ?? "" }, ...addresses.get(name) });
  agents.set(name, agent);
  addresses.set(name, { bind: agent.gossipAddress, rpcAddr: agent.rpcAddress });
  return agent;
}

async function stop(name: string): Promise<void> {
  await agents.get(name)?.close();
  agents.delete(name);
}

async function until(what: string, holds: () => Promise<boolean> | boolean, timeoutMs = 20_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`Not so after ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Nodes with anything of a topic on their disks. */
function onDisk(topic: string): string[] {
  return [...names, "door"].filter((name) => existsSync(path.join(directory, name, "topics", topic)));
}

async function describe(agent: Agent, topic: string): Promise<TopicDescription> {
  await using client = connect(`http://${agent.rpcAddress}`);
  return await client.describeTopic(topic);
}

async function allOf(agent: Agent, topic: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const record of agent.topic(topic).consume({ follow: false })) texts.push(record.text());
  return texts.sort();
}

const everyNode = (): Agent[] => [...agents.values(), observer];

async function create(topic: string, placement: { copies?: number; tags?: Record<string, string> }): Promise<string[]> {
  const any = agents.values().next().value as Agent;
  await any.createTopic(topic, { placement });
  let placed: readonly string[] = [];
  await until(`all agree where ${topic} belongs`, async () => {
    await using client = connect(`http://${any.rpcAddress}`);
    placed = (await client.describeTopic(topic).catch(() => undefined))?.placed ?? [];
    return placed.length > 0 && onDisk(topic).length === placed.length;
  });
  return [...placed].sort();
}

test("a topic with two copies is on two disks, and everybody produces to it and sees all of it", async () => {
  const placed = await create("orders", { copies: 2 });
  assert.is(placed.length, 2);
  const sent: string[] = [];
  for (const agent of everyNode()) {
    for (let index = 0; index < 5; index++) {
      const value = `${agent.nodeName}-${index}`;
      await agent.topic("orders").produce({ value }, { acks: { replicated: 2 } });
      sent.push(value);
    }
  }
  assert.equal(onDisk("orders"), placed);
  for (const agent of everyNode()) assert.equal(await allOf(agent, "orders"), [...sent].sort(), agent.nodeName);
  const described = await describe(observer, "orders");
  assert.equal([...(described.placed ?? [])].sort(), placed);
  assert.equal(described.holders, placed);
  assert.equal(described.placement, { copies: 2 });
});

test("more copies than there are to be are refused at once, by whichever node is asked", async () => {
  for (const agent of everyNode()) {
    const error = await agent
      .topic("orders")
      .produce({ value: "x" }, { acks: { replicated: 3 } })
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    assert.ok(error instanceof ClientError && error.code === "INVALID_ARGUMENT", `${agent.nodeName}: ${error}`);
    assert.match(error.message, 'topic "orders" is placed at 2, and no more are to hold it');
  }
});

test("a token of one node is waited for through any other", async () => {
  const { token } = await observer.topic("orders").produceBatch([{ value: "token" }]);
  for (const agent of everyNode()) {
    const seen: string[] = [];
    for await (const record of agent.topic("orders").consume({ after: token, follow: false })) seen.push(record.text());
    assert.ok(seen.includes("token"), agent.nodeName);
  }
});

test("consumers with a name or in a group go on at whichever node, placed, not placed or an observer", async () => {
  const placed = await create("shared", { copies: 2 });
  await observer.topic("shared").produceBatch(Array.from({ length: 8 }, (_, index) => ({ value: String(index) })));
  const strange = names.find((name) => !placed.includes(name)) as string;
  const nodes = [observer, agents.get(strange) as Agent, agents.get(placed[0] as string) as Agent, observer];
  let token: string | undefined;
  for (const [index, agent] of nodes.entries()) {
    await using client = connect(`http://${agent.rpcAddress}`, { failover: false });
    const cursor = { name: "billing", ...(token !== undefined && { afterSave: token }) };
    const taken: string[] = [];
    for await (const record of client.consume("shared", cursor)) {
      taken.push(record.text());
      if (taken.length === 2) break;
    }
    assert.equal(taken, index === 0 ? ["0", "1"] : [String(index), String(index + 1)], agent.nodeName);
    const saved = (await client.cursors.list("shared")).find(({ name }) => name === "billing");
    token = (await client.cursors.save("shared", "billing", saved?.cursor ?? "", 0)).token;
    assert.is(saved?.lag, 7 - index, agent.nodeName);
  }
  const reset = await (async () => {
    await using client = connect(`http://${observer.rpcAddress}`);
    return await client.cursors.reset("shared", "billing", "latest");
  })();
  assert.is(reset.lag, 0);
  const seen: string[] = [];
  const done = new AbortController();
  const members = [observer, agents.get(strange) as Agent].map(async (agent) => {
    const member = agent.topic("shared").consume({ group: "shipping", signal: done.signal });
    for await (const record of member) {
      seen.push(record.text());
      await member.handled();
      if (seen.length === 8) done.abort();
    }
  });
  await Promise.all(members);
  assert.equal([...seen].sort(), ["0", "1", "2", "3", "4", "5", "6", "7"]);
});

test("a topic is held by the nodes whose tags match, and moves when that changes, with all that is in it", async () => {
  assert.equal(await create("zoned", { tags: { zone: "eu-.*" } }), ["alder", "birch"]);
  await observer.topic("zoned").produce({ value: "one" });
  await (agents.get("elm") as Agent).topic("zoned").produce({ value: "two" });
  assert.equal(onDisk("zoned"), ["alder", "birch"]);
  await using client = connect(`http://${observer.rpcAddress}`);
  await client.setTopic("zoned", { placement: { tags: { zone: "us-[12]" } } });
  await until("it moved", () => onDisk("zoned").join() === "cedar,doum");
  for (const agent of everyNode()) assert.equal(await allOf(agent, "zoned"), ["one", "two"], agent.nodeName);
  await client.setTopic("zoned", { placement: { tags: {} } });
  await until("all hold it", () => onDisk("zoned").length === names.length);
  // What alder wrote before is pulled, and written on by another writer.
  await (agents.get("alder") as Agent).topic("zoned").produce({ value: "three" });
  for (const agent of everyNode()) {
    await until("all are there", async () => (await allOf(agent, "zoned")).length === 3);
  }
});

test("settings of placement that cannot be are refused by name", async () => {
  const rows: [object, RegExp][] = [
    [{ placement: { tags: { zone: "(" } } }, /placement.tags is zone=\(, allowed is an expression in RE2's syntax/],
    [
      { retention: { keepUntilReplicas: 3 } },
      /keepUntilReplicas is 3, allowed is up to 2, because placement.copies is 2/,
    ],
  ];
  await using client = connect(`http://${observer.rpcAddress}`);
  for (const [change, says] of rows) {
    const error = await client.setTopic("orders", change).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    assert.match(error?.message ?? "", says);
  }
});

test("when a placed node dies a third one takes over, and drops its copy only when the old one is back and has all", async () => {
  const placed = await create("moving", { copies: 2 });
  const [lost = "", left = ""] = placed;
  const acked: string[] = [];
  const produce = async (agent: Agent, value: string): Promise<void> => {
    await agent.topic("moving").produce({ value }, { acks: { replicated: 2 }, timeoutMs: 20_000 });
    acked.push(value);
  };
  const seen: string[] = [];
  const reading = (async (): Promise<void> => {
    for await (const record of observer.topic("moving").consume()) {
      seen.push(record.text());
      if (record.text() === "last") return;
    }
  })();
  reading.catch(() => undefined);
  for (let index = 0; index < 20; index++) await produce(observer, `before-${index}`);
  await stop(lost);
  const alone = agents.get(left) as Agent;
  await alone.topic("moving").produce({ value: "alone" });
  acked.push("alone");
  await until("a third holds it", () => onDisk("moving").filter((name) => name !== lost).length === 2);
  const third = onDisk("moving").find((name) => name !== lost && name !== left) as string;
  for (let index = 0; index < 20; index++) await produce(observer, `without-${index}`);
  const back = await start(lost);
  await until("the third dropped its copy", () => onDisk("moving").join() === placed.join());
  const held = await describe(back, "moving");
  assert.is(held.records, acked.length, "the copy went when all of it was here");
  assert.ok(third !== lost);
  await produce(agents.get(third) as Agent, "last");
  await reading;
  assert.equal([...seen].sort(), [...acked].sort(), "a consumer through the door sees each record once");
  for (const agent of everyNode()) assert.equal(await allOf(agent, "moving"), [...acked].sort(), agent.nodeName);
});

test("while nobody that holds a topic can be reached, a produce says so, and stores nothing", async () => {
  const placed = await create("far", { copies: 1, tags: { zone: "us-3" } });
  assert.equal(placed, ["elm"]);
  await observer.topic("far").produce({ value: "one" });
  await stop("elm");
  for (const agent of [observer, agents.get("alder") as Agent]) {
    await until("it says who could take it", async () => {
      const error = await agent
        .topic("far")
        .produce({ value: "two" })
        .then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
      return (
        error instanceof ClientError &&
        /placed at elm, none of which can be reached|no node that is known here is to hold it/.test(error.message)
      );
    });
  }
  await start("elm");
  await until("it is back", async () => (await allOf(observer, "far").catch(() => [])).length > 0);
  assert.equal(await allOf(observer, "far"), ["one"]);
});

test.run();
