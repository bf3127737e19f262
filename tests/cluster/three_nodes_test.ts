// timeout: 180
// slow
// topics: discovery
/** Three real processes find each other, replicate what is written to any of them, and survive the death of one. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connect, type LogClient } from "../../src/client/mod.ts";
import { eventually, type NodeProcess, NodeProcesses } from "./processes.ts";

const patienceMs = 20_000;

async function startThree(nodes: NodeProcesses): Promise<[NodeProcess, NodeProcess, NodeProcess]> {
  const first = await nodes.start("a");
  const second = await nodes.start("b", { "--join": first.gossipAddress });
  // Told of the second only: it learns of the first by gossip.
  const third = await nodes.start("c", { "--join": second.gossipAddress });
  for (const node of [first, second, third]) await hasStatuses(node, { a: "alive", b: "alive", c: "alive" });
  return [first, second, third];
}

async function hasStatuses(node: NodeProcess, expected: Readonly<Record<string, string>>): Promise<void> {
  await using client = connect(node.rpcUrl);
  await eventually(`${node.name} sees ${JSON.stringify(expected)}`, patienceMs, async () => {
    const members = new Map((await client.members()).map((member) => [member.name, member.status as string]));
    return Object.entries(expected).every(([name, status]) => members.get(name) === status);
  });
}

async function produce(client: LogClient, topic: string, values: readonly string[]): Promise<void> {
  const producer = client.producer(topic);
  await Promise.all(values.map((value) => producer.send({ value })));
  await producer[Symbol.asyncDispose]();
}

/** The values of a topic on a node, once there are as many as expected. */
async function valuesOn(node: NodeProcess, topic: string, count: number): Promise<string[]> {
  await using client = connect(node.rpcUrl);
  const values: string[] = [];
  const impatience = AbortSignal.timeout(patienceMs);
  for await (const record of client.consume(topic, { from: "earliest", signal: impatience })) {
    values.push(record.text());
    if (values.length === count) break;
  }
  return values;
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, "0")}`);
}

test("what is written to any of three nodes stands on all of them, once, in each writer's order", async () => {
  await using nodes = await NodeProcesses.create();
  const three = await startThree(nodes);
  const written = await Promise.all(
    three.map(async (node) => {
      await using client = connect(node.rpcUrl);
      const values = numbered(`${node.name}-`, 500);
      await produce(client, "orders", values);
      return values;
    }),
  );
  for (const node of three) {
    const values = await valuesOn(node, "orders", 1_500);
    assert.equal([...values].sort(), written.flat().sort());
    for (const own of written) {
      assert.equal(
        values.filter((value) => value.startsWith(own[0]?.slice(0, 2) ?? "")),
        own,
      );
    }
  }
});

test("a record whose origin is dead reaches a newcomer through another holder", async () => {
  await using nodes = await NodeProcesses.create();
  const origin = await nodes.start("a");
  const holder = await nodes.start("b", { "--join": origin.gossipAddress });
  await using client = connect(origin.rpcUrl);
  await produce(client, "orders", numbered("a-", 100));
  assert.equal(await valuesOn(holder, "orders", 100), numbered("a-", 100));
  await origin.end("SIGKILL");
  const newcomer = await nodes.start("c", { "--join": holder.gossipAddress });
  assert.equal(await valuesOn(newcomer, "orders", 100), numbered("a-", 100));
});

test("a killed node is seen failed, the others go on, and it catches up when it is back", async () => {
  await using nodes = await NodeProcesses.create();
  const [first, second, third] = await startThree(nodes);
  await second.end("SIGKILL");
  for (const node of [first, third]) {
    await hasStatuses(node, { b: "failed" });
    await using client = connect(node.rpcUrl);
    const servers = await client.servers();
    assert.is(servers.find((server) => server.id === "b")?.status, "failed");
    await produce(client, "orders", numbered(`${node.name}-`, 100));
  }
  const flags = { "--bind": second.gossipAddress, "--rpc-addr": new URL(second.rpcUrl).host };
  // Nobody to join is named: the others dial their failed peer until it answers.
  const revived = await nodes.start("b", flags);
  await hasStatuses(first, { b: "alive" });
  const expected = [...numbered("a-", 100), ...numbered("c-", 100)];
  assert.equal((await valuesOn(revived, "orders", 200)).sort(), expected);
});

test("a node that is asked to leave is seen left, never failed, and ends with exit code 0", async () => {
  await using nodes = await NodeProcesses.create();
  const [first, , third] = await startThree(nodes);
  await using client = connect(first.rpcUrl);
  const seen: string[] = [];
  const watching = new AbortController();
  const watch = (async () => {
    for await (const event of client.watchMembers({ signal: watching.signal })) {
      if (event.member.name === "c") seen.push(event.type);
    }
  })();
  const code = await third.end("SIGINT");
  await hasStatuses(first, { c: "left" });
  watching.abort();
  await watch;
  assert.is(code, 0);
  assert.equal(seen, ["join", "leave"]);
});

test.run();
