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
  /** Records whose sequence or line does not follow the writer's record before. */
  readonly disordered: number;
  /** Identity of every record, `writer/sequence`, per writer the last one: with no disorder, all of them. */
  readonly feeds: ReadonlyMap<string, number>;
}

/** Reads all of a topic from one node and compares it with what was produced. */
export async function inspectNode(node: DemoNode, topic: string, lines: readonly string[]): Promise<NodeFindings> {
  const decoder = new TextDecoder();
  const seen = new Uint8Array(lines.length);
  const feeds = new Map<string, number>();
  const lastLine = new Map<string, number>();
  const found = { records: 0, repeated: 0, altered: 0, disordered: 0 };
  await using client = connect(node.rpcUrl, { failover: false });
  for await (const record of client.consume(topic, { from: "earliest", follow: false })) {
    found.records++;
    const number = Number(decoder.decode(record.key));
    const { writer } = record;
    if (record.sequence !== (feeds.get(writer) ?? 0) + 1 || number <= (lastLine.get(writer) ?? 0)) found.disordered++;
    feeds.set(writer, record.sequence);
    lastLine.set(writer, number);
    if (lines[number - 1] !== record.text()) found.altered++;
    else if (seen[number - 1] === 1) found.repeated++;
    else seen[number - 1] = 1;
  }
  const lost = seen.reduce((missing, held) => missing + 1 - held, 0);
  return { node: node.name, lost, ...found, feeds };
}

/** True when everything is as it must be on every node. */
export function allIsWell(findings: readonly NodeFindings[]): boolean {
  const [first] = findings;
  return findings.every(
    ({ lost, repeated, altered, disordered, feeds }) =>
      lost + repeated + altered + disordered === 0 && first !== undefined && sameFeeds(feeds, first.feeds),
  );
}

export function sameFeeds(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): boolean {
  return left.size === right.size && [...left].every(([writer, sequence]) => right.get(writer) === sequence);
}

/** Waits until all nodes hold as many records as were produced, or the time is over. Says whether they do. */
export async function haveConverged(
  nodes: readonly DemoNode[],
  topic: string,
  options: { readonly records: number; readonly timeoutMs: number },
): Promise<boolean> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  for (const node of nodes) {
    await using client = connect(node.rpcUrl);
    while (!holdsAll(await client.describeTopic(topic).catch(() => undefined), options.records)) {
      if (deadline.aborted) return false;
      await pause(50);
    }
  }
  return true;
}

function holdsAll(topic: TopicDescription | undefined, records: number): boolean {
  return topic !== undefined && topic.feeds.reduce((sum, feed) => sum + feed.durable, 0) >= records;
}
