import type { Command } from "commander";
import { clientOf, withServers } from "./arguments.ts";
import { printLine } from "./output.ts";

interface ForceLeaveFlags {
  readonly server?: readonly string[];
  readonly prune?: boolean;
}

export function addForceLeaveCommand(program: Command): void {
  const command = program
    .command("force-leave")
    .description("Declare that a member leaves which cannot do so itself; one that is alive contradicts")
    .argument("<name>", "name of the member")
    .option("--prune", "forget the member altogether");
  withServers(command).action(forceLeave);
}

async function forceLeave(name: string, flags: ForceLeaveFlags): Promise<void> {
  await using client = clientOf(flags);
  await client.cluster.forceLeave(name, { prune: flags.prune ?? false });
  await printLine(flags.prune ? `pruned ${name}` : `forced ${name} to leave`);
}
