import { type Command, InvalidArgumentError, Option } from "commander";
import type { SeedLimits, SeedReport, Shrunk } from "../testing/mod.ts";
import { withFormats } from "./arguments.ts";
import { CommandFailedError, UsageError } from "./failure.ts";
import { printLine, printNote } from "./output.ts";

type Testing = typeof import("../testing/mod.ts");

interface SimulateFlags {
  readonly seeds: SeedRange;
  readonly seed?: number;
  readonly faults?: string;
  readonly strikes?: string;
  readonly produces?: string;
  readonly consumers?: number;
  readonly nodes?: number;
  readonly stormMs?: number;
  readonly break?: string;
  readonly shrink: boolean;
  readonly format: "text" | "json";
}

interface SeedRange {
  readonly from: number;
  readonly to: number;
}

/** Seeds of one run. */
const seedsMax = 10_000_000;
const stormMsMax = 600_000;

export function addSimulateCommand(program: Command): void {
  const command = program
    .command("simulate")
    .description("Run clusters in memory, on virtual time, through random faults, and look for broken guarantees")
    .addOption(
      new Option("--seeds <from..to>", "seeds to run, one world each")
        .argParser(readSeeds)
        .default({ from: 1, to: 200 }, "1..200"),
    )
    .option("--seed <n>", "run one seed and print its whole trace", readNumber("a seed", 0, Number.MAX_SAFE_INTEGER))
    .option("--faults <kinds>", "kinds of faults that happen, separated by commas, or none (default: all)")
    .option("--strikes <numbers>", "with --seed: the strikes that happen, as 3,7-9, or none (default: all)")
    .option("--produces <numbers>", "with --seed: the produces that happen, as 3,7-9, or none (default: all)")
    .option("--nodes <n>", "nodes at most, before others join, 1 to 5", readNumber("a number of nodes", 1, 5))
    .option("--consumers <n>", "consumers at most, 0 to 3", readNumber("a number of consumers", 0, 3))
    .option("--storm-ms <n>", "how long faults strike (default: 15000)", readNumber("a time in ms", 1, stormMsMax))
    .option("--break <rule>", "break a rule on purpose, to see that it is noticed; an unknown name prints all")
    .option("--no-shrink", "print a violation as it was found, not the smallest world that has it");
  withFormats(command, ["text", "json"]).action(simulate);
}

async function simulate(flags: SimulateFlags): Promise<void> {
  // Loaded here, so that commands which only talk to a node start without a simulated world.
  const testing = await import("../testing/mod.ts");
  const run = new Run(testing, flags);
  const broken = flags.seed === undefined ? await run.many(flags.seeds) : await run.one(flags.seed);
  if (broken > 0) throw new CommandFailedError(`${broken} of the seeds broke a guarantee`);
}

class Run {
  readonly #testing: Testing;
  readonly #flags: SimulateFlags;
  readonly #limits: SeedLimits;
  readonly #mutation: Testing["mutations"][number] | undefined;

  constructor(testing: Testing, flags: SimulateFlags) {
    this.#testing = testing;
    this.#flags = flags;
    if (flags.seed === undefined && (flags.strikes ?? flags.produces) !== undefined) {
      throw new UsageError("--strikes and --produces name what happens in one world: they need --seed");
    }
    this.#limits = limitsOf(testing, flags);
    this.#mutation = mutationOf(testing, flags.break);
  }

