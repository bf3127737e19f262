import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, type LogClient, ServiceBalancer } from "../../client/mod.ts";
import { CommandFailedError } from "../failure.ts";
import { type DemoNode, pause } from "./nodes.ts";

const name = "greeter";
const checkEveryMs = 500;
const callEveryMs = 50;
const callTimeoutMs = 1_000;
const foundTimeoutMs = 10_000;

/** A greeter's program. */
interface Greeter {
  readonly server: Server;
  readonly port: number;
}

/** A small web service beside each node, registered there and checked by it, and somebody who calls whichever is well. */
export class Greeters implements AsyncDisposable {
  readonly #running = new Map<string, Greeter>();
  readonly #client: LogClient;
  readonly #balancer: ServiceBalancer;
  #calling: Promise<void> = Promise.resolve();
  #isOver = false;
  /** Calls that came to a good end, and others. */
  answered = 0;
  failed = 0;

  /** Resolves when the greeter of each node is found. */
  static async open(nodes: readonly DemoNode[]): Promise<Greeters> {
    const greeters = new Greeters(nodes);
    try {
      for (const node of nodes) await greeters.start(node);
      await greeters.#allFound(nodes.length);
    } catch (error) {
      await greeters[Symbol.asyncDispose]();
      throw error;
    }
    greeters.#calling = greeters.#call();
    return greeters;
  }

  private constructor(nodes: readonly DemoNode[]) {
    this.#client = connect(nodes.map(({ rpcUrl }) => rpcUrl));
    this.#balancer = new ServiceBalancer({ service: name, services: this.#client.services, timeoutMs: callTimeoutMs });
  }

  /** Starts the greeter beside a node, and registers it there. */
  async start(node: DemoNode): Promise<void> {
    const server = createServer((_, response) => response.end(`hello from the one beside ${node.name}\n`));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    this.#running.set(node.name, { server, port });
    await using client = connect(node.rpcUrl, { failover: false });
    const url = `http://127.0.0.1:${port}/`;
    await client.services.register({
      ...{ name, id: `${name}-${node.name}`, address: "127.0.0.1", port },
      checks: [{ type: "http", url, intervalMs: checkEveryMs }],
    });
  }

  /** Ends the greeter beside a node without a word, as if its machine had died. */
  kill(node: DemoNode): void {
    const { server } = this.#running.get(node.name) ?? {};
    server?.close();
    server?.closeAllConnections();
    this.#running.delete(node.name);
  }

  /** Nodes whose greeters are found, where the asked node looks. */
  async nodes(asked: DemoNode): Promise<string[]> {
    await using client = connect(asked.rpcUrl);
    return (await client.services.lookUp({ name })).map(({ node }) => node);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#calling;
    this.#balancer.close();
    this.#client.close();
    for (const { server } of this.#running.values()) {
      server.close();
      server.closeAllConnections();
    }
  }

  async #allFound(count: number): Promise<void> {
    const deadline = AbortSignal.timeout(foundTimeoutMs);
    while ((await this.#client.services.lookUp({ name, states: ["passing"] })).length < count) {
      if (deadline.aborted) throw new CommandFailedError(`Cannot go on: not all ${count} services are found`);
      await pause(callEveryMs);
    }
  }

  async #call(): Promise<void> {
    while (!this.#isOver) {
      try {
        await (await this.#balancer.fetch("/")).text();
        this.answered++;
      } catch {
        this.failed++;
      }
      await pause(callEveryMs);
    }
  }
}
