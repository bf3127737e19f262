import path from "node:path";
import { fileURLToPath } from "node:url";
import { emitted } from "../scripts/emit.ts";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

/**
 * How the runtime of this test runs the command line. Node runs what is emitted for it, as from the package: through a
 * loader, each start would take a second of a processor.
 */
export function commandLine(): readonly [program: string, ...args: string[]] {
  if ("Deno" in globalThis) return [process.execPath, "run", "--allow-all", "--quiet", main];
  if ("Bun" in globalThis) return [process.execPath, main];
  return [process.execPath, path.join(emitted(), "src/cli/main.js")];
}
