import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { DumpedItem } from "../agent/mod.ts";
import { withFormats } from "./arguments.ts";
import { CommandFailedError } from "./failure.ts";
import { printLine } from "./output.ts";

interface DumpFlags {
  readonly format: "text" | "json";
}

export function addDumpCommand(program: Command): void {
  const command = program
    .command("dump")
    .description("Show what is in a file of a data directory: a segment, an index, a journal, or one of the small ones")
    .argument("<file>", "path of the file");
  withFormats(command, ["text", "json"]).action(dump);
}

async function dump(path: string, flags: DumpFlags): Promise<void> {
  // Loaded here, so that commands which only talk to a node start without all of one.
  const { dumpFile } = await import("../agent/mod.ts");
  const bytes = await readFile(path);
  if (bytes.length === 0) return;
  const items = dumpFile(bytes);
  if (items === undefined) {
    throw new CommandFailedError(`Cannot dump ${path}: its first bytes are of no file that a node writes`);
  }
  let isDamaged = false;
  for (const item of items) {
    isDamaged ||= item.kind === "damage";
    await printLine(flags.format === "json" ? JSON.stringify(flat(item)) : words(item));
  }
  if (isDamaged) throw new CommandFailedError(`Cannot read all of ${path}: it is damaged`);
}

function flat({ kind, at, fields }: DumpedItem): Readonly<Record<string, string | number>> {
  return { kind, at, ...fields };
}

function words({ kind, at, fields }: DumpedItem): string {
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  return [`${at}`.padStart(10), kind, ...rest].join(" ");
}
