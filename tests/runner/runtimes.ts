import { createRequire } from "node:module";
import path from "node:path";
import type { RuntimeName } from "./directives.ts";

/** The command that runs one TypeScript file on a runtime. All three come from the project's own node_modules. */
export function runtimeCommand(runtime: RuntimeName, projectDirectory: string): string[] {
  switch (runtime) {
    case "bun":
      return [path.join(projectDirectory, "node_modules/.bin/bun"), "run"];
    case "node":
      return [process.execPath, "--import", "tsx"];
    case "deno":
      return [denoBinary(projectDirectory), "run", "--allow-all", "--quiet"];
    default:
      return runtime satisfies never;
  }
}

/**
 * The binary itself. The command of the npm package `deno` is a wrapper that waits for its child synchronously: a signal
 * ends the wrapper and leaves the child running.
 */
function denoBinary(projectDirectory: string): string {
  const library = process.platform === "linux" ? "-glibc" : "";
  const binary = process.platform === "win32" ? "deno.exe" : "deno";
  const packageName = `@deno/${process.platform}-${process.arch}${library}`;
  const require = createRequire(path.join(projectDirectory, "package.json"));
  return path.join(path.dirname(require.resolve(`${packageName}/package.json`)), binary);
}
