import { type Command, Option } from "commander";
import { toText } from "../base/mod.ts";
import type { ClusterEvent, LogClient, LogLevel } from "../client/mod.ts";
import { clientOf, withFormats, withServers } from "./arguments.ts";
import { printLine, printNote } from "./output.ts";

interface MonitorFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
  readonly logLevel?: (typeof logLevels)[number];
}

const logLevels = ["trace", "debug", "info", "warn", "error"] as const;

export function addMonitorCommand(program: Command): void {
  const command = program
    .command("monitor")
    .description("Show what happens in the cluster, as it happens: members, user events, queries");
  const option = new Option("--log-level <level>", "show also what the asked node logs, from this level on");
  withServers(withFormats(command, ["text", "json"]))
    .addOption(option.choices(logLevels))
    .action(monitor);
}

async function monitor(flags: MonitorFlags): Promise<void> {
  await using client = clientOf(flags);
  const { logLevel } = flags;
  await Promise.all([
    showEvents(client, flags),
    logLevel === undefined ? undefined : showLog(client, { ...flags, logLevel }),
  ]);
}

/** The last lines that the node has kept come first. */
async function showLog(client: LogClient, flags: MonitorFlags & { readonly logLevel: LogLevel }): Promise<void> {
  for await (const line of client.cluster.watchLog({ level: flags.logLevel })) {
    await printLine(flags.format === "json" ? JSON.stringify({ type: "log", line }) : line);
  }
}

async function showEvents(client: LogClient, flags: MonitorFlags): Promise<void> {
  for await (const event of client.cluster.watch()) {
    if (event.type === "watching") printNote(`watching the cluster at ${client.server}`);
    else await printLine(flags.format === "json" ? toJson(event) : toTextLines(event));
  }
}

type Happening = Exclude<ClusterEvent, { type: "watching" }>;

function toJson(event: Happening): string {
  return JSON.stringify("payload" in event ? { ...event, payload: toText(event.payload) } : event);
}

function toTextLines(event: Happening): string {
  return ["Event Info:", ...fieldsOf(event).map(([name, value]) => `\t${name}: ${value}`)].join("\n");
}

function fieldsOf(event: Happening): [name: string, value: string][] {
  const quoted = (value: string | Uint8Array) => JSON.stringify(typeof value === "string" ? value : toText(value));
  switch (event.type) {
    case "member": {
      const { name, address, status, tags } = event.member;
      const about: [string, string][] = [
        ["Name", quoted(name)],
        ["Addr", quoted(address)],
        ["Status", quoted(status)],
        ["Tags", JSON.stringify(tags)],
      ];
      return [["Event", quoted(`member-${event.change}`)], ...about];
    }
    case "user":
      return [
        ["Event", quoted("user")],
        ["LTime", String(event.lamport)],
        ["Name", quoted(event.name)],
        ["Payload", quoted(event.payload)],
        ["Coalesce", String(event.coalesce)],
      ];
    case "query":
      return [
        ["Event", quoted("query")],
        ["LTime", String(event.lamport)],
        ["Name", quoted(event.name)],
        ["Source", quoted(event.source)],
        ["Payload", quoted(event.payload)],
      ];
    case "name-conflict":
      return [
        ["Event", quoted("name-conflict")],
        ["Name", quoted(event.name)],
        ["Held", quoted(event.held)],
        ["Claimed", quoted(event.claimed)],
        ["Outcome", quoted(event.outcome)],
      ];
    default:
      return event satisfies never;
  }
}
