/** Three nodes on this machine with topics that grow, services, and something that happens. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { Agent } from "../../src/agent/mod.ts";

const names = ["alder", "birch", "cedar"] as const;
export type NodeName = (typeof names)[number];

const tickMs = 100;
const currencies = ["EUR", "USD", "CHF", "JPY"];
const pages = ["/", "/search", "/item/41", "/item/7", "/basket", "/checkout"];

/** A program that is registered, and what it answers to who checks it. */
interface Program {
  readonly name: string;
  readonly id: string;
  readonly node: NodeName;
  readonly tags: readonly string[];
  readonly status: number;
  readonly says: string;
}

const programs: readonly Program[] = [
  { name: "payments", id: "payments-1", node: "alder", tags: ["v3", "primary"], status: 200, says: "ok" },
  { name: "payments", id: "payments-2", node: "birch", tags: ["v3"], status: 200, says: "ok" },
  { name: "search", id: "search-1", node: "alder", tags: ["v7"], status: 200, says: "ok, 214 queries/s" },
  { name: "search", id: "search-2", node: "cedar", tags: ["v7"], status: 200, says: "ok, 198 queries/s" },
  { name: "search", id: "search-3", node: "birch", tags: ["v7"], status: 429, says: "overloaded: 1,840 queries wait" },
  { name: "mailer", id: "mailer", node: "birch", tags: ["batch"], status: 503, says: "smtp.example does not answer" },
];

/** The same numbers each time, so that pictures differ by what was changed. */
function createChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

export class LiveCluster implements AsyncDisposable {
  readonly #agents = new Map<NodeName, Agent>();
  readonly #directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-screenshots-"));
  readonly #chance = createChance(7);
  readonly #servers: Server[] = [];
  #tickedAtMs = Date.now();
  #order = 1_000;
  #ticks = 0;
  #isOver = false;
  #living: Promise<void> = Promise.resolve();

  static async start(): Promise<LiveCluster> {
    const cluster = new LiveCluster();
    for (const nodeName of names) {
      const first = cluster.#agents.get("alder");
      const agent = await Agent.start({
        ...{ nodeName, dataDir: path.join(cluster.#directory, nodeName) },
        ...{ bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0", profile: "local" },
        tags: { zone: nodeName === "cedar" ? "north" : "south" },
        join: first === undefined ? [] : [first.gossipAddress],
      });
      cluster.#agents.set(nodeName, agent);
    }
    await cluster.#registerServices();
    cluster.#living = cluster.#live();
    return cluster;
  }

  addressOf(name: NodeName): string {
    return this.#agents.get(name)?.rpcAddress ?? "";
  }

  async #live(): Promise<void> {
    while (!this.#isOver) {
      await this.#tick();
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
  }

  /** It goes without a word. */
  async kill(name: NodeName): Promise<void> {
    const agent = this.#agents.get(name);
    this.#agents.delete(name);
    await agent?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#living;
    for (const server of this.#servers) server.close();
    for (const agent of this.#agents.values()) await agent[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #tick(): Promise<void> {
    this.#ticks += 1;
    const nowMs = Date.now();
    const seconds = (nowMs - this.#tickedAtMs) / 1_000;
    this.#tickedAtMs = nowMs;
    const agents = [...this.#agents.values()];
    const swell = seconds * (1 + 0.45 * Math.sin(nowMs / 9_000) + 0.12 * this.#chance());
    const produces = agents.flatMap((agent) => [
      agent.topic("clicks").produceBatch(this.#many(420 * swell, () => this.#click())),
      agent.topic("orders").produceBatch(this.#many(26 * swell, () => this.#orderRecord())),
    ]);
    const [first] = agents;
    if (first !== undefined && this.#ticks % 3 === 0) {
      produces.push(first.topic("sensors").produceBatch(this.#many(3, () => ({ key: "s-4", value: this.#reading() }))));
    }
    if (first !== undefined && this.#ticks % 25 === 0) {
      produces.push(
        first.topic("audit").produceBatch([{ value: `user ada changed the limit of account ${this.#whole(900)}` }]),
      );
    }
    // A node that goes takes along what it was to store.
    await Promise.allSettled(produces);
    if (this.#ticks % 170 === 60) first?.event("deploy", `web v${this.#whole(9)}.${this.#whole(20)}`);
  }

  #many<Item>(count: number, make: () => Item): Item[] {
    return Array.from({ length: Math.max(1, Math.round(count)) }, make);
  }

  #whole(below: number): number {
    return Math.floor(this.#chance() * below);
  }

  #orderRecord(): { readonly key: string; readonly value: string } {
    const total = Math.round(this.#chance() * 20_000) / 100;
    const items = this.#many(1 + this.#whole(3), () => ({ sku: `A-${this.#whole(9_000)}`, count: 1 + this.#whole(4) }));
    this.#order += 1;
    const currency = currencies[this.#whole(currencies.length)];
    const order = {
      order: this.#order,
      total,
      currency,
      paid: this.#chance() > 0.2,
      customer: { id: this.#whole(5_000), country: "NL" },
      items,
    };
    return { key: `c-${this.#whole(400)}`, value: JSON.stringify(order) };
  }

  #click(): { readonly key: string; readonly value: string } {
    const page = pages[this.#whole(pages.length)];
    return { key: `u-${this.#whole(2_000)}`, value: JSON.stringify({ page, ms: this.#whole(900), from: "web" }) };
  }

  #reading(): Uint8Array {
    return Uint8Array.from({ length: 24 }, () => this.#whole(256));
  }

  async #registerServices(): Promise<void> {
    for (const { name, id, node, tags, status, says } of programs) {
      const server = createServer((_, response) => response.writeHead(status).end(says));
      this.#servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      const check = { type: "http", url: `http://127.0.0.1:${port}/healthz`, intervalMs: 2_000 } as const;
      const metadata = { owner: `team-${name}` };
      await this.#agents.get(node)?.services.register({ name, id, port, tags, metadata, checks: [check] });
    }
  }
}
