// timeout: 60
/** A node that holds nothing, and answers for all that one other holds. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent, type AgentOptions } from "../../src/agent/mod.ts";
import {
  ClientError,
  connect,
  ExpectedSequenceError,
  type LogClient,
  NotReplicatedError,
} from "../../src/client/mod.ts";
import { run } from "../cli/processes.ts";
import { eventually } from "../cluster/processes.ts";
import { ownAddress } from "../own_host.ts";

const directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-observer-"));
let holder: Agent;
let observer: Agent;
let client: LogClient;

test.before(async () => {
  holder = await startAgent("holder", {});
  observer = await startAgent("observer", { role: "observer", join: [holder.gossipAddress] });
  client = connect(`http://${observer.rpcAddress}`);
});
test.after(async () => {
  client.close();
  for (const agent of [observer, holder]) await agent[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

function startAgent(nodeName: string, options: AgentOptions): Promise<Agent> {
  const addresses = { bind: ownAddress, rpcAddr: ownAddress };
  return Agent.start({ nodeName, dataDir: path.join(directory, nodeName), ...addresses, profile: "local", ...options });
}

async function failureOf(called: Promise<unknown>): Promise<ClientError | NotReplicatedError> {
  const error = await called.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ClientError || error instanceof NotReplicatedError) return error;
  throw new Error(`It was ${error}`);
}

test("what is produced by every kind of call is stored at the holder, in the order of each producer", async () => {
  const ack = await client.produce("orders", [{ value: "a" }, { value: "b" }]);
  assert.is(ack.writer, holder.writer);
  await using producer = client.producer("orders");
  const sent = Array.from({ length: 50 }, (_, index) => producer.send({ key: String(index), value: `${index}` }));
  const acks = await Promise.all(sent);
  assert.equal(
    acks.map(({ offset }) => offset),
    acks.map((_, index) => index + 2),
  );
  await observer.topic("orders").produce({ value: "in the process" });
  const topics = readdirSync(path.join(directory, "observer", "topics"));
  assert.ok(
    topics.every((name) => name.startsWith("_")),
    `the observer holds ${topics.join(", ")}`,
  );
  assert.is((await client.describeTopic("orders")).records, 53);
  const { stdout } = await run(["topics", "describe", "orders", "--server", client.server]);
  assert.match(stdout, /^holder +\S+ +53 +0$/m);
  assert.match(stdout, /^observer +\S+ +0 +observer$/m);
  assert.equal(
    (await client.topics()).map(({ name }) => name),
    ["orders"],
  );
});

test("a consumer gets all of it, its cursor goes on at either node, and what comes comes through", async () => {
  const texts: string[] = [];
  let cursor = "";
  const consumer = client.consume("orders");
  for await (const record of consumer) {
    texts.push(record.text());
    cursor = consumer.cursor ?? "";
    if (texts.length === 53) break;
  }
  assert.is(texts[0], "a");
  assert.is(texts[52], "in the process");
  const { token } = await client.produce("orders", [{ value: "later" }]);
  for (const agent of [observer, holder]) {
    for await (const record of agent.topic("orders").consume({ from: cursor, after: token, follow: false })) {
      assert.is(record.text(), "later");
    }
  }
});

test("errors and shortfalls come through as they were said", async () => {
  const refused = await failureOf(client.produce("_topics", [{ value: "x" }]));
  assert.is(refused.code, "INVALID_ARGUMENT");
  const missed = await failureOf(
    client.produce("orders", [{ value: "copied" }], { acks: { replicated: 2 }, timeoutMs: 100 }),
  );
  assert.instance(missed, NotReplicatedError);
  assert.equal((missed as NotReplicatedError).holders, ["holder"]);
  assert.equal((missed as NotReplicatedError).lacking, []);
  await client.produce("orders", { key: "depended on", value: "1" });
  const unexpected = await failureOf(
    client.produce("orders", { key: "depended on", value: "2" }, { expectedSequence: 0, home: false }),
  );
  assert.instance(unexpected, ExpectedSequenceError);
  assert.is((unexpected as ExpectedSequenceError).latest?.writer, holder.writer);
  const beyond = client.consume("orders", { from: 10_000, follow: false });
  assert.is((await failureOf(beyond.next())).code, "OUT_OF_RANGE");
});

test("topics are created, set and deleted through it", async () => {
  await client.createTopic("made", { compact: true });
  await client.setTopic("made", { retention: { segmentsMax: 3 } });
  assert.equal((await client.describeTopic("made")).retention, { segmentsMax: 3 });
  assert.equal(await client.deleteTopic("made"), { generation: 1 });
  assert.is((await failureOf(client.produce("made", [{ value: "x", key: "k" }]))).code, "NOT_FOUND");
});

test("members and metrics tell of it", async () => {
  const members = await client.members();
  assert.is(members.find(({ name }) => name === "observer")?.tags["role"], "observer");
  const metrics = await (await fetch(`http://${observer.rpcAddress}/metrics`)).text();
  const passed = /^grapevine_placement_passed_total (\d+)$/m.exec(metrics)?.[1];
  assert.ok(Number(passed) > 5, `it passed on ${passed}`);
  assert.match(metrics, /^grapevine_placement_dropped_copies_total 0$/m);
});

test("what is produced while a holder leaves, and after it left, goes to another one, and nobody waits", async () => {
  await using second = await startAgent("second", { join: [holder.gossipAddress] });
  // Who does not know of the other one yet has nobody to go to.
  await eventually("the observer knows both", 10_000, () => {
    return observer.members().some(({ name, status }) => name === "second" && status === "alive");
  });
  let hasLeft = false;
  let waitedMs = 0;
  let sent = 0;
  const produce = async (): Promise<string> => {
    const startedMs = performance.now();
    const { writer } = await (sent++ % 2 === 0
      ? observer.topic("leaving").produce({ value: "of the process" })
      : plain.produce("leaving", [{ value: "of a client" }]));
    waitedMs = Math.max(waitedMs, performance.now() - startedMs);
    return writer;
  };
  await using plain = connect(`http://${observer.rpcAddress}`, { failover: false });
  const first = await produce();
  const [gone, left] = first === holder.writer ? [holder, second] : [second, holder];
  const producing = Array.from({ length: 4 }, async () => {
    while (!hasLeft) await produce();
  });
  const leaving = gone.leave().finally(() => {
    hasLeft = true;
  });
  await Promise.all([leaving, ...producing]);
  assert.is(await produce(), left.writer);
  assert.is(await produce(), left.writer);
  assert.ok(waitedMs < 1_000, `one of ${sent} waited for ${waitedMs} ms`);
  await left.close();
  for (const called of [
    observer.topic("leaving").produce({ value: "x" }),
    plain.produce("leaving", [{ value: "x" }]),
  ]) {
    const refused = await failureOf(called);
    assert.is(refused.code, "UNAVAILABLE");
    const says = `Cannot produce to topic "leaving": it is placed at ${left.nodeName}, none of which can be reached`;
    assert.match(refused.message, says);
  }
});

test.run();
