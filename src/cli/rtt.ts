import type { Command } from "commander";
import { clientOf, withFormats, withServers } from "./arguments.ts";
import { CommandFailedError } from "./failure.ts";
import { printLine } from "./output.ts";

interface RttFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
}

export function addRttCommand(program: Command): void {
  const command = program
    .command("rtt")
    .description("Estimate the round trip between two members")
    .argument("<node>", "name of a member")
    .argument("[other]", "name of another; the asked node unless given", "");
  withServers(withFormats(command, ["text", "json"])).action(showRoundTrip);
}

async function showRoundTrip(node: string, other: string, flags: RttFlags): Promise<void> {
  await using client = clientOf(flags);
  const { left, right, milliseconds } = await client.cluster.roundTrip(node, other);
  if (milliseconds === undefined) {
    throw new CommandFailedError(
      `Cannot estimate the round trip: it is not known yet where ${left} and ${right} stand`,
    );
  }
  if (flags.format === "json") return printLine(JSON.stringify({ left, right, milliseconds }, undefined, 2));
  await printLine(`Estimated ${left} <-> ${right} rtt: ${milliseconds.toFixed(3)} ms`);
}
