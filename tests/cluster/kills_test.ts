// runtimes: bun (the command runs on it; crash_test.ts beside it kills nodes on every runtime)
// timeout: 120
// slow
/** `npm run crash -- kills`, twice for each of two policies. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runtimeCommand } from "./processes.ts";

const script = fileURLToPath(new URL("../../scripts/crash.ts", import.meta.url));

function crash(...words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const [command, ...flags] = runtimeCommand() as [string, ...string[]];
  return spawnSync(command, [...flags, script, ...words], { encoding: "utf8", timeout: 100_000 });
}

for (const fsync of ["always", "interval"]) {
  test(`an agent under fsync ${fsync} that is killed under load keeps what it acknowledged`, () => {
    const { status, stdout, stderr } = crash("kills", "--rounds", "1", "--fsync", fsync);
    assert.is(status, 0, `${stdout}${stderr}`);
    assert.match(
      stdout,
      /^1 kills under fsync \w+, seed \d+: \d+ records acknowledged, 0 lost, 0 twice, 0 out of order;/,
    );
    console.log(`\nreport: ${stdout.trim()}`);
  });
}

test("what makes no sense is refused, with the usage", () => {
  for (const words of [
    ["--share", "0"],
    ["flips", "--rounds", "1"],
    ["kills", "--fsync", "maybe"],
    ["burn"],
    ["--foo"],
  ]) {
    const { status, stderr } = crash(...words);
    assert.is(status, 2, words.join(" "));
    assert.match(stderr, /Usage: crash/);
  }
});

test.run();
