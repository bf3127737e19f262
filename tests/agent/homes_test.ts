// timeout: 120
// runtimes: bun (whole nodes; the client's code is the same on every runtime)
/** Records of one key go to one node while it lives, which puts them into one order; and depend on each other there. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../src/agent/mod.ts";
import { rendezvousPick } from "../../src/base/mod.ts";
import { ClientError, connect, ExpectedSequenceError, type LogClient } from "../../src/client/mod.ts";
import { eventually } from "../cluster/processes.ts";
import { readBlocks, readDocuments } from "../docs/blocks.ts";
import { ownAddress } from "../own_host.ts";

const test = suite<{ directory: string; agents: Agent[]; client: LogClient }>("homes");
const keys = Array.from({ length: 24 }, (_, index) => `account-${index}`);

test.before.each(async (context) => {
  context.directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-homes-"));
  context.agents = [];
  for (const nodeName of ["alder", "birch", "cedar"]) {
    const join = context.agents.map((agent) => agent.gossipAddress);
    const addresses = { bind: ownAddress, rpcAddr: ownAddress, profile: "local" } as const;
    const dataDir = path.join(context.directory, nodeName);
    context.agents.push(await Agent.start({ nodeName, dataDir, join, ...addresses }));
  }
  context.client = connect(`http://${context.agents[0]?.rpcAddress}`);
  await eventually("all know all", 10_000, async () => (await aliveAt(context.agents)).every((count) => count === 3));
});
test.after.each(async ({ directory, agents, client }) => {
  client.close();
  for (const agent of agents) await agent[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

function aliveAt(agents: readonly Agent[]): Promise<number[]> {
  return Promise.all(
    agents.map(async ({ rpcAddress }) => {
      await using client = connect(`http://${rpcAddress}`);
      return (await client.servers()).filter(({ status }) => status === "alive").length;
    }),
  );
}

async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  return promise.then(
    () => assert.unreachable() as never,
    (error: unknown) => {
      assert.instance(error, ClientError);
      return error as ClientError;
    },
  );
}

test("each key has one writer, and keys spread over the nodes; those of a node that goes move", async (context) => {
  const { client, agents } = context;
  await using producer = client.producer("accounts", { home: true });
  const writerOf = async (key: string): Promise<string> => {
    const acks = await Promise.all(["1", "2", "3"].map((value) => producer.send({ key, value })));
    assert.is(new Set(acks.map(({ writer }) => writer)).size, 1, key);
    return acks[0]?.writer as string;
  };
  const before = new Map<string, string>();
  for (const key of keys) before.set(key, await writerOf(key));
  assert.is(new Set(before.values()).size, 3);
  // Whoever asks whom, the home is the same one.
  await using other = connect(`http://${agents[2]?.rpcAddress}`);
  for (const key of keys.slice(0, 6)) {
    assert.is((await other.produce("accounts", { key, value: "4" }, { home: true })).writer, before.get(key));
  }
  const gone = agents[1] as Agent;
  await gone.close();
  await eventually("it is known to be gone", 20_000, async () =>
    (await client.servers()).every(({ id, status }) => id !== "birch" || status !== "alive"),
  );
  const after = new Map<string, string>();
  for (const key of keys) after.set(key, await writerOf(key));
  assert.is(new Set(after.values()).size, 2);
  assert.not.ok([...after.values()].includes(gone.writer));
  for (const [key, writer] of before) if (writer !== gone.writer) assert.is(after.get(key), writer, key);
  const writers = new Map(agents.map((agent) => [agent.nodeName, agent.writer]));
  for (const [key, writer] of after) {
    assert.is(writer, writers.get(rendezvousPick(key, ["alder", "cedar"]) as string), `the home of ${key}`);
  }
});

test("counters that depend on their latest record lose no increment, whoever counts", async ({ client, agents }) => {
  const clients = [client, connect(`http://${agents[1]?.rpcAddress}`), connect(`http://${agents[2]?.rpcAddress}`)];
  const count = async (by: LogClient): Promise<number> => {
    let clashes = 0;
    let [latest, value]: [ExpectedSequenceError["latest"], number] = [undefined, 0];
    for (let done = 0; done < 20; ) {
      try {
        const expectedSequence = latest ?? 0;
        latest = await by.produce("counters", { key: "visits", value: String(value + 1) }, { expectedSequence });
        value++;
        done++;
      } catch (error) {
        if (!(error instanceof ExpectedSequenceError)) throw error;
        clashes++;
        ({ latest } = error);
        value = await valueAt(by, latest);
      }
    }
    return clashes;
  };
  const clashes = await Promise.all(clients.map(count));
  assert.ok(clashes.reduce((sum, one) => sum + one) > 0, "they met");
  const values: number[] = [];
  const writers = new Set<string>();
  for await (const record of client.consume("counters")) {
    values.push(Number(record.text()));
    writers.add(record.writer);
    if (values.length === 60) break;
  }
  for (const one of clients.slice(1)) one.close();
  if (values.length === 60)
    assert.equal(
      values,
      Array.from({ length: 60 }, (_, index) => index + 1),
    );
  assert.is(writers.size, 1);
});

/** What the latest record says, once the asked node has it. */
async function valueAt(client: LogClient, latest: ExpectedSequenceError["latest"]): Promise<number> {
  for await (const record of client.consume("counters")) {
    if (record.writer === latest?.writer && record.sequence === latest.sequence) return Number(record.text());
  }
  return 0;
}

test("the example of docs/producers.md runs", async ({ client, directory }) => {
  const root = path.resolve(import.meta.dirname, "../..");
  const document = readDocuments(root).find(({ file }) => file === "docs/producers.md");
  assert.ok(document);
  const [example, ...others] = readBlocks(document).filter(({ language }) => language === "ts");
  assert.is(others.length, 0);
  const file = path.join(directory, "example.ts");
  const text = (example?.text ?? "").replace("@grapevine/log/client", path.join(root, "src/client/mod.ts"));
  writeFileSync(file, text.replace("http://127.0.0.1:8400", client.server));
  await import(file);
  await eventually("all is here", 10_000, async () => {
    const described = await client.describeTopic("accounts").catch(() => undefined);
    return described?.records === 3;
  });
});

test("what makes no sense is refused before anything is sent", async ({ client }) => {
  await using producer = client.producer("accounts", { home: true });
  const keyless = await failureOf(producer.send({ value: "x" }));
  assert.is(keyless.code, "INVALID_ARGUMENT");
  assert.is(keyless.fate, "unsent");
  assert.match(keyless.message, "it has no key");
  assert.match(
    (await failureOf(client.produce("accounts", { value: "x" }, { expectedSequence: 0 }))).message,
    "no key",
  );
  const record = { key: "a", value: "x" };
  for (const expectedSequence of [
    { writer: "me", sequence: 1 },
    { writer: "00000000000000aa", sequence: 0 },
  ]) {
    const { code, message } = await failureOf(client.produce("accounts", record, { expectedSequence }));
    assert.is(code, "INVALID_ARGUMENT");
    assert.match(message, "allowed are 0 and what an ack or a record says of itself");
  }
});

test.run();
