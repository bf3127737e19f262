/** What the command line of the benchmark says. */
import { parseArgs } from "node:util";
import type { ProfileName } from "./profile/fold.ts";
import { resultsDirectory } from "./results.ts";

const usage = `Usage: bench [PART...] [options]

  PART            peers: beside NATS, Redis and raw TCP
                  alone: one node and three nodes, with fsync
                  growth: by size of the log, readers and topics
                  profile produce|consume: what the time of a node and its client goes to
                  report: draws the charts and fills the tables of docs/performance.md, measures nothing
                  (default: peers alone; with any of the others, only those)
  --rounds N      rounds of each side of peers and of each size of growth, in turn (default 5)
  --only TEXT     only comparisons of peers whose name holds this text; the others keep their results
  --bytes-max N   bytes of the largest log of growth (default 10000000000)
  --records N     records of a profile (default 3000000)
  --results DIR   where results go (default: bench/results, and then the report is written, too)
  --help          prints this`;

const partNames = ["peers", "alone", "growth", "profile", "report"] as const;
export type PartName = (typeof partNames)[number];

const profileNames: readonly ProfileName[] = ["produce", "consume"];

export interface BenchArguments {
  readonly parts: readonly PartName[];
  readonly profiles: readonly ProfileName[];
  readonly rounds: number;
  readonly only: string;
  readonly bytesMax: number;
  readonly records: number;
  readonly results: string;
  /** Whether results belong on the page. */
  readonly doesReport: boolean;
}

export function readArguments(words: readonly string[]): BenchArguments {
  const { values, positionals } = parse(words);
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const parts: PartName[] = [];
  const profiles: ProfileName[] = [];
  for (const word of positionals) {
    if (isOneOf(partNames, word)) parts.push(word);
    else if (parts.at(-1) === "profile" && isOneOf(profileNames, word)) profiles.push(word);
    else exitWithUsage(`Cannot run ${word}: there is no such part`);
  }
  const numberOf = (name: "rounds" | "bytes-max" | "records", low: number, high: number): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    return exitWithUsage(`--${name} is a whole number from ${low} to ${high}, not ${values[name]}`);
  };
  return {
    parts: parts.length === 0 ? ["peers", "alone"] : parts,
    profiles: profiles.length === 0 ? profileNames : profiles,
    rounds: numberOf("rounds", 1, 99),
    only: values.only,
    bytesMax: numberOf("bytes-max", 10_000_000, 10_000_000_000),
    records: numberOf("records", 10_000, 100_000_000),
    results: values.results,
    doesReport: values.results === resultsDirectory,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        rounds: { type: "string", default: "5" },
        only: { type: "string", default: "" },
        "bytes-max": { type: "string", default: "10000000000" },
        records: { type: "string", default: "3000000" },
        results: { type: "string", default: resultsDirectory },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return exitWithUsage((error as Error).message);
  }
}

function isOneOf<Name extends string>(names: readonly Name[], word: string): word is Name {
  return (names as readonly string[]).includes(word);
}

function exitWithUsage(problem: string): never {
  console.error(`${problem}\n\n${usage}`);
  process.exit(2);
}
