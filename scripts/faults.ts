/** Does to real nodes under load what may happen to them, and says what became of the records. Exit 1 when any was lost. */
import { parseArgs } from "node:util";
import { Random } from "../src/base/mod.ts";
import { Processes } from "../tests/interop/processes.ts";
import { Star } from "../tests/interop/star.ts";
import { hops } from "./faults/hops.ts";
import { loss, oneWay, partition } from "./faults/network_faults.ts";
import { blackouts, type FaultOptions, kills, stops, wipes } from "./faults/process_faults.ts";
import { Rig, type RigSettings } from "./faults/rig.ts";
import { rush } from "./faults/rush.ts";
import { services } from "./faults/services.ts";

const processFaults = { kills, blackouts, stops, wipes, hops } as const;
const networkFaults = { partition, "one-way": oneWay, loss } as const;
/** Those that bring clients of their own. */
const loads = { rush, services } as const;
type FaultName = keyof typeof processFaults | keyof typeof networkFaults | keyof typeof loads;

/** What is missing cannot be chosen. */
interface Defaults {
  readonly rounds?: number;
  readonly seconds?: number;
  readonly rate?: number;
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
  rush: { seconds: 300, rate: 50_000, help: "kill -9 of any node every 5 s, under producers at full rate" },
  services: {
    seconds: 64,
    rate: 200,
    help: "services die, hang, are overloaded and lose their nodes, under balanced calls",
  },
};
const faultNames = Object.keys(table) as FaultName[];

const usage = `Usage: faults [${faultNames.join(" | ")} | all] [options]

${faultNames.map((name) => `  ${name.padEnd(20)} ${describe(table[name])}`).join("\n")}
  all (default)        one after another

  --rounds N           how often, 1 to 100000; of hops: failovers
  --seconds N          how long a fault lasts, of rush and services: all of it, 1 to 3600
  --rate N             records a second that the client of each node sends, 1 to 10000 (default 100); of rush: of all
                       producers together, up to 1000000; of services: calls
  --replicated N       rush: nodes that must hold a record before it is acknowledged, 1 to 3 (default 1)
  --profile NAME       timing of gossip, lan or local (default lan)
  --seed TEXT          says when (default: by chance)
  --help               prints this

Faults of the network take root, iproute2 and nftables.`;

function describe({ help, rounds, seconds, rate }: Defaults): string {
  const length = [rounds && `${rounds} rounds`, seconds && `${seconds} s`].filter(Boolean).join(" of ");
  return `${help} (default ${length}${rate === undefined ? "" : `, ${rate} a second`})`;
}

const options = {
  rounds: { type: "string" },
  seconds: { type: "string" },
  rate: { type: "string" },
  replicated: { type: "string" },
  profile: { type: "string", default: "lan" },
  seed: { type: "string" },
  help: { type: "boolean" },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>["values"];

type NumberName = "rounds" | "seconds" | "rate" | "replicated";

function exitWithUsage(problem: string): never {
  console.error(`${problem}\n\n${usage}`);
  process.exit(2);
}

function readNumber(name: NumberName, text: string, high: number): number {
  const value = Number(text);
  const isGood = Number.isInteger(value) && value >= 1 && value <= high && text.trim() !== "";
  return isGood ? value : exitWithUsage(`--${name} is from 1 to ${high}, not ${text}`);
}

interface Asked {
  readonly rounds: number;
  readonly seconds: number;
  readonly rate: number;
  readonly replicated: number;
  readonly profile: "lan" | "local";
  readonly seed: string;
}

function readAsked(name: FaultName, values: Values): Asked {
  const { rounds = 1, seconds = 1, rate } = table[name];
  const { profile, seed = String(Math.floor(Math.random() * 1e9)) } = values;
  if (profile !== "lan" && profile !== "local") exitWithUsage(`--profile is lan or local, not ${profile}`);
  return {
    rounds: readNumber("rounds", values.rounds ?? String(rounds), 100_000),
    seconds: readNumber("seconds", values.seconds ?? String(seconds), 3_600),
    rate: readNumber("rate", values.rate ?? String(rate ?? 100), rate === undefined ? 10_000 : 1_000_000),
    replicated: readNumber("replicated", values.replicated ?? "1", 3),
    profile,
    seed,
  };
}

async function run(name: FaultName, asked: Asked): Promise<string> {
  const onProgress = (line: string): void => console.error(`${name}: ${line}`);
  const shared = { ...asked, random: new Random(asked.seed), recordsPerSecond: asked.rate, onProgress };
  const outcome = name in loads ? await loads[name as keyof typeof loads](shared) : await runOnRig(name, shared);
  return `${name}, seed ${asked.seed}: ${outcome}`;
}

type Shared = Omit<FaultOptions, "rig"> & Pick<RigSettings, "profile" | "recordsPerSecond">;

async function runOnRig(name: FaultName, shared: Shared): Promise<string> {
  await using processes = new Processes();
  const star = name in networkFaults ? await Star.open(processes, 3) : undefined;
  // Who is cut off alone has nobody to hold copies: there a record counts once its own node has it.
  const replicated = name === "partition" ? 1 : 2;
  await using rig = await Rig.open({ ...shared, replicated, star });
  const done =
    star === undefined
      ? await processFaults[name as keyof typeof processFaults]({ ...shared, rig })
      : await networkFaults[name as keyof typeof networkFaults]({ ...shared, rig, star });
  return `${done}; ${await rig.finish()}`;
}

function refuseWhatIsNotTaken(name: FaultName, values: Values): void {
  const { rounds, seconds } = table[name];
  if (values.seconds !== undefined && seconds === undefined) exitWithUsage(`faults ${name} takes no --seconds`);
  if (values.rounds !== undefined && rounds === undefined) exitWithUsage(`faults ${name} takes no --rounds`);
  if (values.replicated !== undefined && name !== "rush") exitWithUsage(`faults ${name} takes no --replicated`);
}

function readArguments(): { readonly names: readonly FaultName[]; readonly values: Values } {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [name = "all", ...rest] = positionals;
    if (rest.length > 0) exitWithUsage(`There is nothing behind ${name}, not ${rest.join(" ")}`);
    if (name === "all") return { names: faultNames, values };
    if (!faultNames.includes(name as FaultName)) exitWithUsage(`There are no faults ${name}`);
    refuseWhatIsNotTaken(name as FaultName, values);
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
      console.log(await run(name, readAsked(name, values)));
    } catch (error) {
      console.error(`${name}: ${error instanceof Error ? error.message : error}`);
      process.exitCode = 1;
    }
  }
}
