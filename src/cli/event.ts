import { type Command, Option } from "commander";
import { clientOf, withServers } from "./arguments.ts";
import { printLine } from "./output.ts";

interface EventFlags {
  readonly server?: readonly string[];
  readonly coalesce: boolean;
}

export function addEventCommand(program: Command): void {
  const coalesce = new Option("--coalesce [yes]", "listeners may be told only the latest of several (true, false)");
  const command = program
    .command("event")
    .description("Tell all members of the cluster of something")
    .argument("<name>", "name of the event")
    .argument("[payload]", "what it says", "")
    .addOption(coalesce.choices(["true", "false"]).preset("true").default(true).argParser(trueOrFalse));
  withServers(command).action(sendEvent);
}

function trueOrFalse(value: string): boolean {
  return value !== "false";
}

async function sendEvent(name: string, payload: string, flags: EventFlags): Promise<void> {
  await using client = clientOf(flags);
  await client.cluster.event(name, payload, { coalesce: flags.coalesce });
  await printLine(`Event '${name}' dispatched! Coalescing enabled: ${flags.coalesce}`);
}
