/** Lets clients, pages, services, watches and DNS queries come and go at a node, and says what it comes to take up. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connect } from "../src/client/mod.ts";
import { runtimeCommand } from "../tests/runner/runtimes.ts";
import { CommandOptions } from "./options.ts";
import { type Load, loads, soakTopic } from "./soak/loads.ts";
import type { SoakNodeArguments, SoakNodeFacts, Taken } from "./soak/node_process.ts";
import { describeTrends, type Sample, trendsOf } from "./soak/trends.ts";

const usage = `Usage: soak [options]

  --minutes N      how long, 0.5 to 1440 (default 5)
  --runtime NAME   what the node runs on: bun, node, or both beside each other (default both)
  --load NAME      only one of ${Object.keys(loads).join(", ")} (default: all)
  --help           prints this`;

type SoakedRuntime = "bun" | "node";

/** Samples in a run, whatever its length. */
const samplesCount = 30;
/** What closes connections takes a moment on both sides. */
const restMs = 1_500;
const workersOfEach = 2;
/** A load that fails so often in one run fails it. */
const failuresMax = 10;
const projectDirectory = fileURLToPath(new URL("../", import.meta.url));

class SoakedNode implements AsyncDisposable {
  readonly facts: SoakNodeFacts;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<void>;

  static async start(runtime: SoakedRuntime, dataDir: string): Promise<SoakedNode> {
    const script = fileURLToPath(new URL("./soak/node_process.ts", import.meta.url));
    const [command, ...flags] = runtimeCommand(runtime, projectDirectory) as [string, ...string[]];
    const program = runtime === "node" ? "node" : command;
    const own = runtime === "node" ? ["--expose-gc"] : [];
    const words: SoakNodeArguments = { dataDir };
    const child = spawn(program, [...own, ...flags, script, JSON.stringify(words)], {
      cwd: projectDirectory,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    const { value, done } = await lines.next();
    if (done) throw new Error(`Cannot start a node on ${runtime}: it ended`);
    return new SoakedNode(child, lines, JSON.parse(value) as SoakNodeFacts);
  }

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, facts: SoakNodeFacts) {
    this.#child = child;
    this.#lines = lines;
    this.facts = facts;
    this.#closed = new Promise((resolve) => child.once("close", () => resolve()));
  }

  async taken(): Promise<Taken> {
    this.#child.stdin?.write("\n");
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The node ended");
    return JSON.parse(value) as Taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
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
    while (performance.now() < untilMs && this.failures.length < failuresMax) {
      try {
        await load(this.#facts, { round: this.rounds++, worker });
      } catch (error) {
        this.failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
}

async function soak(runtime: SoakedRuntime, minutes: number, names: readonly string[]): Promise<boolean> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-soak-"));
  try {
    await using node = await SoakedNode.start(runtime, path.join(directory, "data"));
    await using client = connect(node.facts.rpcUrl);
    await client.createTopic(soakTopic, { retention: { segmentsMax: 2 } });
    // Who reads from the beginning finds something there.
    await client.produce(soakTopic, { value: "the first" });
    client.close();
    const loading = new Loading(node.facts, names);
    const samples: Sample[] = [];
    const everyMs = (minutes * 60_000) / samplesCount;
    const beganAtMs = performance.now();
    while (samples.length < samplesCount && loading.failures.length < failuresMax) {
      await loading.run(Math.max(500, everyMs - restMs));
      await new Promise((resolve) => setTimeout(resolve, restMs));
      const sample = {
        minutes: (performance.now() - beganAtMs) / 60_000,
        rounds: loading.rounds,
        ...(await node.taken()),
      };
      samples.push(sample);
      console.error(lineOf(runtime, sample));
    }
    const trends = trendsOf(samples);
    const isFlat = trends.every((trend) => trend.isFlat) && loading.failures.length === 0;
    console.log(`${runtime}: ${loading.rounds} rounds in ${minutes} minutes; ${describeTrends(trends)}`);
    for (const failure of loading.failures) console.log(`  failed: ${failure}`);
    return isFlat;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function lineOf(runtime: SoakedRuntime, { minutes, rounds, residentBytes, heapBytes, ...sample }: Sample): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1).padStart(6);
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
  help: { type: "boolean", default: false },
});
const { runtime, load } = options.values;
if (runtime !== "bun" && runtime !== "node" && runtime !== "both") {
  options.refuse(`--runtime is bun, node or both, not ${runtime}`);
}
if (load !== undefined && !(load in loads)) options.refuse(`--load is ${Object.keys(loads).join(", ")}, not ${load}`);
const minutes = options.numberOf("minutes", 0.5, 1_440);
const names = load === undefined ? Object.keys(loads) : [load];
const runtimes: readonly SoakedRuntime[] = runtime === "both" ? ["bun", "node"] : [runtime as SoakedRuntime];
const areFlat = await Promise.all(runtimes.map((one) => soak(one, minutes, names)));
process.exit(areFlat.every(Boolean) ? 0 : 1);
