import type { Command } from "commander";
import { clientOf, withServers } from "./arguments.ts";
import { printLine } from "./output.ts";

export function addLeaveCommand(program: Command): void {
  const command = program.command("leave").description("Make the asked node leave the cluster in good order and stop");
  withServers(command).action(leaveCluster);
}

async function leaveCluster(flags: { readonly server?: readonly string[] }): Promise<void> {
  await using client = clientOf(flags);
  await client.leave();
  await printLine("left");
}
