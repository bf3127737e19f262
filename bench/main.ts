/** `npm run bench`: what this machine reaches, beside others. Prints tables and writes them to bench/results. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compare, comparisonTable } from "./compare.ts";
import { growth } from "./growth.ts";
import { type Figure, table } from "./measure.ts";
import { BenchNodes, runtimeName } from "./nodes.ts";
import { openContenders } from "./open_contenders.ts";
import { byRpc, inProcess, propagation } from "./scenarios.ts";

const usage = `Usage: bench [PART...] [options]

  PART            peers: beside NATS, Redis and raw TCP; alone: one node and three nodes, with fsync;
                  growth: by size of the log, readers and topics (default: peers alone)
  --rounds N      rounds of each side, alternating (default 5)
  --only TEXT     only comparisons whose name holds this text
  --bytes-max N   bytes of the largest log of growth (default 10000000000)
  --help          prints this`;

const parts = ["peers", "alone", "growth"] as const;
const roundsMax = 99;

interface Chosen {
  readonly parts: readonly string[];
  readonly rounds: number;
  readonly only: string;
  readonly bytesMax: number;
}

function readArguments(): Chosen {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      only: { type: "string", default: "" },
      "bytes-max": { type: "string", default: "10000000000" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const unknown = positionals.find((part) => !(parts as readonly string[]).includes(part));
  const rounds = Number(values.rounds);
  if (unknown !== undefined || !Number.isInteger(rounds) || rounds < 1 || rounds > roundsMax) {
    console.error(`Cannot run ${unknown ?? `${values.rounds} rounds`}\n\n${usage}`);
    process.exit(2);
  }
  const bytesMax = Number(values["bytes-max"]);
  return { parts: positionals.length === 0 ? ["peers", "alone"] : positionals, rounds, only: values.only, bytesMax };
}

async function besidePeers(rounds: number, only: string): Promise<unknown> {
  const directory = await mkdtemp(path.join(os.tmpdir(), "grapevine-bench-"));
  try {
    await using contenders = await openContenders(directory);
    for (const missing of contenders.missing) console.error(missing);
    const results = await compare(contenders, { rounds, only, onProgress: (line) => console.error(line) });
    console.log(`${comparisonTable(results)}\n`);
    return results;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function alone(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const valueBytes of [100, 1_024]) {
    for (const scenario of [inProcess, byRpc, propagation]) {
      await using nodes = await BenchNodes.create();
      figures.push(...(await scenario(nodes, valueBytes)));
    }
  }
  console.log(`Alone, fsync before every acknowledgement, medians of 5 rounds\n\n${table(figures)}\n`);
  return figures;
}

const chosen = readArguments();
const machine = `${runtimeName()}, ${os.cpus().length} cores, ${os.type()} ${os.arch()}`;
console.log(`${machine}\n`);
const peers = chosen.parts.includes("peers") ? await besidePeers(chosen.rounds, chosen.only) : undefined;
const figures = chosen.parts.includes("alone") ? await alone() : undefined;
const grown = chosen.parts.includes("growth") ? await growth(chosen.bytesMax, console.log) : undefined;
const results = fileURLToPath(new URL("./results/", import.meta.url));
await mkdir(results, { recursive: true });
const name = (runtimeName().split(" ")[0] as string).toLowerCase();
await writeFile(`${results}${name}.json`, `${JSON.stringify({ machine, peers, figures, grown }, undefined, 2)}\n`);
process.exit(0);
