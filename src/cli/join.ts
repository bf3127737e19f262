import { type Command, InvalidArgumentError } from "commander";
import { parseAddress } from "../base/mod.ts";
import { clientOf, withServers } from "./arguments.ts";
import { CommandFailedError } from "./failure.ts";
import { counted, printLine } from "./output.ts";

const gossipPortDefault = 7946;

export function addJoinCommand(program: Command): void {
  const command = program
    .command("join")
    .description("Make the asked node join a cluster")
    .argument("<address...>", "host:port of other nodes' gossip", collectAddress);
  withServers(command).action(joinNodes);
}

function collectAddress(value: string, previous: string[] | undefined): string[] {
  const address = parseAddress(value, gossipPortDefault);
  if (address === undefined || address.port === 0) {
    throw new InvalidArgumentError("Allowed is host, host:port or [ipv6]:port.");
  }
  return [...(previous ?? []), value];
}

async function joinNodes(addresses: readonly string[], flags: { readonly server?: readonly string[] }): Promise<void> {
  await using client = clientOf(flags);
  const joined = await client.join(addresses);
  if (joined === 0) throw new CommandFailedError(`Cannot join ${addresses.join(", ")}: none of them answers`);
  await printLine(`joined by contacting ${counted(joined, "node")}`);
}
