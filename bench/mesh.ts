/** What nodes send each other when all of them produce to one topic, against what none could do without. */
import { randomBytes } from "node:crypto";
import { connect, type LogClient } from "../src/client/mod.ts";
import { BenchNodes, type NodeProcess } from "./nodes.ts";

const valueBytes = 1_024;
const recordsPerNode = 5_000;
/** Records that one node has under way at most: all produce as long as the others do. */
const batchRecords = 100;
const topic = "mesh";
/** How long the nodes may take to hold all, in milliseconds. */
const convergeMsMax = 120_000;

/**
 * Bytes of frames that nodes pulled from each other, divided by those of the log times all nodes but one: each record has
 * to reach those. Each node follows all others; all produce at the same time.
 */
export async function meshRatio(nodesCount: number): Promise<number> {
  await using nodes = await BenchNodes.create();
  const first = await nodes.startApart();
  const mesh = [first];
  while (mesh.length < nodesCount) mesh.push(await nodes.startApart(first));
  await until(async () => (await Promise.all(mesh.map(followed))).every((peers) => peers === nodesCount - 1));
  const pulledBefore = await sumOf(mesh, "grapevine_replication_pulled_bytes_total");
  await Promise.all(mesh.map(produce));
  const records = nodesCount * recordsPerNode;
  await until(async () => {
    const held = await Promise.all(
      mesh.map((node) => readMetric(node, "grapevine_log_topic_appended_records_total", topic)),
    );
    return held.every((count) => count === records);
  });
  const pulled = (await sumOf(mesh, "grapevine_replication_pulled_bytes_total")) - pulledBefore;
  return pulled / ((nodesCount - 1) * (await readMetric(first, "grapevine_log_topic_bytes", topic)));
}

async function produce(node: NodeProcess): Promise<void> {
  await using client: LogClient = connect(node.rpcUrl);
  await using producer = client.producer(topic);
  const value = new Uint8Array(randomBytes(valueBytes));
  for (let sent = 0; sent < recordsPerNode; sent += batchRecords) {
    await Promise.all(Array.from({ length: batchRecords }, () => producer.send({ value })));
  }
}

function followed(node: NodeProcess): Promise<number> {
  return readMetric(node, 'grapevine_replication_peers{state="heard"}');
}

async function sumOf(nodes: readonly NodeProcess[], name: string): Promise<number> {
  const values = await Promise.all(nodes.map((node) => readMetric(node, name)));
  return values.reduce((sum, value) => sum + value, 0);
}

/** The value of a series as a node's /metrics says it; 0 when it is not there yet. */
async function readMetric(node: NodeProcess, name: string, ofTopic?: string): Promise<number> {
  const series = ofTopic === undefined ? name : `${name}{topic="${ofTopic}"}`;
  const text = await (await fetch(new URL("/metrics", node.rpcUrl))).text();
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAtMs = performance.now() + convergeMsMax;
  while (!(await isSo())) {
    if (performance.now() > giveUpAtMs) throw new Error("Cannot measure: the nodes do not come to hold the same");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
