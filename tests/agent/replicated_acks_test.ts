// timeout: 120
/** Real nodes that acknowledge only what others hold durably too. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent, type AgentOptions } from "../../src/agent/mod.ts";
import { type ClientError, connect, NotReplicatedError } from "../../src/client/mod.ts";
import { ownAddress } from "../own_host.ts";

let directory: string;
let alder: Agent;
let birch: Agent;
/** Does not wait for its disk, so that it never counts. */
let cedar: Agent;

test.before(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-acks-"));
  alder = await startAgent("alder", {});
  [birch, cedar] = await Promise.all([
    startAgent("birch", { join: [alder.gossipAddress] }),
    startAgent("cedar", { join: [alder.gossipAddress], fsync: "never" }),
  ]);
});
test.after(async () => {
  for (const agent of [cedar, birch, alder]) await agent[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

function startAgent(nodeName: string, options: AgentOptions): Promise<Agent> {
  const dataDir = path.join(directory, nodeName);
  const addresses = { bind: ownAddress, rpcAddr: ownAddress };
  return Agent.start({ nodeName, dataDir, ...addresses, profile: "local", ...options });
}

async function shortfallOf(produced: Promise<unknown>): Promise<NotReplicatedError> {
  try {
    await produced;
  } catch (error) {
    if (error instanceof NotReplicatedError) return error;
    throw error;
  }
  throw new Error("It was acknowledged");
}

const two = { acks: { replicated: 2 } };

test("a record with acks of two nodes is on the other one's disk when it is answered", async () => {
  const ack = await alder.topic("orders").produce({ value: "a" }, two);
  assert.is(ack.offset, 0);
  await using client = connect(`http://${birch.rpcAddress}`);
  const held = await client.describeTopic("orders");
  assert.is(held.feeds.find(({ writer }) => writer === ack.writer)?.durable, 1);
  assert.is((await alder.topic("orders").produceBatch([{ value: "b" }, { value: "c" }], two)).count, 2);
});

test("producers of a client wait for copies, batch after batch, in order", async () => {
  await using client = connect(`http://${birch.rpcAddress}`);
  const acks = await Promise.all([client.produce("orders", { value: "one" }, two), sendMany(client, 200)]);
  assert.is(acks[0].count, 1);
  await using other = connect(`http://${alder.rpcAddress}`);
  const held = await other.describeTopic("orders");
  assert.is(held.feeds.find(({ writer }) => writer === acks[0].writer)?.durable, 201);
});

async function sendMany(client: ReturnType<typeof connect>, count: number): Promise<void> {
  await using producer = client.producer("orders", { ...two, batchBytesMax: 1_000 });
  const sent = await Promise.all(Array.from({ length: count }, (_, index) => producer.send({ value: `${index}` })));
  for (const [index, { sequence }] of sent.entries()) {
    if (index > 0) assert.is(sequence > (sent[index - 1]?.sequence ?? 0), true);
  }
}

test("nodes that do not wait for their disk are no copies: it is said who holds the record, and it is stored", async () => {
  const asked = { acks: { replicated: 3 }, timeoutMs: 400 };
  const missed = await shortfallOf(alder.topic("scarce").produce({ value: "kept" }, asked));
  assert.is(missed.code, "NOT_REPLICATED");
  assert.is(missed.fate, "stored");
  assert.equal([missed.asked, missed.holders, missed.lacking], [3, ["alder", "birch"], ["cedar"]]);
  assert.equal([missed.offset, missed.sequence], [0, 1]);
  const after = cedar.topic("scarce").consume({ after: missed.token });
  for await (const record of after) {
    assert.is(record.text(), "kept");
    break;
  }
});

test("a shortfall concerns its own records alone: what is sent after it goes on", async () => {
  await using client = connect(`http://${alder.rpcAddress}`);
  await using producer = client.producer("scarce", { acks: { replicated: 3 }, timeoutMs: 300 });
  const failures = await Promise.all(
    ["x", "y", "z"].map(async (value) => {
      const missed = await shortfallOf(producer.send({ value }));
      return missed.offset;
    }),
  );
  assert.equal(failures, [1, 2, 3]);
  const unary = await shortfallOf(
    client.produce("scarce", { value: "last" }, { acks: { replicated: 50 }, timeoutMs: 50 }),
  );
  assert.is(unary.offset, 4);
});

test("numbers of nodes that make no sense are refused before anything is sent", async () => {
  for (const replicated of [0, -1, 1.5, 101, Number.NaN]) {
    const produced = alder.topic("orders").produce({ value: "v" }, { acks: { replicated } });
    const error = await produced.then(
      () => undefined,
      (reason: ClientError) => reason,
    );
    assert.is(error?.code, "INVALID_ARGUMENT", `${replicated}`);
    assert.match(error?.message ?? "", `acks.replicated is ${replicated}, allowed are whole numbers from 1 to 100`);
  }
});

test.run();
