// needs: chromium
// runtimes: bun (the page runs in the browser, and the nodes behind it are tested elsewhere)
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Agent } from "../../src/agent/mod.ts";
import { ConsoleBench } from "./console_page.ts";

let bench: ConsoleBench;
let agent: Agent;

test.before(async () => {
  bench = await ConsoleBench.open();
  agent = await bench.start("alder");
});
test.after(async () => {
  await bench[Symbol.asyncDispose]();
});
test.before.each(() => {
  bench.faults.length = 0;
});

test("the map shows the members, and the timeline tells when one comes and goes", async () => {
  const page = await bench.openPage(agent);
  await page.locator('.node[data-status="alive"][data-asked="true"]', { hasText: "alder" }).waitFor();
  const other = await bench.start("birch", { join: [agent.gossipAddress], tags: { zone: "north" } });
  await page.locator('.node[data-status="alive"]', { hasText: "birch" }).waitFor();
  await page.locator(".figure", { hasText: "2 of 2" }).waitFor();
  await page.locator(".node", { hasText: "birch" }).hover();
  await page.locator(".inspector", { hasText: "birch" }).locator("dd", { hasText: "north" }).waitFor();
  await other.leave();
  await page.locator('.node[data-status="left"]', { hasText: "birch" }).waitFor();
  const told = await page.locator(".events-brief .told").allTextContents();
  assert.equal(
    told.filter((text) => /birch (joined|left)/.test(text)),
    ["birch left", "birch joined"],
  );
  await page.close();
  assert.equal(bench.faults, []);
});

test("the tail shows what was produced before and after the page came, in order", async () => {
  await agent.topic("orders").produce({ value: "before the page" });
  const page = await bench.openPage(agent, "#topic/orders");
  await page.locator(".row", { hasText: "before the page" }).waitFor();
  for (let number = 1; number <= 20; number++) {
    await agent.topic("orders").produce({ key: "k", value: `later ${number}` });
  }
  await page.locator(".row", { hasText: "later 20" }).waitFor();
  const values = await page.locator(".row .value").allTextContents();
  assert.equal(values, ["before the page", ...Array.from({ length: 20 }, (_, index) => `later ${index + 1}`)]);
  await page.locator(".position", { hasText: "offset 20, at the end" }).waitFor();
  await page.close();
  assert.equal(bench.faults, []);
});

test("a record is shown as text, whatever it says, and as bytes where it is none", async () => {
  const markup = '<img src=x onerror="document.title=`broken`"><b>bold</b>';
  const headers = [{ name: "<script>", value: markup }];
  await agent.topic("markup").produce({ key: "<i>key</i>", value: markup, headers });
  await agent.topic("markup").produce({ value: JSON.stringify({ [markup]: [markup] }) });
  await agent.topic("markup").produce({ value: Uint8Array.of(0, 159, 255, 7) });
  const page = await bench.openPage(agent, "#topic/markup");
  await page.locator(".row").nth(2).waitFor();
  assert.is(await page.locator(".row .value").nth(0).textContent(), markup);
  assert.is(await page.locator(".row .key").nth(0).textContent(), "<i>key</i>");
  assert.match((await page.locator(".row .value").nth(2).textContent()) ?? "", "00 9f ff 07");
  for (const row of [0, 1, 2]) await page.locator(".row").nth(row).click();
  await page.locator(".record-more .json .json-string", { hasText: "onerror" }).waitFor();
  await page.locator(".record-more .dump", { hasText: "000000  00 9f ff 07" }).waitFor();
  assert.is(await page.locator("#view-topic img, #view-topic b, #view-topic i").count(), 0);
  assert.is(await page.title(), "Grapevine");
  await page.close();
  assert.equal(bench.faults, []);
});

test("the page runs no script but its own, and stands in no frame", async () => {
  const { headers } = await fetch(`http://${agent.rpcAddress}/`);
  assert.match(headers.get("content-security-policy") ?? "", "frame-ancestors 'none'");
  const page = await bench.openPage(agent);
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'broken'";
    document.body.append(script);
    return document.title;
  });
  assert.is(ran, "Grapevine");
  assert.is(bench.faults.length, 1);
  assert.match(bench.faults[0] ?? "", "Content Security Policy");
  await page.close();
});

test("a search finds what came and what comes, by words, keys and paths", async () => {
  const topic = agent.topic("found");
  await topic.produceBatch([
    { key: "ada", value: '{"total": 5, "user": {"name": "Ada"}}' },
    { key: "bob", value: '{"total": 50, "user": {"name": "Bob"}}' },
  ]);
  const page = await bench.openPage(agent, "#topic/found");
  await page.locator(".row").nth(1).waitFor();
  const rows = page.locator(".row .key");
  const search = page.locator(".tail-search");
  await search.fill(".total>10");
  await page.locator(".record").first().locator(".key", { hasText: "bob" }).waitFor();
  assert.equal(await rows.allTextContents(), ["bob"]);
  await topic.produce({ key: "cyd", value: '{"total": 500}' });
  await topic.produce({ key: "dot", value: '{"total": 1}' });
  await page.locator(".row .key", { hasText: "cyd" }).waitFor();
  await search.fill("key:ada");
  await page.locator(".row .key", { hasText: "ada" }).waitFor();
  await search.fill(".total>much");
  await page.locator(".fault", { hasText: "no number" }).waitFor();
  assert.is(await search.getAttribute("aria-invalid"), "true");
  await page.close();
  assert.equal(bench.faults, []);
});

