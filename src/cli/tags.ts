import type { Command } from "commander";
import { checkUsage, clientOf, collectPair, withServers } from "./arguments.ts";
import { printLine } from "./output.ts";

interface TagsFlags {
  readonly server?: readonly string[];
  readonly set?: Readonly<Record<string, string>>;
  readonly delete?: readonly string[];
}

export function addTagsCommand(program: Command): void {
  const command = program
    .command("tags")
    .description("Change what the asked node says about itself")
    .option("--set <key=value>", "adds or changes a tag, repeatable", collectPair)
    .option("--delete <key>", "removes a tag, repeatable", (value: string, previous: string[] | undefined) => [
      ...(previous ?? []),
      value,
    ]);
  withServers(command).action(changeTags);
}

async function changeTags(flags: TagsFlags): Promise<void> {
  const { set = {}, delete: removed = [] } = flags;
  checkUsage(Object.keys(set).length + removed.length > 0, "Name a change: --set key=value or --delete key");
  await using client = clientOf(flags);
  await client.cluster.changeTags(set, removed);
  await printLine("Successfully updated agent tags");
}
