// timeout: 60
// slow
/** `npm run stall`, for six seconds: real nodes, one of which stalls again and again, fail nobody. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runtimeCommand } from "./processes.ts";

const script = fileURLToPath(new URL("../../scripts/stall.ts", import.meta.url));
const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";

function stall(...words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const [command, ...flags] = runtimeCommand() as [string, ...string[]];
  return spawnSync(command, [...flags, script, ...words], { encoding: "utf8", timeout: 50_000 });
}

test("a node that stalls 300 ms every second feels unwell; nobody is failed or suspected for it", () => {
  const { status, stdout, stderr } = stall("--minutes", "0.1", "--runtime", runtime);
  assert.is(status, 0, `${stdout}${stderr}`);
  assert.match(stdout, /^0 false failures$/m);
  const row = stdout.split("\n").find((line) => line.startsWith("stalled ")) ?? "";
  const [, stalls, stalledMs, healthWorst] = row.split(/\s+/).map(Number);
  assert.ok((stalls as number) >= 4 && (stalledMs as number) >= 500 && (healthWorst as number) >= 1, stdout);
});

test("numbers that make no sense are refused, with the usage", () => {
  for (const words of [
    ["--stall", "5000"],
    ["--minutes", "soon"],
    ["--forgive", "maybe"],
    ["--runtime", "v8"],
    ["--foo"],
  ]) {
    const { status, stderr } = stall(...words);
    assert.is(status, 2, words.join(" "));
    assert.match(stderr, /Usage: stall/);
  }
});

test.run();
