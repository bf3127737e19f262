/** Lets clients, pages, services, watches and much that is wrong come and go at a node, and says what it comes to take up. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { CommandOptions } from "./options.ts";
import { badLoads } from "./soak/bad_loads.ts";
import { type Census, type Grown, grownKinds, isOfRuntime } from "./soak/census.ts";
import { fill, readAtOnce } from "./soak/filling.ts";
import { loads as goodLoads, type Load } from "./soak/loads.ts";
import type { SoakNodeFacts } from "./soak/node_process.ts";
import { SoakedNode, type SoakedRuntime } from "./soak/soaked_node.ts";
import { describeTrends, type Sample, trendsOf } from "./soak/trends.ts";

const loads: Readonly<Record<string, Load>> = { ...goodLoads, ...badLoads };

const usage = `Usage: soak [options]

  --minutes N      how long, 1 to 1440, beside half a minute in which a node's tables are filled (default 5)
  --runtime NAME   what the node runs on: bun, node, or both, one after the other (default both)
  --load NAME      only one of ${Object.keys(loads).join(", ")} (default: all)
  --leak           keeps an object of each call in the node, which is to be found
  --help           prints this`;

/** Samples in a run, fewer in a short one. In the first part of them caches fill, and code is compiled. */
const samplesMax = 30;
const samplesMin = 12;
const sampleEveryMs = 5_000;
const warmUpPart = 0.3;
/** Between two counts of all objects, in samples. */
const censusEvery = 2;
/** What closes connections takes a moment on both sides. */
const restMs = 1_500;
const workersOfEach = 2;
/** From the start of a round to the next: more often where little is kept of a round. */
const roundMsMin = 50;
/**
 * What these write is kept until their topics are compacted, once a minute, and the headers of its batches for good: much of it
 * would look like growth.
 */
const keptLoads: ReadonlySet<string> = new Set(["services", "topics", "duplicateIds", "hangingChecks"]);
const keptRoundMsMin = 2_000;
/** A load that fails so often in one run fails it. */
const failuresMax = 10;
/** Objects of one kind that a node may come to hold more: per round, as a part of those it held, and in any case. */
const objectsPerRoundMax = 0.005;
const objectsPartMax = 0.02;
const objectsMin = 100;
const kindsShownMax = 8;

interface SoakOptions {
  readonly minutes: number;
  /** Names of loads. */
  readonly names: readonly string[];
  readonly leaks: boolean;
}

/** Runs loads over and over, but for rests in which nothing is open. */
class Loading {
  readonly #facts: SoakNodeFacts;
  readonly #loads: readonly (readonly [name: string, load: Load])[];
  readonly failures: string[] = [];
  rounds = 0;

  constructor(facts: SoakNodeFacts, names: readonly string[]) {
    this.#facts = facts;
    this.#loads = Object.entries(loads).filter(([name]) => names.includes(name));
  }

  async run(durationMs: number): Promise<void> {
    const untilMs = performance.now() + durationMs;
    const workers = this.#loads.flatMap((one) =>
      Array.from({ length: workersOfEach }, (_, worker) => this.#work(one, { worker, untilMs })),
    );
    await Promise.all(workers);
  }

  async #work(
    [name, load]: readonly [string, Load],
    { worker, untilMs }: { readonly worker: number; readonly untilMs: number },
  ): Promise<void> {
    const everyMs = keptLoads.has(name) ? keptRoundMsMin : roundMsMin;
    while (performance.now() < untilMs && this.failures.length < failuresMax) {
      const next = new Promise((resolve) => setTimeout(resolve, everyMs));
      try {
        await load(this.#facts, { round: this.rounds++, worker });
      } catch (error) {
        this.failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
      }
      await next;
    }
  }
}

