/**
 * `npm run screenshots` makes the pictures of docs/console.md: three nodes with live data and services, a browser that
 * looks at them, and one node that dies. `--out DIRECTORY` writes elsewhere, `--seconds N` lets the data run for so long.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { bundlePage } from "./console_page.ts";
import { LiveCluster } from "./screenshots/live_cluster.ts";

/** A browser that talks to nobody but the nodes. */
const launchFlags = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  // What is put in the place of an answer comes from nowhere, which may not ask loopback addresses.
  "--disable-features=LocalNetworkAccessChecks",
];
const pictureBytesMax = 300_000;
const settleSeconds = 4;
const body = await bundlePage();
const wide = { width: 1440, height: 900 };

const { values } = parseArgs({
  options: {
    out: { type: "string", default: path.resolve(import.meta.dirname, "../docs") },
    seconds: { type: "string", default: "75" },
  },
});
const seconds = Number(values.seconds);

interface Shot {
  readonly name: string;
  readonly hash: string;
  readonly scheme: "light" | "dark";
  readonly width: number;
  readonly height: number;
  /** What is done before the picture is taken. */
  readonly act?: (page: Page) => Promise<void>;
}

async function openPage(browser: Browser, server: string, hash: string): Promise<Page> {
  const page = await browser.newPage({ viewport: wide, colorScheme: "dark", reducedMotion: "reduce" });
  // The page is that of the sources, wherever dist/ stands.
  await page.route(`http://${server}/`, async (route) => route.fulfill({ response: await route.fetch(), body }));
  page.on("pageerror", (error) => console.error(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") console.error(message.text());
  });
  await page.goto(`http://${server}/${hash}`);
  return page;
}

async function take(page: Page, { name, hash, scheme, act, ...viewport }: Shot): Promise<void> {
  await page.bringToFront();
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme: scheme });
  await page.evaluate((next) => {
    location.hash = next;
  }, hash);
  // What is asked for every few seconds has been asked once.
  await pause(settleSeconds);
  await act?.(page);
  const picture = await page.screenshot({ animations: "disabled" });
  writeFileSync(path.join(values.out, `${name}.png`), picture);
  console.log(`${name}.png ${Math.round(picture.length / 1000)} kB`);
  if (picture.length > pictureBytesMax)
    throw new Error(`Cannot keep ${name}.png: it has ${picture.length} bytes, allowed are ${pictureBytesMax}`);
}

function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time * 1_000));
}

const openRecord = async (page: Page): Promise<void> => {
  await page.locator("#view-topic .small", { hasText: "Pause" }).click();
  await page.locator("#view-topic .row").nth(-4).click();
  await page.locator("#produce-value").fill('{"customer": "c-117", "total": 59.9}');
  await page.locator("#view-topic .primary").click();
  await page.locator('.answer[data-state="done"]').waitFor();
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    document.getElementById("main")?.scrollTo(0, 0);
  });
};

const openService = async (page: Page): Promise<void> => {
  await page.locator('.instance[data-state="critical"] summary').click();
};

/** One of them loses the node that it came from. */
const shots: readonly Shot[] = [
  { name: "console-dark", hash: "", scheme: "dark", ...wide },
  { name: "console-light", hash: "", scheme: "light", ...wide },
  { name: "console-topic", hash: "#topic/orders", scheme: "light", ...wide, act: openRecord },
  { name: "console-services", hash: "#services", scheme: "light", ...wide, height: 520, act: openService },
  { name: "console-narrow", hash: "", scheme: "dark", width: 390, height: 844 },
];
const failover: Shot = { name: "console-failover", hash: "#topic/orders", scheme: "dark", ...wide };

mkdirSync(values.out, { recursive: true });
await using cluster = await LiveCluster.start();
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: launchFlags });
try {
  const orphan = await openPage(browser, cluster.addressOf("cedar"), failover.hash);
  const page = await openPage(browser, cluster.addressOf("alder"), "");
  await pause(seconds);
  await cluster.kill("cedar");
  await orphan.locator("#banner").waitFor();
  await page.bringToFront();
  await pause(12);
  for (const shot of shots) await take(page, shot);
  await take(orphan, failover);
} finally {
  await browser.close();
}
