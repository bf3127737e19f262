/** Does to real nodes under load what may happen to them, and says what became of the records. Exit 1 when any was lost. */
import { parseArgs } from "node:util";
import { Random } from "../src/base/mod.ts";
import { Processes } from "../tests/interop/processes.ts";
import { Star } from "../tests/interop/star.ts";
import { hops } from "./faults/hops.ts";
import { loss, oneWay, partition } from "./faults/network_faults.ts";
import { blackouts, type FaultOptions, kills, stops, wipes } from "./faults/process_faults.ts";
import { Rig } from "./faults/rig.ts";

const processFaults = { kills, blackouts, stops, wipes, hops } as const;
const networkFaults = { partition, "one-way": oneWay, loss } as const;
type FaultName = keyof typeof processFaults | keyof typeof networkFaults;

interface Defaults {
  readonly rounds: number;
  readonly seconds?: number;
  readonly help: string;
}

const table: Readonly<Record<FaultName, Defaults>> = {
  kills: { rounds: 200, help: "kill -9 of each node in turn" },
  blackouts: { rounds: 20, help: "kill -9 of all nodes at once" },
  stops: { rounds: 20, seconds: 8, help: "SIGSTOP of each node in turn, SIGCONT after a while of at most so long" },
  wipes: { rounds: 3, help: "each node in turn loses its disk and comes back empty" },
  hops: { rounds: 1_000, help: "consumers go on elsewhere when their node is killed or their stream cut" },
  partition: { rounds: 3, seconds: 60, help: "one node is cut off from the others" },
  "one-way": { rounds: 2, seconds: 10, help: "what a node sends is lost, what it is sent arrives" },
  loss: { rounds: 1, seconds: 60, help: "a fifth of all packets is lost" },
};
const faultNames = Object.keys(table) as FaultName[];

const usage = `Usage: faults [${faultNames.join(" | ")} | all] [options]

${faultNames.map((name) => `  ${name.padEnd(20)} ${describe(table[name])}`).join("\n")}
  all (default)        one after another

  --rounds N           how often, 1 to 100000; of hops: failovers
  --seconds N          how long a fault lasts, 1 to 3600
  --rate N             records a second that the client of each node sends, 1 to 10000 (default 100)
  --profile NAME       timing of gossip, lan or local (default lan)
  --seed TEXT          says when (default: by chance)
  --help               prints this

Faults of the network take root, iproute2 and nftables.`;

function describe({ help, rounds, seconds }: Defaults): string {
  return `${help} (default ${rounds} rounds${seconds === undefined ? "" : ` of ${seconds} s`})`;
}

const options = {
  rounds: { type: "string" },
  seconds: { type: "string" },
  rate: { type: "string", default: "100" },
  profile: { type: "string", default: "lan" },
  seed: { type: "string" },
  help: { type: "boolean" },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>["values"];

function exitWithUsage(problem: string): never {
  console.error(`${problem}\n\n${usage}`);
  process.exit(2);
}

function readNumber(name: "rounds" | "seconds" | "rate", text: string, high: number): number {
  const value = Number(text);
  const isGood = Number.isInteger(value) && value >= 1 && value <= high && text.trim() !== "";
  return isGood ? value : exitWithUsage(`--${name} is from 1 to ${high}, not ${text}`);
}

async function run(name: FaultName, values: Values): Promise<string> {
  const defaults = table[name];
  const rounds = readNumber("rounds", values.rounds ?? String(defaults.rounds), 100_000);
  const seconds = readNumber("seconds", values.seconds ?? String(defaults.seconds ?? 1), 3_600);
  const { profile } = values;
  if (profile !== "lan" && profile !== "local") exitWithUsage(`--profile is lan or local, not ${profile}`);
  const seed = values.seed ?? String(Math.floor(Math.random() * 1e9));
  const random = new Random(seed);
  const onProgress = (line: string): void => console.error(`${name}: ${line}`);
  await using processes = new Processes();
  const star = name in networkFaults ? await Star.open(processes, 3) : undefined;
  const recordsPerSecond = readNumber("rate", values.rate, 10_000);
  // Who is cut off alone has nobody to hold copies: there a record counts once its own node has it.
  const replicated = name === "partition" ? 1 : 2;
  await using rig = await Rig.open({ random, profile, recordsPerSecond, replicated, star, onProgress });
  const shared: FaultOptions = { rig, random, rounds, seconds, onProgress };
  const done =
    star === undefined
      ? await processFaults[name as keyof typeof processFaults](shared)
      : await networkFaults[name as keyof typeof networkFaults]({ ...shared, star });
  return `${name}, seed ${seed}: ${done}; ${await rig.finish()}`;
}

function readArguments(): { readonly names: readonly FaultName[]; readonly values: Values } {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [name = "all", ...rest] = positionals;
    if (rest.length > 0) exitWithUsage(`There is nothing behind ${name}, not ${rest.join(" ")}`);
    if (name === "all") return { names: faultNames, values };
    if (!faultNames.includes(name as FaultName)) exitWithUsage(`There are no faults ${name}`);
    if (values.seconds !== undefined && table[name as FaultName].seconds === undefined) {
      exitWithUsage(`faults ${name} takes no --seconds`);
    }
    return { names: [name as FaultName], values };
  } catch (error) {
    return exitWithUsage((error as Error).message);
  }
}

const { names, values } = readArguments();
if (values.help) {
  console.log(usage);
} else {
  for (const name of names) {
    try {
      console.log(await run(name, values));
    } catch (error) {
      console.error(`${name}: ${error instanceof Error ? error.message : error}`);
      process.exitCode = 1;
    }
  }
}
