// needs: chromium
// runtimes: bun (the page runs in the browser, and the nodes behind it are tested elsewhere)
import type { Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Agent } from "../../src/agent/mod.ts";
import { ConsoleBench } from "./console_page.ts";

let bench: ConsoleBench;
let alder: Agent;
let birch: Agent;

test.before(async () => {
  bench = await ConsoleBench.open();
  alder = await bench.start("alder");
  birch = await bench.start("birch", { join: [alder.gossipAddress] });
});
test.after(async () => {
  await bench[Symbol.asyncDispose]();
});
test.before.each(() => {
  bench.faults.length = 0;
});

test("the whole page can be used by keyboard", async () => {
  await alder.topic("orders").produceBatch([{ value: '{"a": 1}' }, { value: '{"b": 2}' }]);
  const page = await bench.openPage(alder);
  await page.locator("#topics a").first().waitFor();
  await page.locator(".node").nth(1).waitFor();
  const focused = (): Promise<string> =>
    page.evaluate(() => document.activeElement?.getAttribute("data-key") ?? document.activeElement?.id ?? "");
  await page.keyboard.press("Tab");
  assert.is(await focused(), "skip");
  await page.keyboard.press("Enter");
  assert.is(await focused(), "main");
  await page.keyboard.press("Tab");
  assert.is(await focused(), "alder");
  await page.keyboard.press("ArrowRight");
  assert.is(await focused(), "birch");
  await page.locator(".inspector h3", { hasText: "birch" }).waitFor();
  await page.keyboard.press("?");
  await page.locator("#help[open] kbd").first().waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await page.locator("#view-events:not([hidden])").waitFor();
  await page.keyboard.press("j");
  await page.locator(".topic-head h2", { hasText: "orders" }).waitFor();
  await page.locator(".row").nth(1).waitFor();
  await page.locator(".records").focus();
  for (const key of ["ArrowUp", "ArrowUp", "Enter"]) await page.keyboard.press(key);
  await page.locator(".record-more .json-name", { hasText: "a" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("p .b=2");
  assert.is(await page.locator(".tail-search").inputValue(), "p .b=2");
  await page.close();
  assert.equal(bench.faults, []);
});

test("everything that can be used has a name and a role", async () => {
  const page = await bench.openPage(alder, "#topic/orders");
  await page.locator(".row").first().waitFor();
  await page.locator(".lag-table").waitFor();
  for (const hash of ["#topic/orders", "#overview", "#services", "#events"]) {
    await page.evaluate((next) => {
      location.hash = next;
    }, hash);
    await page.locator(".view:not([hidden])").waitFor();
    assert.equal(await nameless(page), [], hash);
  }
  assert.is(await page.locator("h1").count(), 1);
  assert.is(await page.locator("html").getAttribute("lang"), "en");
  assert.equal(await page.locator("main, nav, header.bar").count(), 3);
  const ids = await page.evaluate(() => [...document.querySelectorAll("[id]")].map(({ id }) => id));
  assert.is(new Set(ids).size, ids.length, "ids are unique");
  await page.close();
  assert.equal(bench.faults, []);
});

/** What is in sight and can be used, but does not say what it is. */
function nameless(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const usable = "a[href], button, input, select, textarea, summary, [tabindex='0'], [role='img'], section";
    const isNamed = (element: Element): boolean => {
      const labelledBy = element.getAttribute("aria-labelledby");
      if (labelledBy !== null) return document.getElementById(labelledBy)?.textContent !== "";
      if ((element.getAttribute("aria-label") ?? "") !== "") return true;
      if (element.matches("input, select, textarea")) return ((element as HTMLInputElement).labels?.length ?? 0) > 0;
      return element.textContent.trim() !== "";
    };
    return [...document.querySelectorAll(usable)]
      .filter((element) => element.checkVisibility() && !isNamed(element))
      .map((element) => element.outerHTML.slice(0, 120));
  });
}

test("nothing sticks out at 360 and at 2560 pixels, and targets are within reach", async () => {
  const page = await bench.openPage(alder, "#overview", { viewport: { width: 360, height: 740 } });
  await page.locator(".node").first().waitFor();
  for (const width of [360, 820, 1_180, 2_560]) {
    await page.setViewportSize({ width, height: 740 });
    for (const hash of ["#overview", "#topic/orders", "#services", "#events"]) {
      await page.evaluate((next) => {
        location.hash = next;
      }, hash);
      await page.locator(`#view-${hash.slice(1).split("/")[0]}:not([hidden])`).waitFor();
      const wide = await page.evaluate(() =>
        Math.max(document.documentElement.scrollWidth, document.querySelector("main")?.scrollWidth ?? 0),
      );
      assert.ok(wide <= width, `${hash} is ${wide} wide at ${width}`);
    }
  }
  await page.close();
  assert.equal(bench.faults, []);
});

test("the page is dark where the system is, and keeps what somebody chose", async () => {
  const page = await bench.openPage(alder, "", { colorScheme: "dark" });
  const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await ground();
  await page.emulateMedia({ colorScheme: "light" });
  const light = await ground();
  assert.is.not(light, dark);
  await page.keyboard.press("t");
  assert.is(await ground(), light);
  await page.keyboard.press("t");
  assert.is(await ground(), dark);
  await page.reload();
  await page.locator(".node").first().waitFor();
  assert.is(await ground(), dark);
  assert.is(await page.locator("#theme").getAttribute("aria-label"), "Colours: dark");
  await page.close();
  assert.equal(bench.faults, []);
});

test("nodes die under the page: it goes on at another, says so, waits when all are gone, and comes back", async () => {
  const cedar = await bench.start("cedar", { join: [alder.gossipAddress] });
  const page = await bench.openPage(cedar, "#topic/orders");
  await page.locator('.asked[data-state="live"]', { hasText: "cedar" }).waitFor();
  await page.locator(".row").first().waitFor();
  await page.locator(".lag-table tbody tr").nth(2).waitFor();
  const { gossipAddress, rpcAddress } = cedar;
  await cedar[Symbol.asyncDispose]();
  await page.locator('.asked[data-state="live"]', { hasText: /alder|birch/ }).waitFor();
  await page.locator("#banner", { hasText: "cedar, which this page came from, does not answer." }).waitFor();
  await page.locator('.lag-table tr[data-state="silent"]', { hasText: "cedar" }).waitFor();
  await birch.topic("orders").produce({ value: "after the death" });
  await page.locator(".row", { hasText: "after the death" }).waitFor();
  await page.locator("#produce-value").fill("by the orphaned page");
  await page.locator(".produce .primary").click();
  await page.locator(".row", { hasText: "by the orphaned page" }).waitFor();
  await alder[Symbol.asyncDispose]();
  await birch[Symbol.asyncDispose]();
  await page.locator('#banner[data-tone="bad"]', { hasText: "No node answers." }).waitFor();
  await page.locator('.tail-state[data-state="lost"]', { hasText: "no node answers" }).waitFor();
  assert.is(await page.title(), "(no answer) Grapevine");
  const again = await bench.start("cedar", { bind: gossipAddress, rpcAddr: rpcAddress });
  await page.locator('.asked[data-state="live"]', { hasText: "cedar" }).waitFor();
  await page.locator("#banner").waitFor({ state: "hidden" });
  await again.topic("orders").produce({ value: "after all came back" });
  await page.locator(".row", { hasText: "after all came back" }).waitFor();
  assert.is(await page.locator(".row", { hasText: "after the death" }).count(), 1);
  await page.close();
});

test.run();
