/** `grapevine services`: services that nodes register, and how well they are. */
import { Argument, type Command, Option } from "commander";
import type { HealthState, ServiceChange, ServiceInstance, ServiceQuery } from "../client/mod.ts";
import { checkUsage, clientOf, withFormats, withServers } from "./arguments.ts";
import { printLine, toColumns } from "./output.ts";
import { addServiceRegisterCommand } from "./services_register.ts";

interface ServiceFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
}

interface QueryFlags extends ServiceFlags {
  readonly name?: string;
  readonly tag?: readonly string[];
  readonly state?: readonly HealthState[];
  readonly node?: string;
  readonly near?: string;
}

const states = ["passing", "warning", "critical"] as const;

/** Adds `services`, whose first word says what to do with them. */
export function addServicesCommand(program: Command): void {
  const services = program
    .command("services")
    .description("Register services with a node, which checks them, and find those of all nodes")
    .addHelpText("after", "\nEach of them takes --server <url>, and --format json.");
  const list = services
    .command("list", { isDefault: true })
    .description("List services, nearest first, the sick ones too unless --state says otherwise");
  withQuery(list).action(listServices);
  const watch = services
    .command("watch")
    .description("Show the services that are there, then what changes about them and why, until it is interrupted");
  withQuery(watch).action(watchServices);
  addServiceRegisterCommand(services);
  const deregister = services
    .command("deregister")
    .description("Take a service of the asked node out")
    .argument("<id>", "id of the service, which is its name unless one was given");
  withServers(withFormats(deregister, ["text", "json"])).action(deregisterService);
  const report = services
    .command("report")
    .description("Say how well a service of the asked node is, to a check of it that waits for reports")
    .argument("<id>", "id of the service, which is its name unless one was given")
    .addArgument(new Argument("<state>", "how well it is").choices(states))
    .option("--check <name>", "name of the check (default: the only one that waits for reports)")
    .option("--output <text>", "why, in words");
  withServers(withFormats(report, ["text", "json"])).action(reportOnService);
}

function withQuery(command: Command): Command {
  const collect = (value: string, previous: readonly string[] | undefined): readonly string[] => [
    ...(previous ?? []),
    value,
  ];
  command
    .option("--name <name>", "only services of this name")
    .option("--tag <tag>", "only services that have this tag, repeatable: all of them", collect)
    .addOption(
      new Option("--state <state>", "only services that are so, repeatable (default: all)")
        .choices(states)
        .argParser((value, previous: readonly string[] | undefined) => {
          checkUsage(
            states.includes(value as HealthState),
            `state '${value}' is unknown. Allowed are ${states.join(", ")}`,
          );
          return collect(value, previous);
        }),
    )
    .option("--node <name>", "only services of this node")
    .option("--near <name>", "nearest to this node first (default: to the asked one)");
  return withServers(withFormats(command, ["text", "json"]));
}

function queryOf({ name, tag, state, node, near }: QueryFlags): ServiceQuery {
  return { name, tags: tag, states: state ?? states, node, near };
}

async function listServices(flags: QueryFlags): Promise<void> {
  await using client = clientOf(flags);
  const instances = await client.services.lookUp(queryOf(flags));
  if (flags.format === "json") return printLine(JSON.stringify({ services: instances }, undefined, 2));
  const heading = ["NAME", "ID", "NODE", "ADDRESS", "STATE", "RTT", "TAGS"];
  const rows = instances.map((instance) => [
    ...[instance.name, instance.id, instance.node, addressOf(instance), instance.state],
    ...[instance.rttMs === undefined ? "-" : `${instance.rttMs.toFixed(1)} ms`, instance.tags.join(",")],
  ]);
  await printLine(toColumns([heading, ...rows]));
}

async function watchServices(flags: QueryFlags): Promise<void> {
  await using client = clientOf(flags);
  // A watch tries for a while to reach a server: whoever named a wrong one is to hear of it at once.
  await client.servers();
  for await (const change of client.services.watch(queryOf(flags))) {
    await printLine(flags.format === "json" ? JSON.stringify(change) : lineOf(change));
  }
}

function lineOf({ type, instance, reason }: ServiceChange): string {
  const { name, id, node, state } = instance;
  const what = id === name ? name : `${name} (${id})`;
  return `${type.padEnd(8)} ${what} on ${node} at ${addressOf(instance)}, ${state}: ${reason}`;
}

async function deregisterService(id: string, flags: ServiceFlags): Promise<void> {
  await using client = clientOf(flags);
  await client.services.deregister(id);
  await printLine(flags.format === "json" ? JSON.stringify({ id }, undefined, 2) : `deregistered service ${id}`);
}

async function reportOnService(
  id: string,
  state: HealthState,
  flags: ServiceFlags & { readonly check?: string; readonly output?: string },
): Promise<void> {
  await using client = clientOf(flags);
  const { check, output } = flags;
  await client.services.report(id, { state, check, output });
  await printLine(flags.format === "json" ? JSON.stringify({ id, state }, undefined, 2) : `reported ${id} ${state}`);
}

/** `host:port`. */
export function addressOf({ address, port }: Pick<ServiceInstance, "address" | "port">): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
