import { faultKinds } from "./faults.ts";
import type { SeedLimits } from "./seed_limits.ts";
import { runSeed, type SeedOptions, type SeedReport } from "./swarm.ts";

export interface ShrinkOptions extends Omit<SeedOptions, "stopsAtViolation"> {
  /** Name of the checker that must go on to find something. @default the one that finds something first */
  readonly guarantee?: string | undefined;
  /** Worlds that are run at most. @default 400 */
  readonly runsMax?: number | undefined;
  /** Hears of each world that was run. */
  readonly onRun?: ((runs: number) => void) | undefined;
}

/** The smallest world of a seed that was found to break the same guarantee still. */
export interface Shrunk {
  readonly limits: SeedLimits;
  readonly report: SeedReport;
  readonly guarantee: string;
  /** Worlds that were run for it. */
  readonly runs: number;
}

const runsMaxDefault = 400;
/** Virtual milliseconds that a shorter storm still lasts after what broke the guarantee. */
const afterwardsMs = 1;

/**
 * Looks for the smallest world of a seed in which the same checker still finds something: first without whole kinds of
 * faults, then without single strikes, nodes, consumers and records, and then for a shorter time. Undefined when the seed
 * breaks nothing.
 */
export async function shrinkSeed(seed: number, options: ShrinkOptions = {}): Promise<Shrunk | undefined> {
  const whole = await runSeed(seed, { ...options, stopsAtViolation: true });
  const guarantee = options.guarantee ?? whole.violations[0]?.guarantee;
  if (guarantee === undefined || !breaks(whole, guarantee)) return undefined;
  const search = new Search(seed, guarantee, options, whole);
  await search.shorten();
  await search.dropFaults();
  await search.drop("strikes");
  await search.lessen("nodes", 1);
  await search.lessen("consumers", 0);
  await search.drop("produces");
  // With fewer records, some of what happened is for nothing.
  await search.drop("strikes");
  await search.dropFaults();
  await search.shorten();
  return { limits: search.limits, report: search.report, guarantee, runs: search.runs };
}

function breaks(report: SeedReport, guarantee: string): boolean {
  return report.violations.some((violation) => violation.guarantee === guarantee);
}

class Search {
  limits: SeedLimits;
  report: SeedReport;
  runs = 1;
  readonly #seed: number;
  readonly #guarantee: string;
  readonly #options: ShrinkOptions;
  readonly #runsMax: number;

  constructor(seed: number, guarantee: string, options: ShrinkOptions, report: SeedReport) {
    this.#seed = seed;
    this.#guarantee = guarantee;
    this.#options = options;
    this.#runsMax = options.runsMax ?? runsMaxDefault;
    this.limits = options.limits ?? {};
    this.report = report;
  }

  /** Ends the storm where the guarantee is broken, or as soon as it still is. */
  async shorten(): Promise<void> {
    const { stormMs } = this.report.happened;
    const brokenAtMs = this.report.violations[0]?.atMs ?? stormMs;
    if (brokenAtMs < stormMs) await this.#try({ stormMs: brokenAtMs + afterwardsMs });
    for (let part = 2; part <= 16; part *= 2) {
      const shorterMs = Math.floor(this.report.happened.stormMs * (1 - 1 / part));
      if (shorterMs > 0) await this.#try({ stormMs: shorterMs });
    }
  }

  /** All kinds of faults at once, or else one by one. */
  async dropFaults(): Promise<void> {
    if (await this.#try({ faults: [] })) return;
    for (const kind of this.limits.faults ?? faultKinds) {
      await this.#try({ faults: (this.limits.faults ?? faultKinds).filter((one) => one !== kind) });
    }
  }

  /** Drops ever smaller parts of what happened, until each single one is needed or there is no more time. */
  async drop(what: "strikes" | "produces"): Promise<void> {
    if (await this.#try({ [what]: [] })) return;
    for (let size = Math.ceil(this.report.happened[what].length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < this.report.happened[what].length; ) {
        const numbers = this.report.happened[what];
        const kept = [...numbers.slice(0, at), ...numbers.slice(at + size)];
        // What is kept moves up to where the dropped part was.
        if (!(await this.#try({ [what]: kept }))) at += size;
      }
    }
  }

  async lessen(what: "nodes" | "consumers", least: number): Promise<void> {
    for (let count = least; count < this.report.happened[what]; count++) if (await this.#try({ [what]: count })) return;
  }

  /** Keeps what is given if the guarantee is broken in that world, too. */
  async #try(change: SeedLimits): Promise<boolean> {
    if (this.runs >= this.#runsMax) return false;
    const limits = { ...this.limits, ...change };
    this.runs++;
    this.#options.onRun?.(this.runs);
    const report = await runSeed(this.#seed, { ...this.#options, limits, stopsAtViolation: true });
    if (!breaks(report, this.#guarantee)) return false;
    this.limits = limits;
    this.report = report;
    return true;
  }
}

/** What a feed is called in traces: the first digits of its writer, and sequences. */
const feedPattern = /\b([0-9a-f]{4}):\d+/g;
/** What is said of members and streams explains few violations. */
const chatter = /^(hears |pulls |cancels |log |is warned|is up as|refuses )/;

/** The lines of a trace that are about the nodes and feeds of its violations, up to the first. */
export function concernedLines({ trace, violations }: Pick<SeedReport, "trace" | "violations">): string[] {
  const told = violations[0]?.message;
  if (told === undefined) return [];
  const feeds = new Set([...told.matchAll(feedPattern)].map((match) => match[1] as string));
  const owners = trace.filter((line) => /^\d+ \S+ is up as/.test(line));
  const nodes = new Set(owners.map((line) => line.split(" ")[1] as string).filter((name) => wordIn(told, name)));
  for (const line of owners) if (feeds.has(line.slice(-4))) nodes.add(line.split(" ")[1] as string);
  const end = trace.findIndex((line) => line.includes("VIOLATION"));
  return trace.slice(0, end + 1).filter((line) => isConcerned(line, nodes, feeds));
}

function isConcerned(line: string, nodes: ReadonlySet<string>, feeds: ReadonlySet<string>): boolean {
  const [, subject = "", rest = ""] = /^\d+ (\S+) (.*)$/.exec(line) ?? [];
  if (subject === "VIOLATION" || subject === "partition" || rest === "network is whole") return true;
  const named = [...rest.matchAll(feedPattern)].map((match) => match[1] as string);
  if (named.length > 0 && feeds.size > 0 && !named.some((feed) => feeds.has(feed))) return false;
  if (nodes.size > 0 && !nodes.has(subject)) return false;
  return !chatter.test(rest) || rest.startsWith("is up as");
}

function wordIn(text: string, word: string): boolean {
  return new RegExp(`(^|[^\\w])${word}($|[^\\w])`).test(text);
}
