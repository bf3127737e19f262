import type { RuntimeName } from "./directives.ts";
import { provideNeeds } from "./needs.ts";
import { buildForNode } from "./node_builds.ts";
import { makePlan, type Plan, type Suite } from "./plan.ts";
import { type Job, staticChecks } from "./static_checks.ts";
import { type Outcome, runSuite, type SuiteOptions } from "./suite.ts";

export interface RunOptions {
  readonly projectDirectory: string;
  readonly testsDirectory: string;
  readonly runtimes: readonly RuntimeName[];
  readonly filters: readonly string[];
  readonly timeoutSeconds: number;
  /** Suites that run side by side. */
  readonly jobs: number;
  readonly fast: boolean;
  /** Whether the files that take minutes run, and they alone. */
  readonly long: boolean;
  /** Whether format, lint and types are checked too. */
  readonly statics: boolean;
  /** What `SIM_SECONDS` says; undefined when it says nothing. */
  readonly simulatorSeconds: number | undefined;
  readonly print: (line: string) => void;
}

export interface RunResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Simulation on the runtimes that do not get the long one. */
const simulatorSecondsElsewhere = 3;

/** Tests beside real agents, and of real nodes that die, wait for timers nearly all the time: so many of them for each job. */
const waitingSuitesPerJob = 2;

/** Runs everything that the options select, prints as it goes, and prints the closing line last. */
export async function runTests(options: RunOptions): Promise<RunResult> {
  const plan = makePlan({ ...options, simulatorSeconds: options.simulatorSeconds ?? 0 });
  for (const note of plan.notes) options.print(`note ${note}`);
  if (plan.suites.length === 0) options.print("no test file is selected");
  const outcomes: Outcome[] = plan.faults.map(faultyFile);
  for (const outcome of outcomes) report(outcome, options.print);

  const ready = provideSuites(plan, options.print);
  outcomes.push(...ready.skipped);
  const checks = options.statics ? staticChecks(options.projectDirectory) : [];
  const onNode = ready.suites.filter(({ runtime }) => runtime === "node").map(({ file }) => file);
  using nodeBuilds = await buildForNode(onNode, options);
  const suiteOptions: SuiteOptions = { ...options, simulatorSeconds: shareSimulation(options), nodeBuilds };
  const toJob = (suite: Suite) => () => runSuite(suite, suiteOptions);
  const alone = ready.suites.filter((suite) => suite.directives.alone).map(toJob);
  const together = ready.suites.filter((suite) => !suite.directives.alone);
  // Those that may take longest first, so that none is left for the end.
  together.sort((left, right) => right.timeoutSeconds - left.timeoutSeconds);
  const waiting = together.filter(isWaiting);
  const busy = together.filter((suite) => !isWaiting(suite)).map(toJob);
  outcomes.push(...(await runJobs([...checks, ...busy], options.jobs, options.print)));
  outcomes.push(...(await runJobs(waiting.map(toJob), options.jobs * waitingSuitesPerJob, options.print)));
  outcomes.push(...(await runJobs(alone, 1, options.print)));
  return close(outcomes, ready.advice, options.print);
}

function isWaiting({ directives, file }: Suite): boolean {
  return directives.needs.includes("serf") || file.startsWith("cluster/");
}

function faultyFile(fault: string): Outcome {
  return { name: fault, passed: 0, failed: 1, skipped: 0, fault: "bad directive", output: "", durationMs: 0 };
}

/** Suites whose needs are there, and what the others count for: one each, because nobody can ask them. */
function provideSuites(
  plan: Plan,
  print: (line: string) => void,
): { suites: Suite[]; skipped: Outcome[]; advice: string | undefined } {
  const needs = new Set(plan.suites.flatMap((suite) => suite.directives.needs));
  const { missing, reasons, advice } = provideNeeds(needs, print);
  const suites: Suite[] = [];
  const skipped: Outcome[] = [];
  for (const suite of plan.suites) {
    const lacks = suite.directives.needs.filter((need) => missing.has(need));
    if (lacks.length === 0) suites.push(suite);
    else {
      const name = `${suite.runtime.padEnd(4)} ${suite.file}`;
      print(`skip ${name}  needs ${lacks.map((need) => `${need}${reasons.get(need) ?? ""}`).join(", ")}`);
      skipped.push({ name, passed: 0, failed: 0, skipped: 1, fault: undefined, output: "", durationMs: 0 });
    }
  }
  return { suites, skipped, advice };
}

/** The long simulation runs once, on the first runtime; the others prove the same traces in a short one. */
function shareSimulation(options: RunOptions): ReadonlyMap<RuntimeName, number> {
  if (options.simulatorSeconds === undefined) return new Map();
  const [first, ...others] = options.runtimes;
  const shares = new Map<RuntimeName, number>(others.map((runtime) => [runtime, simulatorSecondsElsewhere]));
  if (first !== undefined) shares.set(first, options.simulatorSeconds);
  return shares;
}

async function runJobs(queue: readonly Job[], jobs: number, print: (line: string) => void): Promise<Outcome[]> {
  const waiting = [...queue];
  const outcomes: Outcome[] = [];
  const work = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const outcome = await job();
      report(outcome, print);
      outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return outcomes;
}

/** A suite that passed stays silent but for what it wants to be known: how many seeds it tried, say. */
const reportedLine = /^report: (.*)$/gm;

function report(outcome: Outcome, print: (line: string) => void): void {
  const seconds = (outcome.durationMs / 1000).toFixed(1);
  if (outcome.fault === undefined) {
    print(`ok   ${outcome.name}  ${outcome.passed} passed, ${seconds} s`);
    for (const [, line] of outcome.output.matchAll(reportedLine)) print(`     ${line}`);
    return;
  }
  if (outcome.output.trim() !== "") print(outcome.output.trimEnd());
  print(`FAIL ${outcome.name}  ${outcome.fault}, ${outcome.passed} passed, ${seconds} s`);
}

function close(outcomes: readonly Outcome[], advice: string | undefined, print: (line: string) => void): RunResult {
  const sum = (field: "passed" | "failed" | "skipped") => outcomes.reduce((total, each) => total + each[field], 0);
  const result: RunResult = { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
  const bad = outcomes.filter((outcome) => outcome.fault !== undefined);
  if (bad.length > 0) {
    print("\nfailed:");
    for (const outcome of bad) print(`  ${outcome.name}  ${outcome.fault}`);
  }
  if (advice !== undefined) print(`\nto run what was skipped, type: ${advice}`);
  print(closingLine(result));
  return result;
}

/** `N passed, N failed`, and how many were skipped when any were. */
export function closingLine(result: RunResult): string {
  const line = `${result.passed} passed, ${result.failed} failed`;
  return result.skipped > 0 ? `${line}, ${result.skipped} skipped` : line;
}
