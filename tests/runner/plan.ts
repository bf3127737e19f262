import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Directives, type RuntimeName, readDirectives } from "./directives.ts";
import { needNames } from "./needs.ts";

/** One test file on one runtime: a suite. */
export interface Suite {
  readonly runtime: RuntimeName;
  /** Path below the tests' directory. */
  readonly file: string;
  readonly timeoutSeconds: number;
  readonly directives: Directives;
}

export interface PlanOptions {
  readonly testsDirectory: string;
  readonly runtimes: readonly RuntimeName[];
  readonly filters: readonly string[];
  readonly timeoutSeconds: number;
  /** Leaves out what is slow. */
  readonly fast: boolean;
  /** Selects what takes minutes, and nothing else; otherwise that is left out. */
  readonly long: boolean;
  /** Seconds that the simulator is given beyond the time limit of its files. */
  readonly simulatorSeconds: number;
}

export interface Plan {
  /** In the order to run them: quick ones first, those that need the machine to themselves last. */
  readonly suites: readonly Suite[];
  /** What a reader should know of what is not run. */
  readonly notes: readonly string[];
  /** Directives that cannot be read. */
  readonly faults: readonly string[];
}

/** Words of the project that select files by where they lie. A file joins one by `// topics: word` too. */
const topicPaths: Readonly<Record<string, RegExp>> = {
  discovery: /^(gossip|membership|interop)\/|discovery/,
};

/** Directories whose files start real processes: run after everything else, and left out of a fast run. */
const heavyPath = /^(interop|browser|cluster)\//;

/** Directories whose files run whole nodes: left out of a fast run too. */
const wholeNodePath = /^(agent|cli)\//;

/** Finds the test files and decides what runs where and in which order. */
export function makePlan(options: PlanOptions): Plan {
  const suites: Suite[] = [];
  const notes: string[] = [];
  const faults: string[] = [];
  for (const file of findTestFiles(options.testsDirectory)) {
    const directives = readDirectives(readFileSync(path.join(options.testsDirectory, file), "utf8"));
    if (typeof directives === "string") {
      faults.push(`${file}: ${directives}`);
      continue;
    }
    const unknownNeed = directives.needs.find((need) => !needNames.includes(need));
    if (unknownNeed !== undefined) {
      faults.push(`${file}: Cannot provide "${unknownNeed}": allowed are ${needNames.join(", ")}`);
      continue;
    }
    if (!isSelected(file, directives, options)) continue;
    if (directives.long !== options.long) {
      if (directives.long) notes.push(`${file} takes minutes and is left out: npm run test:long runs it`);
      continue;
    }
    const runtimes = options.runtimes.filter((runtime) => directives.runtimes.includes(runtime));
    if (runtimes.length < options.runtimes.length) {
      notes.push(`${file} runs on ${directives.runtimes.join(", ")} only: ${directives.runtimesReason}`);
    }
    for (const runtime of runtimes) {
      const timeoutSeconds = timeoutOf(file, directives, options);
      suites.push({ runtime, file, timeoutSeconds, directives });
    }
  }
  suites.sort((left, right) => weight(left) - weight(right));
  return { suites, notes, faults };
}

function findTestFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith("_test.ts"))
    .sort();
}

function isSelected(file: string, directives: Directives, options: PlanOptions): boolean {
  if (options.fast && (directives.slow || directives.alone)) return false;
  if (options.fast && (heavyPath.test(file) || wholeNodePath.test(file))) return false;
  if (options.filters.length === 0) return true;
  return options.filters.some(
    (filter) =>
      directives.topics.includes(filter) || topicPaths[filter]?.test(file) === true || new RegExp(filter).test(file),
  );
}

function timeoutOf(file: string, directives: Directives, options: PlanOptions): number {
  const own = directives.timeoutSeconds ?? options.timeoutSeconds;
  return file.startsWith("sim/") ? own + options.simulatorSeconds : own;
}

function weight(suite: Suite): number {
  return suite.directives.alone ? 2 : heavyPath.test(suite.file) ? 1 : 0;
}
