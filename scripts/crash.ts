/** Crashes the log, on simulated disks, by changed bytes and by kill -9, and says what it did. Exit 1 when anything is lost. */
import { parseArgs } from "node:util";
import type { FsyncPolicy } from "../src/log/mod.ts";
import { flipEveryByte, flipOutcomes } from "./crashes/flips.ts";
import { crashKinds, simulateCrashes } from "./crashes/simulated.ts";

const usage = `Usage: crash [simulated | flips | kills] [options]

  simulated (default)  crashes at every step of workloads on a simulated disk, and within every write
    --share S          share of the crashes within writes, 0.0001 to 1; of all others four times as many (default 0.05)
    --seed TEXT        (default 1)
  flips                changes each byte of each file, twice
    --every N          one byte in so many, 1 to 1000 (default 1)
  kills                kill -9 of a real agent under load
    --rounds N         how often, 1 to 100000 (default 100)
    --fsync POLICY     always, interval or never (default always)
    --seed TEXT        says when (default: by chance)
  --help               prints this`;

const options = {
  share: { type: "string" },
  seed: { type: "string" },
  every: { type: "string" },
  rounds: { type: "string" },
  fsync: { type: "string" },
  help: { type: "boolean" },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>["values"];

const optionsOf = new Map<string, readonly string[]>([
  ["simulated", ["share", "seed"]],
  ["flips", ["every"]],
  ["kills", ["rounds", "fsync", "seed"]],
]);

function exitWithUsage(problem: string): never {
  console.error(`${problem}\n\n${usage}`);
  process.exit(2);
}

function readNumber(name: "share" | "every" | "rounds", text: string, low: number, high: number): number {
  const value = Number(text);
  const isGood = value >= low && value <= high && text.trim() !== "" && (name === "share" || Number.isInteger(value));
  return isGood ? value : exitWithUsage(`--${name} is from ${low} to ${high}, not ${text}`);
}

async function simulated(values: Values): Promise<void> {
  const startedAtMs = performance.now();
  const seed = values.seed ?? "1";
  const share = readNumber("share", values.share ?? "0.05", 0.0001, 1);
  console.log(["workload", "fsync", ...crashKinds, "torn tails", "replays", "new writers"].join("\t"));
  const rows = await simulateCrashes({
    ...{ seed, share },
    onRow: ({ workload, fsync, crashes, recovery }) => {
      const { tornTails, replays, newWriters } = recovery;
      const counts = crashKinds.map((kind) => crashes[kind]);
      console.log([workload, fsync, ...counts, tornTails, replays, newWriters].join("\t"));
    },
  });
  const counts = crashKinds.map((kind) => rows.reduce((sum, { crashes }) => sum + crashes[kind], 0));
  const all = counts.reduce((sum, count) => sum + count, 0);
  const kinds = crashKinds.map((kind, index) => `${counts[index]} ${kind}`).join(", ");
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  console.log(`${all} crashes survived (${kinds}), 0 lost, seed ${seed}, ${seconds} s`);
}

async function flips(values: Values): Promise<void> {
  const everyBytes = readNumber("every", values.every ?? "1", 1, 1_000);
  const counts = new Map<string, number>();
  await flipEveryByte({
    everyBytes,
    onRow: ({ scene, file, bytes, outcomes }) => {
      console.log(`${scene}: ${file}, ${bytes} bytes`);
      for (const [outcome, count] of outcomes) {
        console.log(`  ${count} ${outcome}`);
        counts.set(outcome, (counts.get(outcome) ?? 0) + count);
      }
    },
  });
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const kinds = flipOutcomes.filter((outcome) => counts.has(outcome)).map((one) => `${counts.get(one)} ${one}`);
  console.log(`${all} bytes changed, 0 served: ${kinds.join("; ")}`);
}

async function kills(values: Values): Promise<void> {
  const fsync = values.fsync ?? "always";
  if (!["always", "interval", "never"].includes(fsync))
    exitWithUsage(`--fsync is always, interval or never, not ${fsync}`);
  const rounds = readNumber("rounds", values.rounds ?? "100", 1, 100_000);
  // Only who kills needs the client.
  const { killRounds } = await import("./crashes/kills.ts");
  const seed = values.seed ?? String(Math.floor(Math.random() * 1e9));
  console.log(
    await killRounds({ rounds, fsync: fsync as FsyncPolicy, seed, onProgress: (line) => console.error(line) }),
  );
}

function readArguments(): { readonly command: string; readonly values: Values } {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [command = "simulated", ...rest] = positionals;
    const allowed = optionsOf.get(command) ?? exitWithUsage(`There is no crash ${command}`);
    if (rest.length > 0) exitWithUsage(`There is nothing behind ${command}, not ${rest.join(" ")}`);
    const foreign = Object.keys(values).find((name) => name !== "help" && !allowed.includes(name));
    if (foreign !== undefined) exitWithUsage(`crash ${command} takes no --${foreign}`);
    return { command, values };
  } catch (error) {
    return exitWithUsage((error as Error).message);
  }
}

const { command, values } = readArguments();
if (values.help) {
  console.log(usage);
} else {
  try {
    await { simulated, flips, kills }[command as "simulated" | "flips" | "kills"](values);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
