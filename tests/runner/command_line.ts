import path from "node:path";
import { parseArgs } from "node:util";
import { isRuntimeName, type RuntimeName, runtimeNames } from "./directives.ts";
import { killAllGroups } from "./process_group.ts";
import { type RunOptions, runTests } from "./runner.ts";

const usage = `usage: npm test -- [options] [FILTER…]
  FILTER            regular expression over paths below tests/, or a topic: discovery
  --runtime NAMES   some of ${runtimeNames.join(",")} (default: all)
  --jobs N          suites that run side by side (default 3)
  --timeout SECONDS time limit of a file that names none (default 120)
  --long            the files that take minutes, and they alone; otherwise they are left out
  --help
Everything runs without a filter: format, lint, types, then each file on each runtime.
SIM_SECONDS=N lets the simulator run N seconds on the first runtime; SEED=N replays one seed.`;

/** A mistake on the command line: exit status 2. */
class UsageError extends Error {}

/** Runs the tests as the command line says and sets the exit status: 0 all passed, 1 failed, 2 usage. */
export async function main(words: readonly string[], defaults: { readonly fast: boolean }): Promise<void> {
  let options: RunOptions | undefined;
  try {
    options = readOptions(words, defaults.fast);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (options === undefined) {
    console.log(usage);
    return;
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      killAllGroups();
      process.exit(1);
    });
  }
  const result = await runTests(options);
  process.exitCode = result.failed === 0 && result.passed > 0 ? 0 : 1;
}

/** Undefined when help was asked for. */
function readOptions(words: readonly string[], fast: boolean): RunOptions | undefined {
  const { values, positionals } = parse(words);
  if (values.help === true) return undefined;
  for (const filter of positionals) checkFilter(filter);
  const projectDirectory = path.resolve(import.meta.dirname, "../..");
  return {
    projectDirectory,
    testsDirectory: path.join(projectDirectory, "tests"),
    runtimes: readRuntimes(values.runtime),
    filters: positionals,
    jobs: readNumber("--jobs", values.jobs, 3, 64),
    timeoutSeconds: readNumber("--timeout", values.timeout, 120, 86_400),
    fast,
    long: values.long === true,
    statics: positionals.length === 0 && values.long !== true,
    simulatorSeconds: process.env["SIM_SECONDS"]
      ? readNumber("SIM_SECONDS", process.env["SIM_SECONDS"], 0, 86_400)
      : undefined,
    print: (line) => console.log(line),
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        runtime: { type: "string" },
        jobs: { type: "string" },
        timeout: { type: "string" },
        long: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    // Node's message goes on with advice about `--` that would mislead here.
    throw new UsageError((error as Error).message.split(". ")[0] as string);
  }
}

function checkFilter(filter: string): void {
  try {
    new RegExp(filter);
  } catch {
    throw new UsageError(`Cannot use filter ${JSON.stringify(filter)}: it is not a regular expression`);
  }
}

function readRuntimes(text: string | undefined): readonly RuntimeName[] {
  if (text === undefined) return runtimeNames;
  const names = text.split(",");
  const unknown = names.find((name) => !isRuntimeName(name));
  if (unknown !== undefined) {
    throw new UsageError(`Cannot use --runtime ${JSON.stringify(unknown)}: allowed are ${runtimeNames.join(", ")}`);
  }
  return names.filter(isRuntimeName);
}

function readNumber(flag: string, text: string | undefined, unset: number, most: number): number {
  if (text === undefined) return unset;
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > most) {
    throw new UsageError(`Cannot use ${flag} ${JSON.stringify(text)}: allowed are whole numbers from 1 to ${most}`);
  }
  return number;
}
