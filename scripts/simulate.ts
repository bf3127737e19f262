// Runs seeds of the simulated world and counts what they break: `simulate.ts --seeds 1..2000`. Exit 1 on any violation.
import { parseArgs } from "node:util";
import { runSeed, traceHash } from "../src/testing/mod.ts";

const usage = `Usage: simulate [--seeds FROM..TO | --seed N]

  --seeds FROM..TO  runs these seeds and prints how many broke a guarantee (default 1..200)
  --seed N          runs one seed and prints its trace
  --help            prints this`;

/** Seeds of one run. */
const seedsMax = 10_000_000;

function exitWithUsage(problem: string): never {
  console.error(`${problem}\n\n${usage}`);
  process.exit(2);
}

function readArguments(): { seed: string | undefined; seeds: string } {
  try {
    const { values } = parseArgs({
      options: { seed: { type: "string" }, seeds: { type: "string", default: "1..200" }, help: { type: "boolean" } },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    return { seed: values.seed, seeds: values.seeds };
  } catch (error) {
    return exitWithUsage((error as Error).message);
  }
}

async function runOne(seed: number): Promise<number> {
  const report = await runSeed(seed);
  for (const line of report.trace) console.log(line);
  console.error(`seed ${seed}: trace ${traceHash(report.trace)}, ${report.violations.length} violations`);
  return report.violations.length;
}

async function runMany(from: number, to: number): Promise<number> {
  const startedAtMs = performance.now();
  let broken = 0;
  let acknowledged = 0;
  for (let seed = from; seed <= to; seed++) {
    const report = await runSeed(seed);
    acknowledged += report.acknowledged;
    if (report.violations.length > 0) broken++;
    for (const { guarantee, atMs, message } of report.violations) {
      console.log(`seed ${seed} at ${atMs} ms, ${guarantee}: ${message}`);
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${seed - from + 1} of ${to - from + 1} seeds, ${broken} broken`);
  }
  if (process.stderr.isTTY) process.stderr.write("\n");
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  console.log(
    `${to - from + 1} seeds, ${acknowledged} records acknowledged, ${broken} seeds with violations, ${seconds} s`,
  );
  return broken;
}

const { seed, seeds } = readArguments();
const range = /^(\d{1,15})\.\.(\d{1,15})$/.exec(seeds);
if (seed !== undefined && !/^\d{1,15}$/.test(seed)) exitWithUsage(`--seed is a whole number, not ${seed}`);
if (range === null || Number(range[2]) < Number(range[1]) || Number(range[2]) - Number(range[1]) >= seedsMax) {
  exitWithUsage(`--seeds is FROM..TO with at most ${seedsMax} seeds, not ${seeds}`);
}
const broken = seed === undefined ? await runMany(Number(range[1]), Number(range[2])) : await runOne(Number(seed));
process.exitCode = broken === 0 ? 0 : 1;
