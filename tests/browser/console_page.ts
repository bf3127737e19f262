/** A browser, a node or several, and the console page of the sources in it. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { bundlePage } from "../../scripts/console_page.ts";
import { Agent, type AgentOptions } from "../../src/agent/mod.ts";

/** A browser that talks to nobody but the page's own servers. */
const launchFlags = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  // What a test puts in the place of an answer comes from nowhere, which may not ask loopback addresses.
  "--disable-features=LocalNetworkAccessChecks",
];

/** What a page says when a node that it asks is gone, which is no fault of the page. */
const refused =
  /Failed to load resource: net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)/;

export class ConsoleBench implements AsyncDisposable {
  readonly #directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-browser-"));
  readonly #agents: Agent[] = [];
  readonly #browser: Browser;
  readonly #body: string;
  /** What pages threw or logged as an error. */
  readonly faults: string[] = [];

  constructor(browser: Browser, body: string) {
    this.#browser = browser;
    this.#body = body;
  }

  static async open(): Promise<ConsoleBench> {
    const [browser, body] = await Promise.all([
      chromium.launch({ executablePath: "/usr/bin/chromium", args: launchFlags }),
      bundlePage(),
    ]);
    return new ConsoleBench(browser, body);
  }

  async start(nodeName: string, options: AgentOptions = {}): Promise<Agent> {
    const dataDir = path.join(this.#directory, nodeName);
    const agent = await Agent.start({
      ...{ nodeName, dataDir, bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0", profile: "local" },
      ...options,
    });
    this.#agents.push(agent);
    return agent;
  }

  /** Opens the console page of a node. */
  async openPage(agent: Agent, hash = "", options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.#browser.newPage({ reducedMotion: "reduce", ...options });
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !refused.test(message.text())) this.faults.push(message.text());
    });
    // The page is that of the sources, wherever dist/ stands.
    await page.route(`http://${agent.rpcAddress}/`, async (route) =>
      route.fulfill({ response: await route.fetch(), body: this.#body }),
    );
    await page.goto(`http://${agent.rpcAddress}/${hash}`);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    for (const agent of this.#agents) await agent[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true });
  }
}
