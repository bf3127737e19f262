import type { Command } from "commander";
import { clientOf, withFormats, withServers } from "./arguments.ts";
import { printLine } from "./output.ts";

interface InfoFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
}

export function addInfoCommand(program: Command): void {
  const command = program.command("info").description("Show what the asked node counts, and how it is set up");
  withServers(withFormats(command, ["text", "json"])).action(showInfo);
}

async function showInfo(flags: InfoFlags): Promise<void> {
  await using client = clientOf(flags);
  const sections = sorted(await client.cluster.info()).map(([name, values]) => [name, sorted(values)] as const);
  if (flags.format === "json") {
    const shown = sections.map(([name, values]) => [name, Object.fromEntries(values)] as const);
    return printLine(JSON.stringify(Object.fromEntries(shown), undefined, 2));
  }
  const lines = sections.flatMap(([name, values]) => [
    `${name}:`,
    ...values.map(([key, text]) => `\t${key} = ${text}`),
  ]);
  await printLine(lines.join("\n"));
}

function sorted<Value>(record: Readonly<Record<string, Value>>): (readonly [string, Value])[] {
  return Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1));
}
