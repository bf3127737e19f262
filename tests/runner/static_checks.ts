import path from "node:path";
import { runGroup } from "./process_group.ts";
import type { Outcome } from "./suite.ts";

/** Checks that read the sources and run nothing. Each counts as one test. */
const checks: readonly { readonly name: string; readonly command: readonly [string, ...string[]] }[] = [
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings", "."] },
  { name: "types", command: ["tsc", "-p", "tsconfig.json"] },
  { name: "types of tests and examples", command: ["tsc", "-p", "tsconfig.tests.json"] },
  { name: "types of the pure rooms", command: ["tsc", "-p", "tsconfig.pure.json"] },
];

const checkSecondsMax = 180;

/** Something to run that counts. */
export type Job = () => Promise<Outcome>;

export function staticChecks(projectDirectory: string): Job[] {
  return checks.map(({ name, command: [program, ...options] }) => async () => {
    const result = await runGroup({
      command: [path.join(projectDirectory, "node_modules/.bin", program), ...options],
      directory: projectDirectory,
      environment: { ...process.env, NO_COLOR: "1" },
      timeoutSeconds: checkSecondsMax,
    });
    const fine = result.status === 0;
    return {
      name: `static ${name}`,
      passed: fine ? 1 : 0,
      failed: fine ? 0 : 1,
      skipped: 0,
      fault: fine ? undefined : result.timedOut ? `killed after ${checkSecondsMax} s` : `exit status ${result.status}`,
      output: result.output,
      durationMs: result.durationMs,
    };
  });
}
