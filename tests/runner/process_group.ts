import { spawn } from "node:child_process";

export interface GroupRun {
  readonly command: readonly string[];
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly timeoutSeconds: number;
}

export interface GroupResult {
  /** Exit status; undefined when a signal ended it or it could not be started. */
  readonly status: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  /** Standard output and standard error as they came. */
  readonly output: string;
  readonly durationMs: number;
}

/** Output that is kept of one process: its beginning and its end. */
const outputCharactersMax = 400_000;

const running = new Set<number>();

/**
 * Runs a command in a process group of its own and kills what is left of the group when the command ends or its time is
 * over: a test that leaks a child process or hangs costs itself, not the run.
 */
export function runGroup(run: GroupRun): Promise<GroupResult> {
  const startedMs = performance.now();
  const [program, ...options] = run.command as [string, ...string[]];
  const child = spawn(program, options, {
    cwd: run.directory,
    env: run.environment,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const group = child.pid;
  if (group !== undefined) running.add(group);
  let output = "";
  const collect = (chunk: string) => {
    output += chunk;
    if (output.length > outputCharactersMax) {
      const half = outputCharactersMax / 2;
      output = `${output.slice(0, half)}\n[…]\n${output.slice(-half / 2)}`;
    }
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(group);
  }, run.timeoutSeconds * 1000);
  return new Promise((resolve) => {
    const finish = (status: number | null, signal: string | null) => {
      clearTimeout(timer);
      if (group !== undefined) running.delete(group);
      const durationMs = performance.now() - startedMs;
      resolve({ status: status ?? undefined, signal: signal ?? undefined, timedOut, output, durationMs });
    };
    child.on("exit", () => killGroup(group));
    child.on("close", finish);
    child.on("error", (error) => {
      output += `${error.message}\n`;
      if (group === undefined) finish(null, null);
    });
  });
}

/** Kills every group that still runs: the runner itself is being stopped. */
export function killAllGroups(): void {
  for (const group of running) killGroup(group);
}

function killGroup(group: number | undefined): void {
  if (group === undefined) return;
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nobody of the group is left, which is what was wanted.
  }
}
