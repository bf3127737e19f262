import { Argument, type Command, InvalidArgumentError } from "commander";
import { cursorNameFault } from "../base/mod.ts";
import type { ConsumeFrom, SavedCursor } from "../client/mod.ts";
import { clientOf, parseFrom, topicArgument, withFormats, withServers } from "./arguments.ts";
import { CommandFailedError } from "./failure.ts";
import { printLine, toColumns } from "./output.ts";

interface CursorFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
}

/** Adds `cursors`, whose first word says what to do with them. */
export function addCursorsCommand(program: Command): void {
  const cursors = program
    .command("cursors")
    .description("Show and set how far named consumers have read")
    .addHelpText("after", "\nEach of them takes --server <url>, and --format json.");
  const list = cursors
    .command("list", { isDefault: true })
    .description("List the cursors of a topic")
    .addArgument(topicOf())
    .option("--slots", "list those that groups keep for their slots, too");
  withServers(withFormats(list, ["text", "json"])).action(listCursors);
  const describe = cursors
    .command("describe")
    .description("Show one cursor, as up to five servers know it together")
    .addArgument(topicOf())
    .addArgument(nameOf());
  withServers(withFormats(describe, ["text", "json"])).action(describeCursor);
  const reset = cursors
    .command("reset")
    .description("Set a cursor anew, at the place that --to names; consumers of it fail and begin again")
    .addArgument(topicOf())
    .addArgument(nameOf())
    .requiredOption(
      "--to <place>",
      "earliest, latest, an offset, a time (2026-01-31T12:00:00Z) or a cursor, as the asked node holds the topic",
      parseFrom,
    );
  withServers(withFormats(reset, ["text", "json"])).action(resetCursor);
  const remove = cursors
    .command("delete")
    .description("Forget a cursor: who consumes under its name begins anew")
    .addArgument(topicOf())
    .addArgument(nameOf());
  withServers(withFormats(remove, ["text", "json"])).action(deleteCursor);
}

/** Reads the name of a cursor, a group or a member: a usage error says what is allowed. */
export function nameArgument(what: "cursor" | "group" | "member"): (value: string) => string {
  return (value) => {
    const fault = cursorNameFault(value)?.replace("cursor name", `${what} name`);
    if (fault !== undefined) throw new InvalidArgumentError(fault);
    return value;
  };
}

function topicOf(): Argument {
  return new Argument("<topic>", "name of the topic").argParser(topicArgument);
}

function nameOf(): Argument {
  return new Argument("<name>", "name that consumers read under").argParser(nameArgument("cursor"));
}

async function listCursors(topic: string, flags: CursorFlags & { readonly slots?: boolean }): Promise<void> {
  await using client = clientOf(flags);
  const cursors = await client.cursors.list(topic, { slots: flags.slots ?? false });
  if (flags.format === "json") return printLine(JSON.stringify({ topic, cursors }, undefined, 2));
  const rows = cursors.map((cursor) => [cursor.name, String(cursor.lag), timeOf(cursor), String(cursor.resets)]);
  await printLine(toColumns([["NAME", "LAG", "SAVED", "RESETS"], ...rows]));
}

async function describeCursor(topic: string, name: string, flags: CursorFlags): Promise<void> {
  await using client = clientOf(flags);
  const saved = await client.cursors.get(topic, name);
  if (saved === undefined) {
    throw new CommandFailedError(`Cannot describe cursor ${name} of topic ${topic}: none was saved`);
  }
  await printCursor(topic, saved, flags);
}

async function resetCursor(
  topic: string,
  name: string,
  flags: CursorFlags & { readonly to: ConsumeFrom },
): Promise<void> {
  await using client = clientOf(flags);
  await printCursor(topic, await client.cursors.reset(topic, name, flags.to), flags);
}

async function deleteCursor(topic: string, name: string, flags: CursorFlags): Promise<void> {
  await using client = clientOf(flags);
  await client.cursors.delete(topic, name);
  if (flags.format === "json") await printLine(JSON.stringify({ topic, name }, undefined, 2));
  else await printLine(`deleted cursor ${name} of topic ${topic}`);
}

function printCursor(topic: string, cursor: SavedCursor, { format }: CursorFlags): Promise<void> {
  if (format === "json") return printLine(JSON.stringify({ topic, ...cursor }, undefined, 2));
  const rows = [
    ["topic", topic],
    ["name", cursor.name],
    ["lag", String(cursor.lag)],
    ["saved", timeOf(cursor)],
    ["resets", String(cursor.resets)],
    ["cursor", cursor.cursor],
  ];
  return printLine(toColumns(rows));
}

function timeOf({ savedAtMs }: SavedCursor): string {
  return new Date(savedAtMs).toISOString();
}
