import type { Command } from "commander";
import { clientOf, withFormats, withServers } from "./arguments.ts";
import { CommandFailedError } from "./failure.ts";
import { counted, printLine } from "./output.ts";

interface ReachabilityFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
  readonly verbose?: boolean;
}

/** Serf's name for the question that every node answers by its arrival alone. */
const pingQuery = "_serf_ping";

export function addReachabilityCommand(program: Command): void {
  const command = program
    .command("reachability")
    .description("Check that all live members can be reached")
    .option("--verbose", "show each answer");
  withServers(withFormats(command, ["text", "json"])).action(checkReachability);
}

async function checkReachability(flags: ReachabilityFlags): Promise<void> {
  await using client = clientOf(flags);
  const isText = flags.format === "text";
  const members = await client.members();
  const live = members.filter(({ status }) => status === "alive").map(({ name }) => name);
  if (isText) {
    await printLine(`Total members: ${members.length}, live members: ${live.length}`);
    await printLine("Starting reachability test...");
  }
  const startMs = performance.now();
  let lastMs = 0;
  const reached = new Set<string>();
  for await (const event of client.cluster.query(pingQuery)) {
    if (event.type !== "ack") continue;
    lastMs = performance.now() - startMs;
    reached.add(event.from);
    if (isText && flags.verbose) await printLine(`\tAck from '${event.from}'`);
  }
  const tookMs = performance.now() - startMs;
  const missing = live.filter((name) => !reached.has(name));
  if (!isText) {
    await printLine(JSON.stringify({ members: members.length, live, reached: [...reached], missing }, undefined, 2));
  } else if (flags.verbose) {
    const seconds = (milliseconds: number) => (milliseconds / 1_000).toFixed(2);
    await printLine(`Query time: ${seconds(tookMs)} sec, time to last response: ${seconds(lastMs)} sec`);
  }
  if (missing.length > 0) {
    throw new CommandFailedError(`Cannot reach ${counted(missing.length, "live member")}: ${missing.join(", ")}`);
  }
  if (isText) await printLine("Successfully contacted all live nodes");
}
