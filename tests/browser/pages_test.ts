// needs: chromium
// runtimes: bun (the browser is the same, whatever runs the nodes)
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../src/agent/mod.ts";
import { NodeProcesses } from "../cluster/processes.ts";
import { readBlocks } from "../docs/blocks.ts";
import { Pages } from "./pages.ts";

let nodes: NodeProcesses;
let pages: Pages;
test.before(async () => {
  [nodes, pages] = await Promise.all([NodeProcesses.create(), Pages.start()]);
});
test.after(async () => {
  await Promise.all([pages[Symbol.asyncDispose](), nodes[Symbol.asyncDispose]()]);
});

/** A node in this process, for what does not end it. */
function startAgent(nodeName: string, corsOrigins: readonly string[], join: readonly string[] = []): Promise<Agent> {
  const dataDir = path.join(nodes.directory, nodeName);
  const own = { nodeName, dataDir, bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0", profile: "local", join } as const;
  return Agent.start({ ...own, corsOrigins });
}

const urlOf = (agent: Agent): string => `http://${agent.rpcAddress}`;

/** How many streams of pages a node has open. */
async function streamsAt(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const [, count = "0"] = /^grapevine_rpc_calls_open\{[^}]*Follow[^}]*\} (\d+)/m.exec(text) ?? [];
  return Number(count);
}

