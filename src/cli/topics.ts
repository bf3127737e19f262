import { Argument, type Command } from "commander";
import { countMissing, type Vector } from "../base/mod.ts";
import { ClientError, connect, type LogClient, type TopicDescription } from "../client/mod.ts";
import { clientOf, topicArgument, withFormats, withServers } from "./arguments.ts";
import { printLine, toColumns } from "./output.ts";
import { addTopicsDeleteCommand } from "./topics_delete.ts";
import { addTopicsSetCommands, compactionText, placementText, retentionText } from "./topics_set.ts";

interface TopicsFlags {
  readonly server?: readonly string[];
  readonly internal?: boolean;
  readonly format: "text" | "json";
}

export function addTopicsCommand(program: Command): void {
  const topics = program.command("topics").description("List the topics that the asked node holds");
  topics.option("--internal", "list the cluster's own topics, too");
  withServers(withFormats(topics, ["text", "json"])).action(listTopics);
  addTopicsSetCommands(topics);
  addTopicsDeleteCommand(topics);
  const describe = topics
    .command("describe")
    .description("Show one topic: offsets, bytes, feeds and how far each node is behind")
    .addArgument(new Argument("<topic>", "name of the topic").argParser(topicArgument));
  withServers(withFormats(describe, ["text", "json"])).action((topic: string, _: unknown, command: Command) =>
    // Flags may stand before the word "describe" too.
    describeTopic(topic, command.optsWithGlobals()),
  );
}

async function listTopics(flags: TopicsFlags): Promise<void> {
  await using client = clientOf(flags);
  const topics = (await client.topics({ internal: flags.internal ?? false })).sort((left, right) =>
    left.name < right.name ? -1 : 1,
  );
  if (flags.format === "json") return printLine(JSON.stringify({ topics }, undefined, 2));
  const wereDeleted = topics.some(({ generation }) => generation > 1);
  const rows = topics.map((topic) => [
    topic.name,
    String(topic.records),
    `${topic.firstOffset}..${topic.nextOffset}`,
    String(topic.bytes),
    String(topic.feeds.length),
    ...(wereDeleted ? [String(topic.generation)] : []),
  ]);
  const heads = ["TOPIC", "SPAN", "OFFSETS", "BYTES", "FEEDS", ...(wereDeleted ? ["GENERATION"] : [])];
  await printLine(toColumns([heads, ...rows]));
}

/** What one node lacks of all that any asked node holds; undefined when it did not answer. */
interface NodeLag {
  readonly node: string;
  readonly rpcAddress: string;
  /** All offsets from its first to its next one, as nodes count them: also those of records that are gone. */
  readonly records: number | undefined;
  readonly lag: number | undefined;
  /** It holds nothing, and lacks nothing. */
  readonly isObserver: boolean;
  /** Feeds that it follows no more, whose other history it therefore goes on lacking. */
  readonly stopped: readonly StoppedFeed[];
}

interface StoppedFeed {
  readonly writer: string;
  readonly reason: string;
}

async function describeTopic(name: string, flags: TopicsFlags): Promise<void> {
  await using client = clientOf(flags);
  const topic = await client.describeTopic(name);
  const nodes = await lagOfNodes(client, topic);
  if (flags.format === "json") return printLine(JSON.stringify({ ...topic, nodes }, undefined, 2));
  const facts = toColumns([
    ["topic", topic.name],
    ...(topic.generation > 1 ? [["generation", String(topic.generation)]] : []),
    ["span", String(topic.records)],
    ["offsets", `${topic.firstOffset}..${topic.nextOffset}`],
    ["bytes", String(topic.bytes)],
    ["retention", retentionText(topic.retention)],
    ...(topic.compact === true ? [["compaction", compactionText(topic)]] : []),
    ...placementRows(topic),
  ]);
  const feeds = toColumns([
    ["FEED", "LOW-WATER", "HAVE", "DURABLE"],
    ...topic.feeds.map((feed) => [feed.writer, String(feed.lowWater), String(feed.have), String(feed.durable)]),
  ]);
  const lags = toColumns([
    ["NODE", "RPC", "SPAN", "LAG"],
    ...nodes.map((node) => [node.node, node.rpcAddress, String(node.records ?? "-"), lagText(topic, node)]),
  ]);
  await printLine([facts, feeds, lags, ...stoppedTable(nodes)].join("\n\n"));
}

/** What no node gets over by itself is shown at the end, where the eye is; nothing where no feed has forked. */
function stoppedTable(nodes: readonly NodeLag[]): string[] {
  const rows = nodes.flatMap(({ node, stopped }) => stopped.map(({ writer, reason }) => [writer, node, reason]));
  return rows.length === 0 ? [] : [toColumns([["STOPPED FEED", "NODE", "REASON"], ...rows])];
}

function lagText(topic: TopicDescription, { node, records, lag, isObserver }: NodeLag): string {
  if (lag === undefined) return "no answer";
  if (isObserver && records === 0) return "observer";
  return isElsewhere(topic, node, records) ? "not placed" : String(lag);
}

/** Whether a node neither is to hold a topic nor does: then it lacks nothing. */
function isElsewhere({ placed }: TopicDescription, node: string, records: number | undefined): boolean {
  return placed !== undefined && !placed.includes(node) && records === 0;
}

/** Where it belongs and who holds it, when that is not everybody. */
function placementRows({ placement, placed, holders = [] }: TopicDescription): string[][] {
  if (placed === undefined) return [];
  return [
    ["placement", placementText(placement ?? {})],
    ["placed", placed.join(", ")],
    ["held by", holders.length === 0 ? "nobody known" : holders.join(", ")],
  ];
}

async function lagOfNodes(client: LogClient, topic: TopicDescription): Promise<NodeLag[]> {
  const servers = (await client.servers()).filter(({ status }) => status === "alive" || status === "");
  const seen = await Promise.all(
    servers.map(async ({ id, rpcAddress, tags }) => ({
      node: id,
      rpcAddress,
      isObserver: tags["role"] === "observer",
      topic: await askNode(rpcAddress, topic.name),
    })),
  );
  const all = [topic, ...seen.flatMap((node) => node.topic ?? [])].map(haveOf);
  const union = new Map<string, number>();
  for (const have of all) for (const [writer, to] of have) union.set(writer, Math.max(to, union.get(writer) ?? 0));
  return seen.map(({ node, rpcAddress, isObserver, topic: held }) => ({
    node,
    rpcAddress,
    isObserver,
    records: held?.records,
    lag: held && countMissing(haveOf(held), union),
    stopped: stoppedOf(held?.feeds ?? []),
  }));
}

function stoppedOf(feeds: TopicDescription["feeds"]): StoppedFeed[] {
  return feeds.flatMap(({ writer, stopped }) => (stopped === undefined ? [] : { writer, reason: stopped }));
}

function haveOf(topic: TopicDescription): Vector {
  return new Map(topic.feeds.map((feed) => [feed.writer, feed.have]));
}

/** What a node holds of the topic; nothing of it when it has none, undefined when the node does not answer. */
async function askNode(rpcAddress: string, name: string): Promise<TopicDescription | undefined> {
  try {
    await using client = connect(`http://${rpcAddress}`, { timeoutMs: 2_000 });
    return await client.describeTopic(name, { heldOnly: true });
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== "NOT_FOUND") return undefined;
    return { name, generation: 1, firstOffset: 0, nextOffset: 0, bytes: 0, records: 0, feeds: [] };
  }
}
