// runtimes: node (generating is one program, whatever runs this file)
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

const projectDirectory = path.resolve(import.meta.dirname, "..");

/** Path below the directory and text of every file. */
function readTree(directory: string): Map<string, string> {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return new Map(files.sort().map((file) => [file, readFileSync(path.join(directory, file), "utf8")]));
}

test("src/gen is what `npm run generate` makes of proto/", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "grapevine-generated-"));
  try {
    const buf = path.join(projectDirectory, "node_modules/.bin/buf");
    const run = spawnSync(buf, ["generate", "--output", directory], { cwd: projectDirectory, encoding: "utf8" });
    assert.is(run.status, 0, run.stderr);
    const made = readTree(path.join(directory, "src/gen"));
    const committed = readTree(path.join(projectDirectory, "src/gen"));
    assert.ok(made.size > 0);
    assert.equal([...committed.keys()], [...made.keys()]);
    for (const [file, text] of made) assert.ok(committed.get(file) === text, `${file} differs: npm run generate`);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("proto/ passes buf's lint", () => {
  const buf = path.join(projectDirectory, "node_modules/.bin/buf");
  const run = spawnSync(buf, ["lint"], { cwd: projectDirectory, encoding: "utf8" });
  assert.is(run.status, 0, run.stdout);
});

test.run();
