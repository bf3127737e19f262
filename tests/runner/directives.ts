/** What a test file says of itself to the runner, in the comment lines that it begins with. */

export const runtimeNames = ["bun", "node", "deno"] as const;
export type RuntimeName = (typeof runtimeNames)[number];

export interface Directives {
  /** `// timeout: 300`: seconds until the file's process group is killed. */
  readonly timeoutSeconds: number | undefined;
  /** `// runtimes: node, bun (why not the others)`. */
  readonly runtimes: readonly RuntimeName[];
  readonly runtimesReason: string | undefined;
  /** `// needs: serf openssl`: programs beyond npm, by their keys in the table of `needs.ts`. */
  readonly needs: readonly string[];
  /** `// alone`: nothing else runs beside this file, because it measures time or loads the whole machine. */
  readonly alone: boolean;
  /** `// slow`: left out of `npm run check`. */
  readonly slow: boolean;
  /** `// long`: takes minutes; left out of `npm test`, run by `npm run test:long`. */
  readonly long: boolean;
  /** `// topics: discovery`: words that select the file on the runner's command line. */
  readonly topics: readonly string[];
}

/** Reads the directives. The text is what is wrong with one. */
export function readDirectives(source: string): Directives | string {
  const found = new Map<string, string>();
  let isBeginning = true;
  for (const line of source.split("\n")) {
    isBeginning &&= line.startsWith("//");
    const directive = /^\/\/ (timeout|runtimes|needs|topics): (.+)$|^\/\/ (alone|slow|long)$/.exec(line);
    if (!directive) continue;
    if (!isBeginning)
      return `Cannot read "${line.slice(3)}": it stands below the comment lines that the file begins with`;
    found.set((directive[1] ?? directive[3]) as string, directive[2] ?? "");
  }
  const timeout = found.get("timeout");
  if (timeout !== undefined && !/^[1-9]\d{0,4}$/.test(timeout)) {
    return `Cannot read "timeout: ${timeout}": allowed are whole seconds from 1 to 99999`;
  }
  const runtimes = readRuntimes(found.get("runtimes"));
  if (typeof runtimes === "string") return runtimes;
  return {
    timeoutSeconds: timeout === undefined ? undefined : Number(timeout),
    ...runtimes,
    needs: words(found.get("needs")),
    alone: found.has("alone"),
    slow: found.has("slow"),
    long: found.has("long"),
    topics: words(found.get("topics")),
  };
}

function readRuntimes(text: string | undefined): Pick<Directives, "runtimes" | "runtimesReason"> | string {
  if (text === undefined) return { runtimes: runtimeNames, runtimesReason: undefined };
  const parts = /^([a-z, ]+?)\s*\((.+)\)$/.exec(text);
  if (!parts) return `Cannot read "runtimes: ${text}": it needs a reason in parentheses after the names`;
  const names = words(parts[1]);
  const unknown = names.find((name) => !isRuntimeName(name));
  if (unknown !== undefined) return `Cannot read "runtimes: ${text}": allowed are ${runtimeNames.join(", ")}`;
  return { runtimes: names.filter(isRuntimeName), runtimesReason: parts[2] };
}

export function isRuntimeName(name: string): name is RuntimeName {
  return (runtimeNames as readonly string[]).includes(name);
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(/[\s,]+/).filter((word) => word !== "");
}
