import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadAssets } from "../../src/agent/assets.ts";

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
    assert.match(path, /^\/(client\.js|mod\.js|types\/[a-z0-9_/]+\.d\.ts)?$/);
  }
});

test.run();
