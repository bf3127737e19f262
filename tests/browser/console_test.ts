// needs: chromium
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../src/agent/mod.ts";

/** A browser that talks to nobody but the page's own server. */
const launchFlags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let directory: string;
let agent: Agent;
let browser: Browser;
let faults: string[];

test.before(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-browser-"));
  agent = await startAgent("alder");
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: launchFlags });
});
test.after(async () => {
  await browser.close();
  await agent[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});
test.before.each(() => {
  faults = [];
});

function startAgent(nodeName: string, join: readonly string[] = []): Promise<Agent> {
  const dataDir = path.join(directory, nodeName);
  return Agent.start({ nodeName, dataDir, bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0", profile: "local", join });
}

/** Opens the console page; what its script throws or logs as an error is collected. */
async function openPage(hash = "", options: Parameters<Browser["newPage"]>[0] = {}): Promise<Page> {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.goto(`http://${agent.rpcAddress}/${hash}`);
  return page;
}

test("the page shows the members and says so when one comes and goes", async () => {
  const page = await openPage();
  await page.locator('.member[data-status="alive"]', { hasText: "alder" }).waitFor();
  assert.match((await page.locator(".member", { hasText: "alder" }).textContent()) ?? "", "this node");
  const other = await startAgent("birch", [agent.gossipAddress]);
  await page.locator('.member[data-status="alive"]', { hasText: "birch" }).waitFor();
  assert.is(await page.locator("#members-tally").textContent(), "2 of 2 alive");
  await other.leave();
  await page.locator('.member[data-status="left"]', { hasText: "birch" }).waitFor();
  await page.close();
  assert.equal(faults, []);
});

test("the page tails what is produced after it was loaded, in order", async () => {
  await agent.topic("orders").produce({ value: "before the page" });
  const page = await openPage("#orders");
  await page.locator(".row", { hasText: "before the page" }).waitFor();
  for (let number = 1; number <= 20; number++)
    await agent.topic("orders").produce({ key: "k", value: `later ${number}` });
  await page.locator(".row", { hasText: "later 20" }).waitFor();
  const values = await page.locator(".row .value").allTextContents();
  assert.equal(values, ["before the page", ...Array.from({ length: 20 }, (_, index) => `klater ${index + 1}`)]);
  await page.close();
  assert.equal(faults, []);
});

test("a record is shown as text, whatever it says", async () => {
  const markup = '<img src=x onerror="document.title=`broken`"><b>bold</b>';
  await agent.topic("markup").produce({ key: "<i>key</i>", value: markup });
  const page = await openPage("#markup");
  await page.locator(".row").waitFor();
  assert.is(await page.locator(".row .value").textContent(), `<i>key</i>${markup}`);
  assert.is(await page.title(), "Grapevine");
  await page.close();
  assert.equal(faults, []);
});

test("the form produces a record that appears in the tail, all by keyboard", async () => {
  const page = await openPage("#typed");
  await page.locator("#produce-value").focus();
  await page.keyboard.type("typed by hand");
  await page.keyboard.press("Enter");
  await page.locator("#produce-answer", { hasText: "Stored in typed at offset 0." }).waitFor();
  await page.locator(".row", { hasText: "typed by hand" }).waitFor();
  await page.close();
  assert.equal(faults, []);
});

test("a paused tail keeps what comes and shows it when resumed", async () => {
  await agent.topic("paused").produce({ value: "shown" });
  const page = await openPage("#paused");
  await page.locator(".row", { hasText: "shown" }).waitFor();
  await page.locator("#pause").click();
  await agent.topic("paused").produce({ value: "kept" });
  await page.locator("#tail-state", { hasText: "paused, 1 waiting" }).waitFor();
  assert.is(await page.locator(".row").count(), 1);
  await page.locator("#pause").click();
  await page.locator(".row", { hasText: "kept" }).waitFor();
  await page.close();
  assert.equal(faults, []);
});

test("the page says when its node is gone", async () => {
  const gone = await startAgent("cedar");
  const page = await browser.newPage();
  await page.goto(`http://${gone.rpcAddress}/#orders`);
  await page.locator('#link[data-state="live"]').waitFor();
  await gone[Symbol.asyncDispose]();
  await page.locator('#link[data-state="lost"]', { hasText: "node not reachable" }).waitFor();
  await page.locator('#tail-state[data-state="lost"]').waitFor();
  await page.close();
});

test.run();
