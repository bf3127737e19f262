import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fetchDist, loadAssets } from "../../src/agent/assets.ts";

const dist = new URL("../../dist/", import.meta.url);

const rows: readonly [path: string, file: string, type: string][] = [
  ["/", "console.html", "text/html; charset=utf-8"],
  ["/client.js", "client.js", "text/javascript; charset=utf-8"],
  ["/mod.js", "mod.js", "text/javascript; charset=utf-8"],
  ["/types/mod.d.ts", "types/mod.d.ts", "application/typescript; charset=utf-8"],
  ["/types/src/base/mod.d.ts", "types/src/base/mod.d.ts", "application/typescript; charset=utf-8"],
];

for (const [path, file, type] of rows) {
  test(`loadAssets() has dist/${file} at ${path}`, async () => {
    const asset = (await loadAssets()).get(path);
    assert.is(asset?.type, type);
    assert.equal(asset?.bytes, new Uint8Array(readFileSync(new URL(file, dist))));
  });
}

test("loadAssets() has nothing but the page, the modules and their types", async () => {
  for (const path of (await loadAssets()).keys()) {
    assert.match(path, /^\/(client\.js|client\.d\.ts|mod\.js|types\/[a-z0-9_/]+\.d\.ts)?$/);
  }
});

test("fetchDist() has all of dist/ from where it lies as plain text", async () => {
  const asked: string[] = [];
  const origin = createServer((request, response) => {
    const file = (request.url ?? "").replace("/raw/dist/", "");
    asked.push(file);
    const found = statSync(new URL(file, dist), { throwIfNoEntry: false })?.isFile() ?? false;
    response.writeHead(found ? 200 : 404, { "content-type": "text/plain; charset=utf-8" });
    response.end(found ? readFileSync(new URL(file, dist)) : "not found");
  });
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = origin.address() as AddressInfo;
    const fetched = await fetchDist(new URL(`http://127.0.0.1:${port}/raw/dist/`), 30_000);
    const present = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => /\.[a-z]+$/.test(file));
    assert.equal([...fetched.keys()].sort(), present.sort());
    for (const [file, bytes] of fetched) assert.equal(bytes, new Uint8Array(readFileSync(new URL(file, dist))), file);
    assert.is(asked.length, new Set(asked).size, "nothing is asked for twice");
  } finally {
    origin.closeAllConnections();
    origin.close();
  }
});

test("fetchDist() has nothing where nobody answers", async () => {
  assert.is((await fetchDist(new URL("http://127.0.0.1:1/dist/"))).size, 0);
});

test.run();