async function soak(runtime: SoakedRuntime, options: SoakOptions): Promise<boolean> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-soak-"));
  try {
    await using node = await SoakedNode.start(runtime, { directory, leaks: options.leaks });
    const startedAtMs = performance.now();
    await fill(node.facts);
    console.error(`${runtime}: filled in ${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s`);
    const loading = new Loading(node.facts, options.names);
    const { samples, censuses } = await sample(runtime, { node, loading, minutes: options.minutes });
    return judge(runtime, { samples, censuses, loading });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function sample(
  runtime: SoakedRuntime,
  { node, loading, minutes }: { readonly node: SoakedNode; readonly loading: Loading; readonly minutes: number },
): Promise<{ readonly samples: readonly Sample[]; readonly censuses: readonly Census[] }> {
  const [samples, censuses]: [Sample[], Census[]] = [[], []];
  const samplesCount = samplesIn(minutes);
  const warmUpSamples = warmUpSamplesOf(samplesCount);
  const beganAtMs = performance.now();
  for (let count = 1; count <= samplesCount && loading.failures.length < failuresMax; count++) {
    // What takes longer than it should, a count of all objects say, does not make the whole run longer.
    const untilMs = beganAtMs + (count * minutes * 60_000) / samplesCount;
    await loading.run(Math.max(500, untilMs - performance.now() - restMs));
    // What comes and goes by megabytes is there each time.
    await readAtOnce(node.facts);
    await new Promise((resolve) => setTimeout(resolve, restMs));
    const isCensus = count >= warmUpSamples && (count - warmUpSamples) % censusEvery === 0;
    const { taken, census } = isCensus ? await node.counted() : { taken: await node.taken(), census: undefined };
    if (census !== undefined) censuses.push(census);
    const one = { minutes: (performance.now() - beganAtMs) / 60_000, rounds: loading.rounds, ...taken };
    samples.push(one);
    console.error(lineOf(runtime, one));
  }
  return { samples, censuses };
}

function samplesIn(minutes: number): number {
  return Math.max(samplesMin, Math.min(samplesMax, Math.round((minutes * 60_000) / sampleEveryMs)));
}

function warmUpSamplesOf(samplesCount: number): number {
  return Math.ceil(warmUpPart * samplesCount);
}

/** Says what grew. True when nothing did. */
function judge(
  runtime: SoakedRuntime,
  {
    samples,
    censuses,
    loading,
  }: { readonly samples: readonly Sample[]; readonly censuses: readonly Census[]; readonly loading: Loading },
): boolean {
  if (loading.failures.length >= failuresMax) {
    console.log(`${runtime}: ended after ${loading.rounds} rounds: ${failuresMax} failed`);
    for (const failure of new Set(loading.failures)) console.log(`  failed: ${failure}`);
    return false;
  }
  const warmUpSamples = warmUpSamplesOf(samples.length);
  const warm = samples.slice(warmUpSamples);
  const judgedRounds = loading.rounds - (samples[warmUpSamples - 1]?.rounds ?? 0);
  const trends = trendsOf(warm);
  const more = grownKinds(censuses);
  const isGrown = ({ kind, from, to }: Grown): boolean =>
    !isOfRuntime(kind) && to - from > Math.max(objectsMin, objectsPerRoundMax * judgedRounds, objectsPartMax * from);
  const grown = more.filter(isGrown);
  console.log(`${runtime}: ${loading.rounds} rounds, ${judgedRounds} of them judged; ${describeTrends(trends)}`);
  if (more.length > 0) console.log("  kinds of objects of which there were always more:");
  for (const one of new Set([...grown, ...more].slice(0, Math.max(kindsShownMax, grown.length)))) {
    console.log(`  ${one.kind} from ${one.from} to ${one.to}${isGrown(one) ? ": GROWS" : ""}`);
  }
  for (const failure of new Set(loading.failures)) console.log(`  failed: ${failure}`);
  return trends.every(({ verdict }) => verdict === "flat") && grown.length + loading.failures.length === 0;
}

function lineOf(runtime: SoakedRuntime, { minutes, rounds, residentBytes, heapBytes, ...sample }: Sample): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2).padStart(7);
  const { sockets, files, handles = "-" } = sample;
  return [
    `${runtime.padEnd(4)} ${minutes.toFixed(2).padStart(6)} min ${String(rounds).padStart(7)} rounds`,
    `RSS ${megabytes(residentBytes)} MB  heap ${megabytes(heapBytes)} MB`,
    `${sockets} sockets  ${files} files  ${handles} handles`,
  ].join("  ");
}

const options = new CommandOptions(usage, {
  minutes: { type: "string", default: "5" },
  runtime: { type: "string", default: "both" },
  load: { type: "string" },
  leak: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
});
const { runtime, load, leak: leaks } = options.values;
if (runtime !== "bun" && runtime !== "node" && runtime !== "both") {
  options.refuse(`--runtime is bun, node or both, not ${runtime}`);
}
if (load !== undefined && !(load in loads)) options.refuse(`--load is ${Object.keys(loads).join(", ")}, not ${load}`);
const minutes = options.numberOf("minutes", 1, 1_440);
const names = load === undefined ? Object.keys(loads) : [load];
let areFlat = true;
for (const one of runtime === "both" ? (["bun", "node"] as const) : [runtime as SoakedRuntime]) {
  areFlat = (await soak(one, { minutes, names, leaks })) && areFlat;
}
process.exit(areFlat ? 0 : 1);
