import path from "node:path";
import type { RuntimeName } from "./directives.ts";
import type { NodeBuilds } from "./node_builds.ts";
import type { Suite } from "./plan.ts";
import { type GroupResult, runGroup } from "./process_group.ts";
import { runtimeCommand } from "./runtimes.ts";

/** How one suite or check ended. */
export interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why it failed, in a few words; undefined when it did not. */
  readonly fault: string | undefined;
  readonly output: string;
  readonly durationMs: number;
}

export interface SuiteOptions {
  readonly projectDirectory: string;
  readonly testsDirectory: string;
  /** Seconds of simulation for each runtime. */
  readonly simulatorSeconds: ReadonlyMap<RuntimeName, number>;
  readonly nodeBuilds: Pick<NodeBuilds, "of">;
}

/** Runs a suite in its own process group and reads uvu's closing counts. */
export async function runSuite(suite: Suite, options: SuiteOptions): Promise<Outcome> {
  const environment: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1" };
  // With both set, Node warns on standard error and kleur colours the counts.
  delete environment["FORCE_COLOR"];
  const simulatorSeconds = options.simulatorSeconds.get(suite.runtime);
  if (simulatorSeconds !== undefined) environment["SIM_SECONDS"] = String(simulatorSeconds);
  const result = await runGroup({
    command: commandOf(suite, options),
    directory: options.projectDirectory,
    environment,
    timeoutSeconds: suite.timeoutSeconds,
  });
  return judgeSuite(`${suite.runtime.padEnd(4)} ${suite.file}`, result, suite.timeoutSeconds);
}

function commandOf({ runtime, file }: Suite, options: SuiteOptions): string[] {
  const built = runtime === "node" ? options.nodeBuilds.of(file) : undefined;
  if (built !== undefined) return [process.execPath, built];
  return [...runtimeCommand(runtime, options.projectDirectory), path.join(options.testsDirectory, file)];
}

/** Decides what a finished suite counts for. A suite that says nothing has failed: it forgot `test.run()`. */
export function judgeSuite(name: string, result: GroupResult, timeoutSeconds: number): Outcome {
  const total = countOf(result.output, "Total");
  const passed = countOf(result.output, "Passed");
  const fault = faultOf(result, { total, passed, timeoutSeconds });
  return {
    name,
    passed,
    failed: fault === undefined ? 0 : Math.max(1, total - passed),
    skipped: countOf(result.output, "Skipped"),
    fault,
    output: result.output,
    durationMs: result.durationMs,
  };
}

function faultOf(
  result: GroupResult,
  counts: { readonly total: number; readonly passed: number; readonly timeoutSeconds: number },
): string | undefined {
  if (result.timedOut) return `killed after ${counts.timeoutSeconds} s`;
  if (result.signal !== undefined) return `ended by ${result.signal}`;
  if (counts.passed < counts.total) return `${counts.total - counts.passed} of ${counts.total} failed`;
  if (result.status !== 0) return `exit status ${result.status}`;
  if (counts.total === 0) return "registered no test (is test.run() missing?)";
  return undefined;
}

/** The last such line counts: a test may print one of its own. */
function countOf(output: string, word: string): number {
  const counts = [...output.matchAll(new RegExp(`^\\s*${word}:\\s+(\\d+)\\s*$`, "gm"))];
  return Number(counts.at(-1)?.[1] ?? 0);
}
