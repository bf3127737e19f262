// runtimes: bun (the ways to a node are tested on all of them; this is about what is sent again)
/** Idempotent producers against a node: fenced, restarted under them, and with a signal that many calls share. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../src/agent/mod.ts";
import { connect } from "../../src/client/mod.ts";
import { ownAddress } from "../own_host.ts";
import type { ClientError } from "./records.ts";

let directory: string;
test.before(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-idempotence-"));
});
test.after(() => rmSync(directory, { recursive: true }));

function startAgent(nodeName: string, rpcAddr = ownAddress): Promise<Agent> {
  const dataDir = path.join(directory, nodeName);
  return Agent.start({ nodeName, dataDir, bind: ownAddress, rpcAddr, profile: "local" });
}

async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  return promise.then(
    () => assert.unreachable(),
    (error: ClientError) => error,
  ) as Promise<ClientError>;
}

test("a producer that another one took over from is fenced, for good", async () => {
  await using agent = await startAgent("fencing");
  await using client = connect(`http://${agent.rpcAddress}`);
  const id = "1122334455667788";
  await using old = client.producer("t", { identity: { id, epoch: 1 } });
  await old.send({ value: "a" });
  await using young = client.producer("t", { identity: { id, epoch: 2 } });
  await young.send({ value: "b" });
  for (let time = 1; time <= 2; time++) {
    const failure = await failureOf(old.send({ value: "c" }));
    assert.is(failure.name, "ProducerFencedError", failure.message);
    assert.is(failure.code, "PRODUCER_FENCED");
    assert.is(failure.fate, "rejected");
  }
  await young.send({ value: "d" });
  const texts: string[] = [];
  for await (const record of client.consume("t", { follow: false })) texts.push(record.text());
  assert.equal(texts, ["a", "b", "d"]);
});

test("whatever waits while a node restarts is delivered then, once", async () => {
  let agent = await startAgent("restarting");
  const { rpcAddress } = agent;
  await using client = connect(`http://${rpcAddress}`);
  const producer = client.producer("t");
  const sends: Promise<unknown>[] = [];
  const send = (count: number): void => {
    for (let index = 0; index < count; index++) sends.push(producer.send({ value: String(sends.length) }));
  };
  send(500);
  await sends[0];
  const stopped = agent[Symbol.asyncDispose]();
  send(500);
  const once = client.produce("t", { value: "once" });
  await stopped;
  agent = await startAgent("restarting", rpcAddress);
  await Promise.all([...sends, once]);
  await producer[Symbol.asyncDispose]();
  const texts: string[] = [];
  for await (const record of client.consume("t", { follow: false })) texts.push(record.text());
  await agent[Symbol.asyncDispose]();
  assert.is(texts.filter((text) => text === "once").length, 1);
  assert.equal(
    texts.filter((text) => text !== "once"),
    sends.map((_, index) => String(index)),
  );
});

test("one signal for many produces is no leak", async () => {
  await using agent = await startAgent("signal");
  await using client = connect(`http://${agent.rpcAddress}`);
  const { signal } = new AbortController();
  const warnings: string[] = [];
  const warn = (warning: Error): void => void warnings.push(warning.message);
  process.on("warning", warn);
  const acks = { replicated: 2 };
  await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) =>
      client.produce("t", { value: "x" }, { signal, ...(index % 2 === 0 && { acks, timeoutMs: 50 }) }),
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 10));
  process.off("warning", warn);
  assert.equal(warnings, []);
});

test.run();
