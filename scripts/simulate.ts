/**
 * Runs the simulations that developers of this project look at: rules that are broken on purpose, and gossip alone in larger
 * clusters. Same arguments, same output. Whole nodes seed by seed: `grapevine simulate`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { diagonalMax, simulateLifeguard } from "./simulations/lifeguard.ts";
import { simulateMutations } from "./simulations/mutations.ts";
import { simulateScale } from "./simulations/scale.ts";
import { simulateStalls } from "./simulations/stall.ts";

const usages = {
  all: `Usage: simulate mutations | lifeguard | scale | stall [options]

  Each has a --help of its own. Random worlds of whole nodes: grapevine simulate.`,
  mutations: `Usage: simulate mutations [options]

  Switches off one rule after another and counts in how many seeds a checker notices. Exit 1 when one survives all.

  --seeds N         seeds of each rule, 1 to 10000 (default 20)
  --help            prints this`,
  lifeguard: `Usage: simulate lifeguard [options]

  Members wrongly declared dead because others are slow, and how soon real failures are known: by the parts of Lifeguard.

  --nodes N         nodes of the cluster, 8 to 1024 (default 128)
  --set-ups N       set-ups of slow members, 1 to ${diagonalMax}, or 432 for the whole grid (default 6)
  --seconds N       how long each of them runs, 1 to 3600 (default 30)
  --rounds N        how often each number of failures is tried, 1 to 1000 (default 3)
  --no-tuning       leaves out the table of alpha and beta
  --seed TEXT       (default 1)
  --help            prints this`,
  scale: `Usage: simulate scale [options]

  How soon all nodes have heard of a user event, a tag, a join and a failure, and what a node sends, by the size of the cluster.

  --nodes N,N,…     sizes of clusters, 3 to 20000 each (default 10,32,100,320,1000)
  --rounds N        how often each kind of news is spread, 1 to 1000 (default 5)
  --svg FILE        draws the result into this file
  --seed TEXT       (default 1)
  --help            prints this`,
  stall: `Usage: simulate stall [options]

  One node whose event loop stalls again and again, and who is declared failed for it.

  --nodes N         nodes of the cluster, 3 to 1024 (default 5)
  --hours N         simulated hours of each row, 0.01 to 1000 (default 10)
  --seed TEXT       (default 1)
  --help            prints this`,
} as const;
type Command = keyof typeof usages;

function exitWithUsage(command: Command, problem: string): never {
  console.error(`${problem}\n\n${usages[command]}`);
  process.exit(2);
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function readOptions(
  command: Command,
  args: readonly string[],
  texts: readonly string[],
  flags: readonly string[] = [],
) {
  const options = Object.fromEntries([
    ...texts.map((name) => [name, { type: "string" }] as const),
    ...[...flags, "help"].map((name) => [name, { type: "boolean" }] as const),
  ]);
  try {
    const values = parseArgs({ args: [...args], options }).values as Values;
    if (!values["help"]) return values;
  } catch (error) {
    exitWithUsage(command, (error as Error).message);
  }
  console.log(usages[command]);
  process.exit(0);
}

interface NumberRule {
  readonly low: number;
  readonly high: number;
  readonly standard: number;
  /** @default true */
  readonly whole?: boolean;
}

function readNumber(command: Command, name: string, text: string | undefined, rule: NumberRule): number {
  const value = text === undefined ? rule.standard : Number(text);
  const isGood = (rule.whole ?? true) ? Number.isInteger(value) : Number.isFinite(value);
  if (isGood && value >= rule.low && value <= rule.high && text?.trim() !== "") return value;
  return exitWithUsage(command, `--${name} is from ${rule.low} to ${rule.high}, not ${text}`);
}

/** Tells on a terminal how far it is. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function print(text: string): void {
  progress("");
  console.log(text);
}

function lifeguard(args: readonly string[]): void {
  const values = readOptions("lifeguard", args, ["nodes", "set-ups", "seconds", "rounds", "seed"], ["no-tuning"]);
  const number = (name: string, rule: NumberRule) => readNumber("lifeguard", name, values[name] as string, rule);
  const setUps = values["set-ups"] === "432" ? 432 : number("set-ups", { low: 1, high: diagonalMax, standard: 6 });
  print(
    simulateLifeguard({
      nodes: number("nodes", { low: 8, high: 1_024, standard: 128 }),
      setUps,
      durationMs: 1_000 * number("seconds", { low: 1, high: 3_600, standard: 30 }),
      rounds: number("rounds", { low: 1, high: 1_000, standard: 3 }),
      tunes: !values["no-tuning"],
      seed: String(values["seed"] ?? 1),
      progress,
    }),
  );
}

async function mutations(args: readonly string[]): Promise<void> {
  const values = readOptions("mutations", args, ["seeds"]);
  const seeds = readNumber("mutations", "seeds", values["seeds"] as string, { low: 1, high: 10_000, standard: 20 });
  const { text, survivors } = await simulateMutations({ seeds, progress });
  print(text);
  for (const survivor of survivors) console.error(`Nobody noticed in ${seeds} seeds that ${survivor}`);
  process.exitCode = survivors.length === 0 ? 0 : 1;
}

async function scale(args: readonly string[]): Promise<void> {
  const values = readOptions("scale", args, ["nodes", "rounds", "svg", "seed"]);
  const sizes = String(values["nodes"] ?? "10,32,100,320,1000").split(",");
  const { text, panels } = simulateScale({
    sizes: sizes.map((size) => readNumber("scale", "nodes", size, { low: 3, high: 20_000, standard: 0 })),
    rounds: readNumber("scale", "rounds", values["rounds"] as string, { low: 1, high: 1_000, standard: 5 }),
    seed: String(values["seed"] ?? 1),
    progress,
  });
  print(text);
  const file = values["svg"] as string | undefined;
  if (file === undefined) return;
  // Only who draws needs the library for it.
  const { drawChart } = await import("./chart.ts");
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${drawChart(panels)}\n`);
}

function stall(args: readonly string[]): void {
  const values = readOptions("stall", args, ["nodes", "hours", "seed"]);
  const number = (name: string, rule: NumberRule) => readNumber("stall", name, values[name] as string, rule);
  const hours = number("hours", { low: 0.01, high: 1_000, standard: 10, whole: false });
  const nodes = number("nodes", { low: 3, high: 1_024, standard: 5 });
  const seed = String(values["seed"] ?? 1);
  print(simulateStalls({ nodes, durationMs: Math.round(hours * 3_600_000), seed, progress }));
}

const [command = "", ...rest] = process.argv.slice(2);
if (command === "lifeguard") lifeguard(rest);
else if (command === "mutations") await mutations(rest);
else if (command === "scale") await scale(rest);
else if (command === "stall") stall(rest);
else if (command === "--help") console.log(usages.all);
else exitWithUsage("all", `There is no simulation by the name of ${command || "nothing"}`);
