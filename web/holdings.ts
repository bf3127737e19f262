/** What each node holds, as it says itself: one question to each, so that lag is seen from outside. */
import { ClientError, connect, type LogClient, type TopicDescription } from "../src/client/browser.ts";

/** Nodes that are asked. */
const nodesMax = 64;
const timeoutMs = 2_000;

export interface AskedNode {
  readonly name: string;
  /** `host:port` of its RPC. */
  readonly rpcAddress: string;
  readonly isObserver: boolean;
  /** The others take it for dead: it is not asked. */
  readonly isGone: boolean;
}

export interface NodeHoldings extends AskedNode {
  /** Undefined when the node did not answer. */
  readonly topics: readonly TopicDescription[] | undefined;
}

export class Holdings {
  readonly #clients = new Map<string, LogClient>();

  /** What all these nodes hold. */
  ask(nodes: readonly AskedNode[]): Promise<NodeHoldings[]> {
    const asked = nodes.slice(0, nodesMax);
    this.#closeOthers(new Set(asked.map(({ rpcAddress }) => rpcAddress)));
    return Promise.all(asked.map(async (node) => ({ ...node, topics: await this.#topicsOf(node) })));
  }

  /** The topic as one node holds it; nothing of it where it holds none, undefined when it does not answer. */
  async describe(node: AskedNode, topic: string): Promise<TopicDescription | undefined> {
    if (node.isGone) return undefined;
    try {
      return await this.#clientOf(node.rpcAddress).describeTopic(topic, { heldOnly: true });
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== "NOT_FOUND") return undefined;
      return { name: topic, generation: 1, firstOffset: 0, nextOffset: 0, bytes: 0, records: 0, feeds: [] };
    }
  }

  async #topicsOf({ rpcAddress, isGone }: AskedNode): Promise<readonly TopicDescription[] | undefined> {
    if (isGone) return undefined;
    try {
      return await this.#clientOf(rpcAddress).topics();
    } catch {
      // Whatever the reason: how far it is behind is not known, and that is what the page says.
      return undefined;
    }
  }

  #clientOf(rpcAddress: string): LogClient {
    const known = this.#clients.get(rpcAddress);
    if (known !== undefined) return known;
    const client = connect(`${location.protocol}//${rpcAddress}`, { failover: false, timeoutMs });
    this.#clients.set(rpcAddress, client);
    return client;
  }

  #closeOthers(kept: ReadonlySet<string>): void {
    for (const [rpcAddress, client] of this.#clients) {
      if (kept.has(rpcAddress)) continue;
      client.close();
      this.#clients.delete(rpcAddress);
    }
  }
}

/** Whether a node neither is to hold a topic nor does. */
export function isElsewhere({ name, isObserver }: AskedNode, topic: TopicDescription): boolean {
  const { placed, holders = [] } = topic;
  if (placed === undefined) return isObserver;
  return !placed.includes(name) && !holders.includes(name);
}
