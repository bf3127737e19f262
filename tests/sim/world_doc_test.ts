// runtimes: bun (it runs a block of the docs, and the application of the examples, as modules of their own)
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runtimeCommand } from "../runner/runtimes.ts";

const project = path.resolve(import.meta.dirname, "../..");

/** What a file prints. Inside the project its package's own name is found. */
function printed(file: string): string {
  const [program, ...options] = runtimeCommand("bun", project) as [string, ...string[]];
  const ran = spawnSync(program, [...options, file], { cwd: project, encoding: "utf8" });
  assert.is(ran.status, 0, ran.stderr);
  return ran.stdout;
}

test("the example of docs/simulation.md says what it prints", async () => {
  const text = await readFile(path.join(project, "docs/simulation.md"), "utf8");
  const block = /```ts\n(import \{ World[^`]+)```/.exec(text)?.[1] as string;
  const directory = await mkdtemp(path.join(project, "node_modules/.simulation-doc-"));
  try {
    const file = path.join(directory, "example.ts");
    await writeFile(file, block);
    const lines = printed(file).trim().split("\n");
    const said = [...block.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    assert.is(said.length, 2);
    assert.equal(lines, said);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("the unit test of the application in examples/ passes", () => {
  assert.match(printed(path.join(project, "examples/order_totals_test.ts")), /^ann has paid 400 after \d+ ms/);
});

test.run();
