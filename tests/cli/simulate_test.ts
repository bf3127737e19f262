// runtimes: bun (what one runtime finds, all find: traces are the same)
import { spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runtimeCommand } from "../runner/runtimes.ts";

const projectDirectory = path.resolve(import.meta.dirname, "../..");
const [program, ...options] = runtimeCommand("bun", projectDirectory) as [string, ...string[]];

function simulate(...args: string[]) {
  const all = [...options, "src/cli/main.ts", "simulate", ...args];
  return spawnSync(program, all, { cwd: projectDirectory, encoding: "utf8" });
}

test("grapevine simulate counts seeds, and says what is allowed", () => {
  const rows: [args: string, status: number, said: string][] = [
    ["--seeds 1..2 --storm-ms 1000", 0, "2 seeds, "],
    ["--seeds 1..2 --storm-ms 1000 --faults none --format json", 0, '"seeds":2'],
    ["--seed 1 --storm-ms 1000", 0, "seed 1: trace "],
    ["--seeds 9..1", 2, "FROM..TO"],
    ["--seeds 1..2 --faults rain", 2, "allowed are none, loss, duplication, reorder"],
    ["--seeds 1..2 --strikes 3", 2, "they need --seed"],
    ["--seed 1 --produces 3-1", 2, "as 3,7-9, not 3-1"],
    ["--seed 1 --nodes 9", 2, "from 1 to 5"],
    ["--seed 1 --break everything", 2, "ship-by-feed"],
  ];
  for (const [args, status, said] of rows) {
    const ran = simulate(...args.split(" "));
    assert.is(ran.status, status, `${args}: ${ran.stderr}`);
    assert.match(ran.stdout + ran.stderr, said);
  }
});

test("grapevine simulate tells of a broken guarantee in a few lines, with the command that replays it", () => {
  const ran = simulate("--seeds", "5..5", "--break", "ship-by-feed");
  assert.is(ran.status, 1, ran.stderr);
  const lines = ran.stdout.trim().split("\n");
  assert.ok(lines.length <= 40, ran.stdout);
  assert.match(lines[0] as string, "seed 5 at ");
  const replay = lines.find((line) => line.startsWith("  replay: grapevine simulate ")) as string;
  const [, seed, violation] = /^seed (\d+) at \d+ ms, (.*)$/.exec(lines[0] as string) as RegExpExecArray;
  const again = simulate(...replay.trim().split(" ").slice(3));
  assert.is(again.status, 1, again.stderr);
  assert.match(again.stdout, `VIOLATION ${violation}`);
  assert.match(again.stderr, `seed ${seed}: trace `);
  const whole = again.stdout.split("\n");
  for (const line of lines.filter((one) => one.startsWith("    "))) assert.ok(whole.includes(line.slice(4)), line);
});

test.run();