  /** Prints the trace of one seed. Returns how many seeds broke something. */
  async one(seed: number): Promise<number> {
    const { sabotage, faults, topics } = this.#mutation ?? {};
    const report = await this.#testing.runSeed(seed, { sabotage, faults, topics, limits: this.#limits });
    if (this.#flags.format === "json") await this.#print(report, report.trace, []);
    else for (const line of report.trace) await printLine(line);
    const hash = this.#testing.traceHash(report.trace);
    printNote(`seed ${seed}: trace ${hash}, ${report.violations.length} violations`);
    return report.violations.length > 0 ? 1 : 0;
  }

  /** Runs all of these, and tells of each that broke something in as few lines as it can. */
  async many({ from, to }: SeedRange): Promise<number> {
    const { sabotage, faults, topics } = this.#mutation ?? {};
    const startedAtMs = performance.now();
    let broken = 0;
    let acknowledged = 0;
    for (let seed = from; seed <= to; seed++) {
      const report = await this.#testing.runSeed(seed, { sabotage, faults, topics, limits: this.#limits });
      acknowledged += report.acknowledged;
      if (report.violations.length > 0) {
        broken++;
        await this.#tell(report);
      }
      progress(`${seed - from + 1} of ${to - from + 1} seeds, ${broken} broken`);
    }
    progress("");
    const seeds = to - from + 1;
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
    const result = { seeds, acknowledged, broken, seconds: Number(seconds) };
    const words = `${seeds} seeds, ${acknowledged} records acknowledged, ${broken} seeds with violations, ${seconds} s`;
    await printLine(this.#flags.format === "json" ? JSON.stringify(result) : words);
    return broken;
  }

  async #tell(report: SeedReport): Promise<void> {
    const shrunk = this.#flags.shrink ? await this.#shrink(report) : undefined;
    const told = shrunk?.report ?? report;
    await this.#print(told, this.#testing.concernedLines(told), this.#replay(told.seed, shrunk), shrunk?.runs);
  }

  #shrink(report: SeedReport): Promise<Shrunk | undefined> {
    const { sabotage, faults, topics } = this.#mutation ?? {};
    return this.#testing.shrinkSeed(report.seed, {
      ...{ sabotage, faults, topics, limits: this.#limits, guarantee: report.violations[0]?.guarantee },
      onRun: (runs) => progress(`seed ${report.seed} broke a guarantee: looking for a smaller world, ${runs} so far`),
    });
  }

  #replay(seed: number, shrunk: Shrunk | undefined): string[] {
    const limits = this.#testing.flagsOf(shrunk?.limits ?? this.#limits);
    const broken = this.#mutation === undefined ? [] : ["--break", this.#mutation.name];
    return ["grapevine", "simulate", "--seed", String(seed), ...limits, ...broken];
  }

  async #print(report: SeedReport, trace: readonly string[], replay: readonly string[], runs = 0): Promise<void> {
    progress("");
    const { seed, violations } = report;
    if (this.#flags.format === "json") {
      await printLine(JSON.stringify({ seed, violations, replay: replay.join(" ") || undefined, trace }));
      return;
    }
    for (const { guarantee, atMs, message } of violations) {
      await printLine(`seed ${seed} at ${atMs} ms, ${guarantee}: ${message}`);
    }
    const how = runs === 0 ? "as it was found" : `the smallest of ${runs} worlds`;
    await printLine(`  ${trace.length} of the ${report.trace.length} lines of its trace, ${how}:`);
    for (const line of trace) await printLine(`    ${line}`);
    await printLine(`  replay: ${replay.join(" ")}`);
  }
}

function limitsOf(testing: Testing, flags: SimulateFlags): SeedLimits {
  const { consumers, nodes, stormMs } = flags;
  return {
    ...{ consumers, nodes, stormMs, faults: kindsOf(testing, flags.faults) },
    ...{ strikes: numbersOf(testing, "--strikes", flags.strikes) },
    ...{ produces: numbersOf(testing, "--produces", flags.produces) },
  };
}

function kindsOf({ faultKinds }: Testing, text: string | undefined): SeedLimits["faults"] {
  if (text === undefined) return undefined;
  if (text === "none") return [];
  return text.split(",").map((name) => {
    const kind = faultKinds.find((one) => one === name);
    if (kind !== undefined) return kind;
    throw new UsageError(`--faults names no kind of fault by ${name}: allowed are none, ${faultKinds.join(", ")}`);
  });
}

function numbersOf({ numbersOf: read }: Testing, flag: string, text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const numbers = read(text);
  if (numbers === undefined) throw new UsageError(`${flag} is none, or numbers from 1 on as 3,7-9, not ${text}`);
  return numbers;
}

function mutationOf({ mutations }: Testing, name: string | undefined): Testing["mutations"][number] | undefined {
  if (name === undefined) return undefined;
  const found = mutations.find((mutation) => mutation.name === name);
  if (found !== undefined) return found;
  const all = mutations.map((mutation) => `  ${mutation.name.padEnd(20)} ${mutation.rule}: ${mutation.broken}`);
  throw new UsageError(`--break knows no rule by ${name}; allowed are\n${all.join("\n")}`);
}

function readSeeds(text: string): SeedRange {
  const ends = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text);
  const [from, to] = [Number(ends?.[1]), Number(ends?.[2])];
  if (ends !== null && to >= from && to - from < seedsMax) return { from, to };
  throw new InvalidArgumentError(`Allowed is FROM..TO with at most ${seedsMax} seeds, as 1..10000.`);
}

function readNumber(what: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Allowed is ${what} from ${least} to ${most}.`);
  };
}

/** Tells on a terminal how far it is. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
