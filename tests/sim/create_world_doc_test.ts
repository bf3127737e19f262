// runtimes: bun (it runs a block of the docs as a module of its own)
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const project = path.resolve(import.meta.dirname, "../..");

test("the example of docs/simulation.md says what it prints", async () => {
  const text = await readFile(path.join(project, "docs/simulation.md"), "utf8");
  const block = /```ts\n(import \{ createWorld[^`]+)```/.exec(text)?.[1] as string;
  const room = pathToFileURL(path.join(project, "src/testing/mod.ts")).href;
  const directory = await mkdtemp(path.join(tmpdir(), "grapevine-docs-"));
  const said: unknown[] = [];
  const { log } = console;
  console.log = (...words: unknown[]) => said.push(...words);
  try {
    const file = path.join(directory, "example.ts");
    await writeFile(file, block.replace("@grapevine/log/testing", room));
    await import(pathToFileURL(file).href);
  } finally {
    console.log = log;
    await rm(directory, { recursive: true });
  }
  assert.equal(said, [["paid 42"]]);
  assert.match(block, '// [ "paid 42" ]');
});

test.run();
