import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { HealthCheck, ServiceDefinition } from "../client/mod.ts";
import { checkUsage, clientOf, collectPair, wholeNumber, withFormats, withServers } from "./arguments.ts";
import { duration, timeOf } from "./durations.ts";
import { UsageError } from "./failure.ts";
import { printLine } from "./output.ts";
import { addressOf } from "./services.ts";

interface RegisterFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
  readonly file?: string;
  readonly name?: string;
  readonly id?: string;
  readonly address?: string;
  readonly port?: number;
  readonly tag?: readonly string[];
  readonly meta?: Readonly<Record<string, string>>;
  readonly http?: string;
  readonly tcp?: string;
  readonly grpc?: string;
  readonly command?: string;
  readonly ttl?: number;
  readonly interval?: number;
  readonly timeout?: number;
  readonly passingAfter?: number;
  readonly criticalAfter?: number;
  readonly deregisterAfter?: number;
}

/** Adds `services register`. */
export function addServiceRegisterCommand(services: Command): void {
  const register = services
    .command("register")
    .description(
      "Register a service with the asked node; the same name and id there replace what was registered before",
    )
    .option("--file <file>", "JSON file with the service, instead of all flags below but --server and --format")
    .option("--name <name>", "name that callers look it up by: letters, digits and hyphens")
    .option("--id <id>", "unique on its node (default: the name)")
    .option("--address <host>", "where callers go (default: where its node is reached)")
    .option("--port <port>", "port that callers go to", wholeNumber(1, 65_535))
    .option("--tag <tag>", "tag to look it up by, repeatable", (tag: string, tags: readonly string[] | undefined) => [
      ...(tags ?? []),
      tag,
    ])
    .option("--meta <name=value>", "metadata, repeatable", collectPair)
    .option("--http <url>", "check it by a request: 2xx passes, 429 warns")
    .option("--tcp <host:port>", "check it by a connection")
    .option("--grpc <host:port>", "check it by grpc.health.v1; host:port/service asks for one service there")
    .option("--command <words>", "check it by a program, run without a shell: exit code 0 passes, 1 warns")
    .option("--ttl <time>", "it fails when nobody reports for so long", duration)
    .option("--interval <time>", "between two runs of a check (default: 10s)", duration)
    .option("--timeout <time>", "how long a run may take (default: 5s, or the interval if that is shorter)", duration)
    .option("--passing-after <count>", "good runs in a row until it passes again (default: 1)", wholeNumber(1))
    .option("--critical-after <count>", "failed runs in a row until it is critical (default: 1)", wholeNumber(1))
    .option("--deregister-after <time>", "take it out once it is critical for so long (default: it stays)", timeOf);
  withServers(withFormats(register, ["text", "json"])).action(registerService);
}

async function registerService(flags: RegisterFlags): Promise<void> {
  const definition = await checked(flags.file === undefined ? definitionOf(flags) : await readDefinition(flags));
  await using client = clientOf(flags);
  const instance = await client.services.register(definition);
  if (flags.format === "json") return printLine(JSON.stringify(instance, undefined, 2));
  const { name, id, node } = instance;
  await printLine(`registered service ${name} as ${id} with node ${node}, at ${addressOf(instance)}`);
}

/** What makes no sense is a usage error here: nobody needs to be asked. */
async function checked(given: unknown): Promise<ServiceDefinition> {
  // Loaded here: no other command of a client needs any of a node.
  const { checkedService } = await import("../agent/mod.ts");
  try {
    return checkedService(given);
  } catch (error) {
    throw error instanceof Error && "code" in error ? new UsageError(error.message) : error;
  }
}

function definitionOf(flags: RegisterFlags): ServiceDefinition {
  const { name, id, address, port, tag, meta, deregisterAfter } = flags;
  checkUsage(name !== undefined && port !== undefined, "a service needs --name and --port, or --file");
  const checks = checksOf(flags);
  return { name, id, address, port, tags: tag, metadata: meta, checks, deregisterAfterMs: deregisterAfter };
}

function checksOf(flags: RegisterFlags): readonly HealthCheck[] {
  const { interval, timeout, passingAfter, criticalAfter } = flags;
  const timing = { intervalMs: interval, timeoutMs: timeout, passingAfter, criticalAfter };
  const checks: HealthCheck[] = [];
  if (flags.http !== undefined) checks.push({ type: "http", url: flags.http, ...timing });
  if (flags.tcp !== undefined) checks.push({ type: "tcp", address: flags.tcp, ...timing });
  if (flags.grpc !== undefined) {
    const [address = "", service] = flags.grpc.split("/", 2);
    checks.push({ type: "grpc", address, service, ...timing });
  }
  if (flags.command !== undefined) {
    const command = flags.command.split(/\s+/).filter((word) => word !== "");
    checks.push({ type: "command", command, ...timing });
  }
  if (flags.ttl !== undefined) checks.push({ type: "ttl", ttlMs: flags.ttl, ...timing });
  return checks;
}

async function readDefinition({ file = "", ...flags }: RegisterFlags): Promise<unknown> {
  const others = Object.keys(flags).filter((name) => name !== "server" && name !== "format");
  checkUsage(others.length === 0, `--file says all of the service: leave out --${others.join(", --")}`);
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new UsageError(`option '--file' is invalid: cannot read ${file}: ${(error as Error).message}`);
  }
}
