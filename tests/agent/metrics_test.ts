// timeout: 120
/** What /metrics of a real node says, and that docs/metrics.md lists all of it. `REWRITE=1` writes its table anew. */
import { createSocket } from "node:dgram";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent, type AgentOptions } from "../../mod.ts";
import { connect } from "../../src/client/mod.ts";
import { ownAddress, ownHost } from "../own_host.ts";
import { type Family, parseExposition, readValue } from "./exposition.ts";

const documentFile = new URL("../../docs/metrics.md", import.meta.url);

const test = suite<{ directory: string }>("metrics");

test.before.each(async (context) => {
  context.directory = await mkdtemp(path.join(os.tmpdir(), "grapevine-metrics-"));
});
test.after.each(async (context) => {
  await rm(context.directory, { recursive: true, force: true });
});

function start(directory: string, nodeName: string, more: AgentOptions = {}): Promise<Agent> {
  const dataDir = path.join(directory, nodeName);
  return Agent.start({ nodeName, dataDir, profile: "local", bind: ownAddress, rpcAddr: ownAddress, ...more });
}

async function scrape(agent: Agent): Promise<Map<string, Family>> {
  const response = await fetch(`http://${agent.rpcAddress}/metrics`);
  const text = await response.text();
  assert.is(response.status, 200, text);
  assert.is(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return parseExposition(text);
}

/** Scrapes until it is so. Two seconds are many rounds of gossip of the local profile. */
async function scrapeUntil(agent: Agent, isSo: (found: Map<string, Family>) => boolean): Promise<Map<string, Family>> {
  for (let attempt = 1; ; attempt++) {
    const found = await scrape(agent);
    if (isSo(found)) return found;
    if (attempt >= 100) throw new Error("Cannot go on: the metrics do not say so");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("two nodes that work show what they do", async ({ directory }) => {
  await using alder = await start(directory, "alder");
  await using birch = await start(directory, "birch", { join: [alder.gossipAddress] });
  await using client = connect(`http://${alder.rpcAddress}`);
  const producer = client.producer("orders");
  for (let count = 0; count < 5; count++) await producer.send({ value: `order ${count}` });
  await producer[Symbol.asyncDispose]();
  let read = 0;
  for await (const _record of client.consume("orders", { from: "earliest" })) if (++read === 5) break;
  birch.event("deploy", "v1");
  const asked = await alder.query("uptime").result;
  assert.is(asked.acks.length, 2);

  const birchFound = await scrapeUntil(
    birch,
    (found) => readValue(found, "grapevine_replication_applied_records_total") === 5,
  );
  assert.is(readValue(birchFound, "grapevine_replication_lag_records", { peer: "alder" }), 0);
  assert.is(readValue(birchFound, "grapevine_log_records"), 5);
  assert.ok(readValue(birchFound, "grapevine_replication_pulled_bytes_total") > 50);

  const found = await scrapeUntil(alder, (now) => readValue(now, "grapevine_gossip_paths", { verdict: "ok" }) === 1);
  const value = (name: string, labels?: Record<string, string>) => readValue(found, `grapevine_${name}`, labels);
  assert.is(value("serf_members", { status: "alive" }), 2);
  assert.is(value("serf_members", { status: "failed" }), 0);
  assert.is(value("serf_user_events_delivered_total"), 1);
  assert.is(value("serf_queries_asked_total"), 1);
  assert.ok(value("serf_lamport_time", { clock: "event" }) >= 2);
  assert.ok(value("gossip_packets_sent_total") >= 1 && value("gossip_received_bytes_total") >= 100);
  assert.ok(value("gossip_probes_total") >= 1);
  assert.is(value("gossip_queue_limit", { queue: "event" }), 4_096);
  assert.is(value("gossip_queue_dropped_total", { queue: "event" }), 0);
  assert.is(value("log_topics"), 1);
  assert.is(value("log_topic_appended_records_total", { topic: "orders" }), 5);
  assert.ok(value("log_disk_bytes") > 50);
  assert.ok(value("log_commits_total", { to: "segment" }) >= 1 && value("log_committed_records_total") >= 5);
  assert.ok(value("log_fsync_duration_seconds_count") >= 1);
  assert.is(value("replication_peers", { state: "heard" }), 1);
  assert.is(value("replication_watchers_open"), 1);
  assert.ok(value("rpc_connections_open") >= 1);
  // As they are answered: the stream that carries them stays open for a while. Where Deno's calls go through Connect, each is one.
  const produced = { method: `log.v1.Log/${"Deno" in globalThis ? "Produce" : "ProduceMany"}` };
  if ("Deno" in globalThis) assert.is(value("rpc_calls_total", { ...produced, code: "ok" }), 5);
  else {
    assert.is(value("rpc_messages_total", { ...produced, direction: "in" }), 5);
    assert.is(value("rpc_messages_total", { ...produced, direction: "out" }), 5);
  }
  const sent = "rpc_message_bytes_total";
  const consumed = { method: "log.v1.Log/ConsumeStream", direction: "out" };
  // Deno's HTTP/1.1 calls go through Connect, where messages have no bytes.
  if (!("Deno" in globalThis)) assert.ok(value(sent, consumed) > 50);
  assert.ok(readValue(found, "process_resident_memory_bytes") > 1_000_000);
  assert.ok(value("event_loop_lag_seconds_count") >= 1);
});

test("calls that fail are counted by their code, and bad datagrams by what is wrong", async ({ directory }) => {
  await using alder = await start(directory, "alder");
  const call = (method: string, body: string) =>
    fetch(`http://${alder.rpcAddress}/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
  await (await call("log.v1.Log/DescribeTopic", '{"topic":"nowhere"}')).text();
  await (await call("log.v1.Log/GetServers", "{}")).text();
  for (const producerEpoch of [1, 1, 0]) {
    const record = { value: "eA==" };
    const produced = { topic: "orders", record, producerId: "7", producerEpoch, producerSequence: "1" };
    await (await call("log.v1.Log/Produce", JSON.stringify(produced))).text();
  }
  // A stream: one message in an envelope asks, and the answer's last one says what is wrong.
  const asked = await fetch(`http://${alder.rpcAddress}/grapevine.v1.Cluster/Query`, {
    method: "POST",
    headers: { "content-type": "application/connect+json" },
    body: Uint8Array.of(0, 0, 0, 0, 2, 123, 125),
  });
  assert.match(await asked.text(), "invalid_argument");
  const port = Number(alder.gossipAddress.split(":").at(-1));
  const socket = createSocket("udp4");
  await new Promise((resolve) => socket.send(Uint8Array.of(99, 1, 2, 3), port, ownHost, resolve));
  socket.close();
  const found = await scrapeUntil(alder, (now) => (now.get("grapevine_gossip_dropped_total")?.samples.length ?? 0) > 0);
  const codes = found
    .get("grapevine_rpc_calls_total")
    ?.samples.map(({ labels, value }) => [labels.get("method"), labels.get("code"), value]);
  assert.equal(
    codes?.filter(([method]) => method === "log.v1.Log/DescribeTopic"),
    [["log.v1.Log/DescribeTopic", "not_found", 1]],
  );
  assert.equal(
    codes?.filter(([method]) => method === "log.v1.Log/GetServers"),
    [["log.v1.Log/GetServers", "ok", 1]],
  );
  assert.is(readValue(found, "grapevine_rpc_call_duration_seconds_count", { method: "log.v1.Log/GetServers" }), 1);
  assert.is(readValue(found, "grapevine_rpc_calls_open", { method: "log.v1.Log/GetServers" }), 0);
  assert.is(readValue(found, "grapevine_log_producer_duplicates_total"), 1);
  assert.is(readValue(found, "grapevine_log_producer_fenced_total"), 1);
  assert.is(readValue(found, "grapevine_log_producer_twins_total"), 0);
  const query = { method: "grapevine.v1.Cluster/Query", code: "invalid_argument" };
  assert.is(readValue(found, "grapevine_rpc_calls_total", query), 1);
});

test("a node with more topics than have series of their own shows the sums of all", async ({ directory }) => {
  await using alder = await start(directory, "alder", { fsync: "never" });
  for (let topic = 0; topic < 105; topic++) await alder.topic(`topic-${topic}`).produce({ value: "x" });
  const found = await scrape(alder);
  assert.is(readValue(found, "grapevine_log_topics"), 105);
  assert.is(readValue(found, "grapevine_log_records"), 105);
  assert.is(found.get("grapevine_log_topic_bytes")?.samples.length, 100);
});

test("HEAD is answered without a body, other methods are refused", async ({ directory }) => {
  await using alder = await start(directory, "alder");
  const url = `http://${alder.rpcAddress}/metrics`;
  const head = await fetch(url, { method: "HEAD" });
  assert.equal([head.status, await head.text()], [200, ""]);
  const posted = await fetch(url, { method: "POST", body: "x" });
  await posted.text();
  assert.is(posted.status, 405);
});

test("docs/metrics.md lists every metric of a node, with its type and its help", async ({ directory }) => {
  await using alder = await start(directory, "alder");
  const rows = [...(await scrape(alder)).values()]
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`);
  const table = ["| metric | type | what |", "| --- | --- | --- |", ...rows].join("\n");
  const text = await readFile(documentFile, "utf8");
  const tablePattern = /^\| metric \| type \| what \|$[\s\S]*?(?=\n\n|\n$)/m;
  if (process.env.REWRITE === "1")
    await writeFile(
      documentFile,
      text.replace(tablePattern, () => table),
    );
  else assert.is(tablePattern.exec(text)?.[0], table);
});

test.run();
