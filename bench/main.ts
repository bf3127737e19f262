/** `npm run bench`: what this machine reaches, beside others. Prints tables, keeps them, and writes the report of all. */
import { readArguments } from "./arguments.ts";
import { compare } from "./compare.ts";
import { growth } from "./growth.ts";
import type { Figure } from "./measure.ts";
import { BenchNodes } from "./nodes.ts";
import { openContenders } from "./open_contenders.ts";
import type { Profile, ProfileName } from "./profile/fold.ts";
import { profile } from "./profile/profile.ts";
import { writeReport } from "./report.ts";
import {
  type ComparisonResult,
  type Measured,
  type MeasuredRuntime,
  mergeComparisons,
  type Results,
  readResults,
  settingOf,
  writeResults,
} from "./results.ts";
import { runtimeName } from "./runtime.ts";
import { byRpc, inProcess, propagation } from "./scenarios.ts";
import { withScratch } from "./scratch.ts";
import { aloneTable, comparisonTable, growthTable, profileTable, settingLine } from "./tables.ts";

const chosen = readArguments(process.argv.slice(2));
const runtime = (runtimeName().split(" ")[0] as string).toLowerCase() as MeasuredRuntime;
const setting = await settingOf(runtimeName());

/** Room for the logs of ours and of the peers. */
const peersBytesMax = 10_000_000_000;

/** Room for the log that a profile writes. */
const profileBytesMax = 4_000_000_000;

async function besidePeers(): Promise<ComparisonResult[]> {
  return withScratch(peersBytesMax, async (directory) => {
    await using contenders = await openContenders(directory);
    for (const missing of contenders.missing) console.error(missing);
    const { rounds, only } = chosen;
    const { measuredAt } = setting;
    // Awaited here: the contenders end with this block.
    return await compare(contenders, { rounds, only, measuredAt, onProgress: (line) => console.error(line) });
  });
}

async function alone(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const valueBytes of [100, 1_024]) {
    for (const scenario of [inProcess, byRpc, propagation]) {
      await using nodes = await BenchNodes.create();
      figures.push(...(await scenario(nodes, valueBytes)));
    }
  }
  return figures;
}

async function profiles(): Promise<Results["profiles"]> {
  const made: Partial<Record<ProfileName, Measured<Profile>>> = {};
  for (const name of chosen.profiles) {
    const results = await withScratch(profileBytesMax, (directory) => profile(name, directory, chosen.records));
    console.log(`${profileTable(results)}\n`);
    made[name] = { setting, results };
  }
  return made;
}

/** Each part is kept as soon as it is there. */
async function keep(parts: Results): Promise<void> {
  await writeResults(chosen.results, runtime, parts);
}

if (chosen.parts.some((part) => part !== "report")) console.log(`${settingLine(setting)}\n`);
if (chosen.parts.includes("peers")) {
  const made = await besidePeers();
  console.log(`${comparisonTable(made)}\n`);
  const before = (await readResults(chosen.results, runtime)).peers?.results ?? [];
  await keep({ peers: { setting, results: chosen.only === "" ? made : mergeComparisons(before, made) } });
}
if (chosen.parts.includes("alone")) {
  const results = await alone();
  console.log(`fsync before every acknowledgement, medians of 5 rounds\n\n${aloneTable(results)}\n`);
  await keep({ alone: { setting, results } });
}
if (chosen.parts.includes("growth")) {
  const results = await growth({ ...chosen, onProgress: (line) => console.error(line) });
  console.log(`${growthTable(results)}\n`);
  await keep({ growth: { setting, results } });
}
if (chosen.parts.includes("profile")) await keep({ profiles: await profiles() });
if (chosen.doesReport) for (const file of await writeReport()) console.log(`wrote ${file}`);
process.exit(0);
