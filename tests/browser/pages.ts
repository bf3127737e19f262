/** Pages of an origin of their own, in a browser, with the client of the sources. */
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { bundlePageClient } from "../../scripts/page_client.ts";

const launchFlags = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

export class Pages implements AsyncDisposable {
  readonly origin: string;
  /** What the pages threw. */
  readonly faults: string[] = [];
  readonly #browser: Browser;
  readonly #server: http.Server;
  readonly #texts: Map<string, string>;

  private constructor(browser: Browser, server: http.Server, texts: Map<string, string>) {
    this.#browser = browser;
    this.#server = server;
    this.#texts = texts;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<Pages> {
    const texts = new Map([["/client.js", await bundlePageClient()]]);
    const server = http.createServer((request, response) => {
      const text = texts.get(request.url ?? "");
      const type = request.url?.endsWith(".js") ? "text/javascript" : "text/html";
      response.writeHead(text === undefined ? 404 : 200, { "content-type": `${type}; charset=utf-8` }).end(text);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Pages(await chromium.launch({ executablePath: "/usr/bin/chromium", args: launchFlags }), server, texts);
  }

  /** Serves a page at a path. */
  serve(path: string, html: string): void {
    this.#texts.set(path, html);
  }

  /** Serves a page that runs this script, with `connect` in reach. */
  serveScript(path: string, script: string): void {
    const head = 'import { connect } from "/client.js";';
    this.serve(path, `<!doctype html><title>page</title><script type="module">${head}\n${script}</script>`);
  }

  /** Its tabs share what an origin stores. */
  context(): Promise<BrowserContext> {
    return this.#browser.newContext();
  }

  async open(context: BrowserContext, path: string): Promise<Page> {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => this.faults.push(String(error)));
    await page.goto(this.origin + path);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
