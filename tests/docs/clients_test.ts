// runtimes: bun (it runs the example of a document)
/** The example of docs/clients.md runs, and its figures are those of the code. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../src/agent/mod.ts";
import { readBlocks, readDocuments } from "./blocks.ts";

const root = path.resolve(import.meta.dirname, "../..");
const document = readDocuments(root).find(({ file }) => file === "docs/clients.md");
if (document === undefined) throw new Error("docs/clients.md is missing");
const { text } = document;

test("the example calls an instance that is registered", async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-clients-"));
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    response.setHeader("connection", "close");
    response.end("paid");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const ports = { bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0" };
  const agent = await Agent.start({ ...ports, dataDir: path.join(directory, "data"), profile: "local" });
  try {
    await agent.services.register({ name: "payments", address: "127.0.0.1", port, tags: ["v2"] });
    const [example, ...others] = readBlocks(document).filter(({ language }) => language === "ts");
    assert.is(others.length, 0);
    const file = path.join(directory, "example.ts");
    const local = (example?.text ?? "").replace("@grapevine/log/client", path.join(root, "src/client/mod.ts"));
    writeFileSync(file, local.replace("http://127.0.0.1:8400", `http://${agent.rpcAddress}`));
    await import(file);
    assert.equal(paths, ["/invoices/42"]);
  } finally {
    await agent[Symbol.asyncDispose]();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(directory, { recursive: true });
  }
});

/** Words of the page, and where the code says the same. */
const figures: readonly (readonly [words: string, file: string, code: string])[] = [
  ["used for two seconds", "server_watch.ts", "beginAfterMs = 2_000"],
  ["nobody used it for five", "server_watch.ts", "idleMs = 5_000"],
  ["about every 15 s", "servers.ts", "learnEveryMs = 15_000"],
  ["every 2 s after a failure", "servers.ts", "learnSoonMs = 2_000"],
  ["after five failures in a row", "picker.ts", "failuresInRowMax = 5"],
  ["of 20 calls or more", "picker.ts", "judgedCallsMin = 20"],
  ["30 of 100 more", "picker.ts", "excessRateMax = 0.3"],
  ["within 10 to 20 s", "picker.ts", "windowMs = 10_000"],
  ["That is for 1 s", "picker.ts", "ejectionMs = 1_000"],
  ["up to 60 s", "picker.ts", "ejectionMsMax = 60_000"],
  ["60 good seconds", "picker.ts", "forgiveMs = 60_000"],
  ["a wait of 50 ms to 2 s", "backoff.ts", "greatestMs = 2_000"],
  ["`deliveryTimeoutMs`, 120 s", "producer_options.ts", "deliveryTimeoutMsDefault = 120_000"],
  ["`failoverMs`, 60 s", "open_consumer.ts", "failoverMsDefault = 60_000"],
  ["a fifth as many", "retry_budget.ts", "perCall = 0.2"],
  ["beyond ten and one a second", "retry_budget.ts", "burst = 10"],
  ["`triesMax` (4)", "service_balancer.ts", "triesMaxDefault = 4"],
  ["or 2 ms more", "service_balancer.ts", "nearMs = 2"],
];

test("the figures of the page are those of the code", () => {
  for (const [words, file, code] of figures) {
    assert.match(text, words);
    assert.match(readFileSync(path.join(root, "src/client", file), "utf8"), code);
  }
});

test.run();