test("a paused tail keeps its place, and one that began elsewhere stops after a page", async () => {
  const topic = agent.topic("places");
  await topic.produceBatch(Array.from({ length: 250 }, (_, index) => ({ value: `number ${index}` })));
  const page = await bench.openPage(agent, "#topic/places");
  await page.locator(".row", { hasText: "number 249" }).waitFor();
  await page.locator(".tail-bar button", { hasText: "Pause" }).click();
  await topic.produce({ value: "kept" });
  await page.locator(".position", { hasText: "1 record to the end" }).waitFor();
  assert.is(await page.locator(".row", { hasText: "kept" }).count(), 0);
  await page.locator(".tail-bar button", { hasText: "Resume" }).click();
  await page.locator(".row", { hasText: "kept" }).waitFor();
  await page.locator(".tail-start select").selectOption("earliest");
  await page.locator(".row .value", { hasText: /^number 199$/ }).waitFor();
  assert.is(await page.locator(".row").count(), 200);
  await page.locator(".tail-bar button", { hasText: "Next 200" }).click();
  await page.locator('.tail-state[data-state="page"]', { hasText: "up to the end" }).waitFor();
  await page.locator(".row", { hasText: "kept" }).waitFor();
  await page.locator(".tail-start select").selectOption("offset");
  await page.keyboard.type("245");
  await page.keyboard.press("Enter");
  await page.locator(".row .value", { hasText: /^number 245$/ }).waitFor();
  assert.is(await page.locator(".row").first().locator(".offset").textContent(), "245");
  await page.close();
  assert.equal(bench.faults, []);
});

test("the form produces a record with headers, and says where it went, all by keyboard", async () => {
  const page = await bench.openPage(agent, "#topic/typed");
  await page.locator("#topics li").first().waitFor();
  await page.keyboard.press("n");
  await page.keyboard.type('{"typed": "by hand"}');
  for (const _ of ["Produce", "Add header"]) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.type("trace");
  await page.keyboard.press("Tab");
  await page.keyboard.type("t-1");
  await page.keyboard.press("Enter");
  await page.locator('.answer[data-state="done"]', { hasText: "Stored in typed at offset 0." }).waitFor();
  await page.locator(".answer dd", { hasText: "alder" }).waitFor();
  await page.locator(".row", { hasText: "by hand" }).click();
  await page.locator(".record-more dt", { hasText: "Header trace" }).waitFor();
  await page.close();
  // The topic was not there yet when the page asked for it.
  assert.equal(
    bench.faults.filter((fault) => !fault.includes("404")),
    [],
  );
});

test("services are shown with their reasons, and the empty state says how to register one", async () => {
  const page = await bench.openPage(agent, "#services");
  await page.locator(".empty .command", { hasText: "grapevine services register" }).waitFor();
  const checks = [{ type: "ttl", ttlMs: 60_000, name: "beat" }] as const;
  await agent.services.register({ name: "payments", port: 9_000, tags: ["v2"], checks });
  await agent.services.report("payments", { state: "passing", output: "fine" });
  await page.locator('.instance[data-state="passing"]', { hasText: "payments" }).waitFor();
  await agent.services.report("payments", { state: "critical", output: "<b>no money</b>" });
  await page.locator('.instance[data-state="critical"] .reason', { hasText: "beat: <b>no money</b>" }).waitFor();
  await page.locator("#services-badge", { hasText: "1 critical" }).waitFor();
  await page.locator(".instance summary").click();
  await page.locator(".checks pre", { hasText: "no money" }).waitFor();
  await page.locator('[data-view="events"]').click();
  await page
    .locator('.event[data-kind="service"][data-tone="bad"]', { hasText: "payments is critical on alder" })
    .waitFor();
  await page.close();
  assert.equal(bench.faults, []);
});

test("user events come to the timeline, newest first, and kinds can be hidden", async () => {
  const page = await bench.openPage(agent, "#events");
  await page.locator(".events .empty-title", { hasText: "All quiet" }).waitFor();
  // The watch has begun when it tells of the first.
  for (let number = 0; (await page.locator(".event").count()) === 0; number++) {
    agent.event("deploy", `v${number}`);
    await page.waitForTimeout(100);
  }
  agent.event("rollback", "<i>now</i>");
  await page.locator(".event").first().locator(".detail", { hasText: "<i>now</i>" }).waitFor();
  await page.locator('.filter[data-kind="user"]').click();
  await page.locator(".empty-title", { hasText: "Nothing of these kinds" }).waitFor();
  await page.close();
  assert.equal(bench.faults, []);
});

test.run();
