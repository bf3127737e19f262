import { test } from "uvu";
import * as assert from "uvu/assert";
import { toBytes } from "../../src/base/mod.ts";
import { serve } from "./serving.ts";

const assets = new Map([
  ["/", { type: "text/html; charset=utf-8", bytes: toBytes("<p>page") }],
  ["/client.js", { type: "text/javascript", bytes: toBytes("export {};") }],
]);

test("/healthz answers always, /readyz once the node is ready", async () => {
  await using serving = await serve();
  const get = async (path: string) => {
    const response = await fetch(serving.url + path);
    return `${response.status} ${await response.text()}`;
  };
  assert.is(await get("/healthz"), "200 ok\n");
  assert.is(await get("/readyz?verbose"), "200 ready\n");
  serving.ports.readiness.become(false);
  assert.is(await get("/healthz"), "200 ok\n");
  assert.is(await get("/readyz"), "503 not ready: still joining\n");
  assert.is(await get("/nowhere"), "404 Cannot find /nowhere: nothing is served there\n");
});

test("assets are served with their type, to scripts of any origin", async () => {
  await using serving = await serve({ assets });
  const page = await fetch(serving.url);
  assert.is(page.headers.get("content-type"), "text/html; charset=utf-8");
  assert.is(await page.text(), "<p>page");
  const script = await fetch(`${serving.url}/client.js`);
  assert.is(script.headers.get("content-type"), "text/javascript");
  assert.is(script.headers.get("access-control-allow-origin"), "*");
  assert.is(await script.text(), "export {};");
  const head = await fetch(`${serving.url}/client.js`, { method: "HEAD" });
  assert.is(head.status, 200);
  assert.is(await head.text(), "");
  const posted = await fetch(serving.url, { method: "POST", body: "x" });
  assert.is(posted.status, 405);
  assert.is(posted.headers.get("allow"), "GET, HEAD, OPTIONS");
  await posted.text();
});

test("/metrics answers what the node counts, at once or later, and tells when it cannot", async () => {
  await using without = await serve();
  const missing = await fetch(`${without.url}/metrics`);
  assert.is(missing.status, 404);
  await missing.text();
  for (const metrics of [() => "up 1\n", async () => "up 1\n"]) {
    await using serving = await serve({ metrics });
    const response = await fetch(`${serving.url}/metrics?x=1`);
    assert.is(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert.is(response.headers.get("access-control-allow-origin"), null);
    assert.is(await response.text(), "up 1\n");
    const head = await fetch(`${serving.url}/metrics`, { method: "HEAD" });
    assert.equal([head.status, await head.text()], [200, ""]);
    const posted = await fetch(`${serving.url}/metrics`, { method: "POST", body: "x" });
    assert.equal([posted.status, await posted.text()], [405, "Cannot POST /metrics: allowed are GET and HEAD\n"]);
  }
  await using broken = await serve({ metrics: () => Promise.reject(new Error("no counts")) });
  const failed = await fetch(`${broken.url}/metrics`);
  assert.equal([failed.status, await failed.text()], [500, "Cannot read the metrics: no counts\n"]);
});

const page = "https://app.example";
const rpc = "/log.v1.Log/ListTopics";

function preflight(url: string, origin: string): Promise<Response> {
  return fetch(url + rpc, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
}

function call(url: string, headers: Readonly<Record<string, string>>, path = rpc): Promise<Response> {
  return fetch(url + path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: "{}" });
}

test("pages of an origin that is allowed may preflight and read RPCs", async () => {
  for (const origins of [[page], ["*"]]) {
    await using serving = await serve({ cors: { origins } });
    const { status, headers } = await preflight(serving.url, page);
    assert.is(status, 204);
    assert.is(headers.get("access-control-allow-origin"), origins[0]);
    assert.match(headers.get("access-control-allow-methods") as string, "POST");
    assert.match(headers.get("access-control-allow-headers")?.toLowerCase() as string, "connect-protocol-version");
    assert.is(headers.get("access-control-allow-private-network"), "true");
    assert.ok(Number(headers.get("access-control-max-age")) >= 3_600);
    const answer = await call(serving.url, { origin: page });
    assert.is(answer.headers.get("access-control-allow-origin"), origins[0]);
    assert.match(answer.headers.get("access-control-expose-headers")?.toLowerCase() as string, "grpc-status");
    assert.equal(await answer.json(), { topics: [] });
  }
});

test("pages of other origins are refused in words, whatever they ask for, but for modules", async () => {
  await using serving = await serve({ assets, metrics: () => "up 1\n", cors: { origins: ["https://other.example"] } });
  const words = `Cannot answer a page of ${page}: this node does not allow that origin. Start it with --cors-origin ${page} to allow it\n`;
  const refusals = [
    await preflight(serving.url, page),
    await call(serving.url, { origin: page }),
    await call(serving.url, { origin: page, "content-type": "application/proto" }, "/log.v1.Log/Produce"),
    await fetch(`${serving.url}/metrics`, { headers: { origin: page } }),
    await fetch(serving.url, { headers: { origin: page } }),
  ];
  for (const refusal of refusals) {
    assert.equal([refusal.status, await refusal.text()], [403, words]);
    assert.is(refusal.headers.get("access-control-allow-origin"), null);
  }
  assert.is((await call(serving.url, { origin: "null" })).status, 403);
  const module = await fetch(`${serving.url}/client.js`, { headers: { origin: page } });
  assert.equal([module.status, module.headers.get("access-control-allow-origin")], [200, "*"]);
  assert.is((await call(serving.url, {})).status, 200);
});

test("without a word about it pages of the node, of the cluster's nodes and of this machine are allowed", async () => {
  await using serving = await serve({ cors: { isNode: (address) => address === "10.0.0.7:8400" } });
  const expected: readonly (readonly [origin: string, status: number])[] = [
    [serving.url, 200],
    ["http://10.0.0.7:8400", 200],
    ["http://localhost:3000", 200],
    ["http://127.0.0.2:9", 200],
    ["http://[::1]:3000", 200],
    ["http://10.0.0.7:8401", 403],
    ["http://localhost.example", 403],
    ["http://127.0.0.1.example", 403],
    ["file://", 403],
  ];
  for (const [origin, status] of expected) assert.is((await call(serving.url, { origin })).status, status, origin);
  await using strict = await serve({ cors: { origins: ["none"] } });
  assert.is((await call(strict.url, { origin: "http://localhost:3000" })).status, 403);
  assert.is((await call(strict.url, { origin: strict.url })).status, 200);
});

test.run();
