import { createInterface } from "node:readline/promises";
import { Argument, type Command } from "commander";
import { checkUsage, clientOf, topicArgument, withFormats, withServers } from "./arguments.ts";
import { CommandFailedError } from "./failure.ts";
import { counted, printLine } from "./output.ts";

interface DeleteFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
  readonly yes?: boolean;
}

/** Adds `topics delete`. */
export function addTopicsDeleteCommand(topics: Command): void {
  const command = topics
    .command("delete")
    .description("Delete a topic on all nodes, with all its records")
    .addArgument(new Argument("<topic>", "name of the topic").argParser(topicArgument))
    .option("--yes", "do not ask");
  withServers(withFormats(command, ["text", "json"])).action((topic: string, _: unknown, self: Command) =>
    // Flags may stand before the word "delete" too.
    deleteTopic(topic, self.optsWithGlobals()),
  );
}

async function deleteTopic(name: string, flags: DeleteFlags): Promise<void> {
  const mayAsk = process.stdin.isTTY === true && process.stderr.isTTY === true;
  checkUsage(flags.yes === true || mayAsk, "topics delete needs --yes where nobody can be asked");
  await using client = clientOf(flags);
  if (flags.yes !== true) {
    const { records } = await client.describeTopic(name);
    if (!(await isConfirmed(name, records))) {
      throw new CommandFailedError(`Cannot delete topic ${name}: its name was not typed`);
    }
  }
  const deleted = await client.deleteTopic(name);
  if (flags.format === "json") await printLine(JSON.stringify({ name, ...deleted }, undefined, 2));
  else await printLine(`deleted topic ${name}, generation ${deleted.generation}`);
}

/** The name has to be typed: one letter is too soon said. */
async function isConfirmed(name: string, records: number): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const question = `Delete topic ${name} on all nodes? ${counted(records, "record")} here. Type its name to go on: `;
    return (await terminal.question(question)).trim() === name;
  } finally {
    terminal.close();
  }
}
