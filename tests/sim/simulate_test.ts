// runtimes: bun (npm runs these commands on it)
import { spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { drawChart } from "../../scripts/chart.ts";
import { simulateLifeguard } from "../../scripts/simulations/lifeguard.ts";
import { simulateScale } from "../../scripts/simulations/scale.ts";
import { simulateStalls } from "../../scripts/simulations/stall.ts";
import { runtimeCommand } from "../runner/runtimes.ts";

const projectDirectory = path.resolve(import.meta.dirname, "../..");

const said: string[] = [];
const progress = (text: string): void => {
  said.push(text);
};

test("simulate lifeguard prints every table, the same one for the same seed", () => {
  const tiny = { nodes: 12, setUps: 1, durationMs: 2_000, rounds: 1, tunes: true, seed: "1", progress };
  const text = simulateLifeguard(tiny);
  for (const row of ["SWIM", "LHA-Probe alone", "LHA-Suspicion alone", "Buddy System alone", "Lifeguard as here"]) {
    assert.match(text, `| ${row} `);
  }
  assert.match(text, "| alpha 2, beta 6 ");
  assert.match(text, "50 to 100 times fewer");
  const again = simulateLifeguard({ ...tiny, tunes: false });
  assert.ok(text.startsWith(again));
  assert.is.not(simulateLifeguard({ ...tiny, tunes: false, seed: "2" }), again);
});

test("simulate scale tells how long news take, and draws it", () => {
  const { text, panels } = simulateScale({ sizes: [4, 8], rounds: 1, seed: "1", progress });
  assert.is(text.match(/^\| [48] /gm)?.length, 4);
  assert.not.match(text, "NaN");
  const svg = drawChart(panels);
  assert.match(svg, /^<svg role="img" /);
  assert.match(svg, "<title>Until 99 %");
  assert.not.match(svg, "<style");
  assert.match(svg, "full exchanges");
});

test("simulate stall has a row for each pattern, with and without forgiveness", () => {
  const text = simulateStalls({ nodes: 3, durationMs: 20_000, seed: "1", progress });
  assert.is(text.match(/\| yes \|/g)?.length, text.match(/\| {2}no \|/g)?.length);
  assert.match(text, "300 ms of every 1000 ms");
  assert.ok(said.length > 0);
});

test("npm run simulate knows its commands and their options, and refuses others", () => {
  // npm runs it by Bun.
  const [program, ...options] = runtimeCommand("bun", projectDirectory) as [string, ...string[]];
  const run = (...args: string[]) =>
    spawnSync(program, [...options, "scripts/simulate.ts", ...args], { cwd: projectDirectory, encoding: "utf8" });
  const rows: [args: string[], status: number, said: string][] = [
    [["--help"], 0, "lifeguard | scale"],
    [["lifeguard", "--help"], 0, "--set-ups"],
    [["mutations", "--seeds", "0"], 2, "from 1 to 10000"],
    [["scale", "--help"], 0, "--svg"],
    [["stall", "--hours", "0.01", "--nodes", "3"], 0, "| 300 ms of every 1000 ms"],
    [["stall", "--hours", "forever"], 2, "not forever"],
    [["lifeguard", "--set-ups", "73"], 2, "from 1 to 72"],
    [["seeds"], 2, "no simulation by the name of seeds"],
    [[], 2, "grapevine simulate"],
  ];
  for (const [args, status, said] of rows) {
    const ran = run(...args);
    assert.is(ran.status, status, `${args.join(" ")}: ${ran.stderr}`);
    assert.match(ran.stdout + ran.stderr, said);
  }
});

test.run();
