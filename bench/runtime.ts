/** The runtime that runs the benchmark also runs what it measures. */

/** How this runtime runs a program of this project. */
export function runtimeCommand(): string[] {
  if ("Deno" in globalThis) return [process.execPath, "run", "-A", "--quiet"];
  return "Bun" in globalThis ? [process.execPath] : [process.execPath, "--import", "tsx"];
}

/** Name and version. */
export function runtimeName(): string {
  const { versions } = process as { versions: Record<string, string | undefined> };
  if (versions["deno"] !== undefined) return `Deno ${versions["deno"]}`;
  return versions["bun"] === undefined ? `Node ${versions["node"]}` : `Bun ${versions["bun"]}`;
}
