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
    assert.is(response.headers.get("access-control-allow-origin"), "*");
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

test("browsers may preflight and read RPCs", async () => {
  await using serving = await serve();
  const preflight = await fetch(`${serving.url}/log.v1.Log/Produce`, {
    method: "OPTIONS",
    headers: { origin: "https://app.example", "access-control-request-method": "POST" },
  });
  assert.is(preflight.status, 204);
  assert.is(preflight.headers.get("access-control-allow-origin"), "*");
  assert.match(preflight.headers.get("access-control-allow-methods") as string, "POST");
  assert.match(
    preflight.headers.get("access-control-allow-headers")?.toLowerCase() as string,
    "connect-protocol-version",
  );
  const call = await fetch(`${serving.url}/log.v1.Log/ListTopics`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: "https://app.example" },
    body: "{}",
  });
  assert.is(call.headers.get("access-control-allow-origin"), "*");
  assert.match(call.headers.get("access-control-expose-headers")?.toLowerCase() as string, "grpc-status");
  assert.equal(await call.json(), { topics: [] });
});

test.run();