async function until(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const untilMs = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error(`Waited for too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Reads on from where it stopped, whatever happened to the page meanwhile. */
function tail(servers: readonly string[], topic: string): string {
  return `
    const client = connect(${JSON.stringify(servers)});
    window.client = client;
    window.seen = JSON.parse(localStorage.getItem("seen") ?? "[]");
    window.carriedOn = window.seen.length;
    const consumer = client.consume("${topic}", { from: localStorage.getItem("cursor") ?? "earliest" });
    (async () => {
      for await (const record of consumer) {
        window.seen.push(record.text());
        localStorage.setItem("seen", JSON.stringify(window.seen));
        localStorage.setItem("cursor", consumer.cursor);
      }
    })().catch((error) => { window.failure = String(error); });
    // What one node alone has dies with it.
    const producer = client.producer("${topic}", { acks: { replicated: 2 } });
    window.send = async (from, to) => {
      const sends = [];
      for (let number = from; number < to; number++) sends.push(producer.send({ value: String(number) }));
      await Promise.all(sends);
    };`;
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

interface TailWindow {
  readonly seen: string[];
  readonly carriedOn: number;
  readonly failure?: string;
  send(from: number, to: number): Promise<void>;
}

test("a page of another origin produces and tails, outlives its node, and goes on after a reload", async () => {
  const first = await nodes.start("alder", { "--cors-origin": pages.origin });
  await using birch = await startAgent("birch", [pages.origin], [first.gossipAddress]);
  await using cedar = await startAgent("cedar", [pages.origin], [first.gossipAddress]);
  const servers = [first.rpcUrl, urlOf(birch), urlOf(cedar)];
  pages.serveScript("/tail", tail(servers, "orders"));
  const context = await pages.context();
  const page = await pages.open(context, "/tail");
  await page.evaluate(() => (globalThis as unknown as TailWindow).send(0, 100));
  const sending = page.evaluate(() => (globalThis as unknown as TailWindow).send(100, 1_000));
  await page.waitForFunction(() => (globalThis as unknown as TailWindow).seen.length >= 100);
  await first.end("SIGKILL");
  await sending;
  await page.evaluate(() => (globalThis as unknown as TailWindow).send(1_000, 1_100));
  await page.waitForFunction(() => (globalThis as unknown as TailWindow).seen.length >= 1_100);
  assert.equal(await page.evaluate(() => (globalThis as unknown as TailWindow).seen), numbers(1_100));
  await page.reload();
  await page.evaluate(() => (globalThis as unknown as TailWindow).send(1_100, 1_150));
  await page.waitForFunction(() => (globalThis as unknown as TailWindow).seen.length >= 1_150);
  assert.is(await page.evaluate(() => (globalThis as unknown as TailWindow).carriedOn), 1_100);
  assert.equal(await page.evaluate(() => (globalThis as unknown as TailWindow).seen), numbers(1_150));
  await context.close();
  assert.equal(pages.faults, []);
});

test("the page of docs/browsers.md loads the client of a node, and does what it says", async () => {
  await using node = await startAgent("holly", [pages.origin]);
  const [example] = readBlocks({
    file: "docs/browsers.md",
    text: readFileSync(new URL("../../docs/browsers.md", import.meta.url), "utf8"),
  });
  assert.is(example?.language, "html");
  pages.serve("/example", example?.text.replaceAll("http://127.0.0.1:8400", urlOf(node)) ?? "");
  const context = await pages.context();
  const page = await pages.open(context, "/example");
  await page.locator("input").fill("tea");
  await page.locator("button").click();
  await page.locator("#state", { hasText: "stored at offset 0" }).waitFor();
  await page.locator("li", { hasText: "tea" }).waitFor();
  await page.reload();
  await node.topic("orders").produce({ value: "coffee" });
  await page.locator("li", { hasText: "coffee" }).waitFor();
  assert.equal(await page.locator("li").allTextContents(), ["tea", "coffee"]);
  await context.close();
  assert.equal(pages.faults, []);
});

test("four tabs share one stream, whoever of them goes", async () => {
  await using node = await startAgent("dogwood", [pages.origin]);
  const script = `
    const client = connect(${JSON.stringify(urlOf(node))});
    window.seen = [];
    for (const topic of ["a", "b"]) (async () => {
      for await (const record of client.consume(topic)) window.seen.push(topic + record.text());
    })();
    (async () => { for await (const event of client.watchMembers()) window.member = event.member.name; })();`;
  pages.serveScript("/shared", script);
  const context = await pages.context();
  const tabs = [await pages.open(context, "/shared")];
  for (let count = 1; count < 4; count++) tabs.push(await pages.open(context, "/shared"));
  const expected: string[] = [];
  const produce = async (from: number): Promise<void> => {
    for (let number = from; number < from + 20; number++) {
      for (const topic of ["a", "b"]) await node.topic(topic).produce({ value: `${number}` });
      expected.push(`a${number}`, `b${number}`);
    }
  };
  const all = (count: number) => (globalThis as unknown as TailWindow & { member?: string }).seen.length >= count;
  await produce(0);
  await Promise.all(tabs.map((tab) => tab.waitForFunction(all, 40)));
  assert.is(await streamsAt(urlOf(node)), 1);
  // The first one leads.
  await tabs.shift()?.close();
  await produce(20);
  await Promise.all(tabs.map((tab) => tab.waitForFunction(all, 80)));
  for (const tab of tabs) {
    const seen = await tab.evaluate(() => (globalThis as unknown as TailWindow).seen);
    for (const topic of ["a", "b"]) {
      const ofTopic = (text: string): boolean => text.startsWith(topic);
      assert.equal(seen.filter(ofTopic), expected.filter(ofTopic));
    }
    assert.is(await tab.evaluate(() => (globalThis as unknown as { member: string }).member), "dogwood");
  }
  await until(async () => (await streamsAt(urlOf(node))) === 1, "one stream is left");
  await context.close();
  assert.equal(pages.faults, []);
});

test("a page that opens too many streams, and one that is not allowed, are told what to do", async () => {
  await using node = await startAgent("elm", [pages.origin]);
  await using closed = await startAgent("fir", ["none"]);
  const script = `
    window.warnings = [];
    const options = { shareTabs: false, failover: false, onWarning: (message) => window.warnings.push(message) };
    for (let number = 0; number < 7; number++) {
      const consumer = connect(${JSON.stringify(urlOf(node))}, options).consume("t" + number);
      consumer.next().catch((error) => { window.blocked = error.name + ": " + error.message; });
    }
    connect(${JSON.stringify(urlOf(closed))}, { failover: false }).members().catch((error) => { window.refused = error.code + ": " + error.message; });`;
  pages.serveScript("/greedy", script);
  const context = await pages.context();
  const page = await pages.open(context, "/greedy");
  interface Told {
    readonly warnings: string[];
    readonly blocked?: string;
    readonly refused?: string;
  }
  await page.waitForFunction(() => (globalThis as unknown as Told).blocked !== undefined);
  const { warnings, blocked, refused } = await page.evaluate(() => {
    const told = globalThis as unknown as Told;
    return { warnings: told.warnings, blocked: told.blocked, refused: told.refused };
  });
  assert.match(blocked ?? "", /^StreamBlockedError: Cannot open a stream to http:.*six connections.*shareTabs/);
  assert.is(warnings.length, 1);
  assert.match(refused ?? "", `it would with --cors-origin ${pages.origin}`);
  await context.close();
});

test("a page that does not read for seconds holds bounded memory, at both ends, and misses nothing", async () => {
  await using node = await startAgent("ginkgo", [pages.origin]);
  const recordBytes = 200_000;
  const records = 400;
  const value = new Uint8Array(recordBytes).fill(7);
  const topic = node.topic("big");
  for (let number = 0; number < records; number += 20) {
    await Promise.all(Array.from({ length: 20 }, () => topic.produce({ value })));
  }
  const script = `
    window.read = 0;
    const consumer = connect(${JSON.stringify(urlOf(node))}).consume("big");
    await consumer.next();
    window.read++;
    window.resume = async () => {
      for await (const record of consumer) {
        if (record.sequence !== ++window.read || record.value.length !== ${recordBytes}) throw new Error("a hole");
        if (window.read === ${records}) return window.read;
      }
    };`;
  pages.serveScript("/slow", script);
  const context = await pages.context();
  const page = await pages.open(context, "/slow");
  const devtools = await context.newCDPSession(page);
  await page.waitForFunction(() => (globalThis as unknown as { read: number }).read === 1);
  await until(async () => (await streamsAt(urlOf(node))) === 0, "the stream that nobody reads is left");
  const { usedSize, backingStorageSize = 0 } = (await devtools.send("Runtime.getHeapUsage")) as {
    readonly usedSize: number;
    readonly backingStorageSize?: number;
  };
  assert.ok(usedSize + backingStorageSize < 40_000_000, `${usedSize + backingStorageSize} bytes in the page`);
  const read = await page.evaluate(() => (globalThis as unknown as { resume(): Promise<number> }).resume());
  assert.is(read, records);
  await context.close();
  assert.equal(pages.faults, []);
});

test.run();
