import { connect, type TopicDescription } from "../../client/mod.ts";
import { type DemoNode, pause } from "./nodes.ts";

/** What an independent reader found on one node. */
export interface NodeFindings {
  readonly node: string;
  readonly records: number;
  /** Lines of the input that the node does not hold. */
  readonly lost: number;
  /** Records whose line had come already. */
  readonly repeated: number;
  /** Records that are not what was produced. */
  readonly altered: number;
  /** Records that do not stand behind the record before of the same writer, or line of the same sender in it. */
  readonly disordered: number;
  /** How far the node holds each writer's feed. */
  readonly feeds: ReadonlyMap<string, number>;
}

/** What was produced. */
export interface Produced {
  readonly lines: readonly string[];
  /** Who sent the line with this number. @default one sender */
  readonly senderOf?: (number: number) => number;
}

/** Reads all of a topic from one node and compares it with what was produced. */
export async function inspectNode(node: DemoNode, topic: string, produced: Produced): Promise<NodeFindings> {
  const { lines, senderOf = () => 0 } = produced;
  const decoder = new TextDecoder();
  const seen = new Uint8Array(lines.length);
  const lastSequence = new Map<string, number>();
  const lastLine = new Map<string, number>();
  const found = { records: 0, repeated: 0, altered: 0, disordered: 0 };
  await using client = connect(node.rpcUrl, { failover: false });
  for await (const record of client.consume(topic, { from: "earliest", follow: false })) {
    found.records++;
    const number = Number(decoder.decode(record.key));
    const { writer, sequence } = record;
    const sender = `${writer} ${senderOf(number)}`;
    const isBehind = sequence > (lastSequence.get(writer) ?? 0) && number > (lastLine.get(sender) ?? 0);
    if (!isBehind) found.disordered++;
    lastSequence.set(writer, sequence);
    lastLine.set(sender, number);
    if (lines[number - 1] !== record.text()) found.altered++;
    else if (seen[number - 1] === 1) found.repeated++;
    else seen[number - 1] = 1;
  }
  const lost = seen.reduce((missing, held) => missing + 1 - held, 0);
  return { node: node.name, lost, ...found, feeds: heldFeeds(await client.describeTopic(topic)) };
}

/** True when everything is as it must be on every node. */
export function allIsWell(findings: readonly NodeFindings[]): boolean {
  const [first] = findings;
  return findings.every(
    ({ lost, repeated, altered, disordered, feeds }) =>
      lost + repeated + altered + disordered === 0 && first !== undefined && sameFeeds(feeds, first.feeds),
  );
}

/** How far a node holds the feed of each writer, surely on disk. */
export function heldFeeds(topic: TopicDescription): Map<string, number> {
  return new Map(topic.feeds.map(({ writer, durable }) => [writer, durable]));
}

/** Records in all feeds. */
export function countHeld(feeds: ReadonlyMap<string, number>): number {
  return [...feeds.values()].reduce((sum, held) => sum + held, 0);
}

/** What a node holds; undefined while it does not answer. */
export async function askHeld(node: DemoNode, topic: string): Promise<Map<string, number> | undefined> {
  await using client = connect(node.rpcUrl, { failover: false, timeoutMs: askTimeoutMs });
  try {
    return heldFeeds(await client.describeTopic(topic));
  } catch {
    // One that is dead, or has not heard of the topic yet, holds nothing that could be counted.
    return undefined;
  }
}

const askTimeoutMs = 1_000;

export function sameFeeds(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): boolean {
  return left.size === right.size && [...left].every(([writer, sequence]) => right.get(writer) === sequence);
}

/** Waits until all nodes hold the same, and that is as many records as were produced, or the time is over. Says whether they do. */
export async function haveConverged(
  nodes: readonly DemoNode[],
  topic: string,
  options: { readonly records: number; readonly timeoutMs: number },
): Promise<boolean> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  while (!deadline.aborted) {
    const [first, ...others] = await Promise.all(nodes.map((node) => askHeld(node, topic)));
    const areAlike = others.every((held) => first !== undefined && held !== undefined && sameFeeds(held, first));
    if (first !== undefined && areAlike && countHeld(first) >= options.records) return true;
    await pause(50);
  }
  return false;
}
