// timeout: 120
/** What a node is told about its log: refused where it makes no sense, kept, and damage that peers repair. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent, type AgentOptions } from "../../mod.ts";
import { ownAddress } from "../own_host.ts";
import { parseExposition, readValue } from "./exposition.ts";

const test = suite<{ directory: string }>("log settings");

test.before.each(async (context) => {
  context.directory = await mkdtemp(path.join(os.tmpdir(), "grapevine-log-settings-"));
});
test.after.each(async ({ directory }) => {
  await rm(directory, { recursive: true, force: true });
});

function optionsOf(directory: string, nodeName: string, more: AgentOptions = {}): AgentOptions {
  const dataDir = path.join(directory, nodeName);
  return { nodeName, dataDir, profile: "local", bind: ownAddress, rpcAddr: ownAddress, ...more };
}

async function until(what: string, isSo: () => unknown): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`Cannot see that ${what}: 30 s are over`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function metric(agent: Agent, name: string): Promise<number> {
  const response = await fetch(`http://${agent.rpcAddress}/metrics`);
  return readValue(parseExposition(await response.text()), name);
}

/** Every record's text that a node holds of the topic. */
async function read(agent: Agent, count: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const record of agent.topic("orders").consume({ from: "earliest" })) {
    texts.push(record.text());
    if (texts.length === count) break;
  }
  return texts;
}

async function codeOf(action: Promise<unknown>): Promise<unknown> {
  return action.then(
    () => undefined,
    (error: { code?: unknown }) => error.code,
  );
}

test("settings of the log that make no sense are refused with name, value and what is allowed", async ({
  directory,
}) => {
  const rows: [AgentOptions, string][] = [
    [{ segmentBytesMax: 1_000 }, "segmentBytesMax: it is 1000, allowed is a whole number from 65536 to 1073741824"],
    [{ retentionBytes: 65_536 }, "retentionBytes: it is 65536, allowed is a whole number from 268435456 to "],
    [{ segmentBytesMax: 1_048_576, retentionBytes: 1_048_575 }, "retentionBytes: it is 1048575, allowed is a whole"],
    [{ retentionAgeMs: 999 }, "retentionAgeMs: it is 999, allowed is a whole number from 1000 to "],
    [{ retentionSegments: 0 }, "retentionSegments: it is 0, allowed is a whole number from 1 to "],
    [{ scrubBytesPerSecond: 65_535 }, "scrubBytesPerSecond: it is 65535, allowed is a whole number from 65536 to "],
    [{ compactionBytesPerSecond: 1 }, "compactionBytesPerSecond: it is 1, allowed is a whole number from 65536 to "],
    [{ journalTopicsMin: 0 }, "journalTopicsMin: it is 0, allowed is a whole number from 1 to "],
    [{ journalBytesMax: 1.5 }, "journalBytesMax: it is 1.5, allowed is a whole number from 65536 to "],
  ];
  for (const [bad, message] of rows) {
    const error = await Agent.start(optionsOf(directory, "alder", bad)).then(
      () => undefined,
      (thrown: { code?: string; message: string }) => thrown,
    );
    assert.is(error?.code, "INVALID_OPTION", message);
    assert.ok(error?.message.startsWith(`Cannot use option ${message}`), error?.message);
  }
});

test("a node forgets what its retention lets go, and says so", async ({ directory }) => {
  await using agent = await Agent.start(
    optionsOf(directory, "alder", { segmentBytesMax: 65_536, retentionBytes: 131_072, retentionSegments: 100 }),
  );
  for (let index = 0; index < 40; index++) {
    await agent.topic("orders").produce({ value: `${index} ${"x".repeat(20_000)}` });
  }
  await until("segments were dropped", async () => (await metric(agent, "grapevine_log_dropped_segments_total")) >= 7);
  const bytes = await metric(agent, "grapevine_log_disk_bytes");
  assert.ok(bytes >= 131_072 && bytes < 300_000, String(bytes));
  assert.ok((await metric(agent, "grapevine_log_dropped_bytes_total")) > 400_000);
});

test("a byte that changed on one node's disk is found, served to nobody, and put back by a peer", async ({
  directory,
}) => {
  const small = { segmentBytesMax: 65_536 };
  await using alder = await Agent.start(optionsOf(directory, "alder", small));
  const texts: string[] = [];
  {
    await using birch = await Agent.start(optionsOf(directory, "birch", { ...small, join: [alder.gossipAddress] }));
    for (let index = 0; index < 30; index++) {
      texts.push(`${index} ${"x".repeat(10_000)}`);
      const writer = index % 2 === 0 ? alder : birch;
      await writer.topic("orders").produce({ value: texts.at(-1) as string });
    }
    for (const agent of [alder, birch]) assert.is((await read(agent, 30)).length, 30);
    // So that it does not go back to the cluster by itself.
    await birch.leave();
  }
  const folder = path.join(directory, "birch", "topics", "orders");
  const file = path.join(folder, (await readdir(folder)).filter((name) => name.endsWith(".log")).sort()[1] as string);
  const whole = await readFile(file);
  const damaged = Uint8Array.from(whole);
  damaged[25_000] = (damaged[25_000] as number) ^ 1;
  await writeFile(file, damaged);

  await using birch = await Agent.start(optionsOf(directory, "birch", small));
  await until("the scrub found it", async () => (await metric(birch, "grapevine_log_corrupt_ranges")) === 1);
  assert.is(await codeOf(read(birch, 30)), "DATA_LOSS");
  await birch.join([alder.gossipAddress]);
  await until("it is repaired", async () => (await metric(birch, "grapevine_log_corrupt_ranges")) === 0);
  assert.is(await metric(birch, "grapevine_replication_repairs_total"), 1);
  assert.equal((await read(birch, 30)).sort(), texts.sort());
  const again = await readFile(file);
  assert.is(again.length, whole.length);
});

test.run();
