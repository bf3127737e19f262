import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { CommandFailedError } from "../failure.ts";

/** What the demonstration produces at least: enough to meet every path of the log more than once. */
export const linesLeast = 100_000;
export const bytesLeast = 10_485_760;
/** A file given by hand is held in memory as a whole. */
const bytesMost = 268_435_456;
/** Directories below node_modules that are looked into. */
const depthMost = 12;

/** Real text, one record a line. */
export interface DemoInput {
  readonly lines: readonly string[];
  readonly bytes: number;
  /** Where it comes from, for people. */
  readonly source: string;
}

/** The lines of a file. */
export function readInput(file: string): DemoInput {
  let bytes: number;
  try {
    bytes = statSync(file).size;
    if (bytes > bytesMost)
      throw new CommandFailedError(`Cannot use ${file}: it has ${bytes} bytes, allowed are ${bytesMost}`);
    const lines = linesOf(readFileSync(file, "utf8"));
    if (lines.length === 0) throw new CommandFailedError(`Cannot use ${file}: it is empty`);
    return { lines, bytes, source: file };
  } catch (error) {
    if (error instanceof CommandFailedError) throw error;
    throw new CommandFailedError(`Cannot read ${file}: ${(error as Error).message}`);
  }
}

/** Where the packages beside this one lie: node_modules of a checkout, or of the project that it was installed in. */
export function findPackages(below: string): string {
  for (let directory = path.resolve(below); ; directory = path.dirname(directory)) {
    const packages = path.join(directory, "node_modules");
    if (existsSync(packages) || directory === path.dirname(directory)) return packages;
  }
}

/** Declarations, then prose, then code that the installed packages ship, in a fixed order, until it is enough. */
export function findInput(directory: string): DemoInput {
  const found = [...filesBelow(directory, 0)];
  const lines: string[] = [];
  let bytes = 0;
  let files = 0;
  for (const ending of [".d.ts", ".md", ".js"]) {
    for (const file of found.filter((name) => name.endsWith(ending))) {
      if (lines.length >= linesLeast && bytes >= bytesLeast) return summary();
      const text = readFileSync(file, "utf8");
      for (const line of linesOf(text)) lines.push(line);
      bytes += Buffer.byteLength(text);
      files++;
    }
  }
  if (lines.length >= linesLeast && bytes >= bytesLeast) return summary();
  throw new CommandFailedError(
    `Cannot find enough text below ${directory}: ${lines.length} lines and ${bytes} bytes, needed are ${linesLeast} and ${bytesLeast}; name a file with --input`,
  );

  function summary(): DemoInput {
    return { lines, bytes, source: `${files} text files that the installed packages ship` };
  }
}

function* filesBelow(directory: string, depth: number): Generator<string> {
  for (const entry of sortedEntries(directory)) {
    const name = path.join(directory, entry.name);
    if (entry.isDirectory() && depth < depthMost) yield* filesBelow(name, depth + 1);
    else if (entry.isFile()) yield name;
  }
}

function sortedEntries(directory: string): Dirent[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  } catch {
    // A directory that cannot be read has nothing to give; the caller says when too little was found.
    return [];
  }
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
