import type { Command } from "commander";
import type { KeysOutcome } from "../client/mod.ts";
import { checkUsage, clientOf, withFormats, withServers } from "./arguments.ts";
import { CommandFailedError } from "./failure.ts";
import { printLine, toColumns } from "./output.ts";

interface KeysFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
  readonly install?: string;
  readonly use?: string;
  readonly remove?: string;
  readonly list?: boolean;
}

const changes = {
  install: { begins: "Installing key on all members...", done: "Successfully installed key!", doing: "install key" },
  use: {
    begins: "Changing primary key on all members...",
    done: "Successfully changed primary key!",
    doing: "use key",
  },
  remove: { begins: "Removing key on all members...", done: "Successfully removed key!", doing: "remove key" },
} as const;

export function addKeysCommand(program: Command): void {
  const command = program
    .command("keys")
    .description("Manage the encryption keys of all members")
    .option("--install <key>", "make all members understand a key, besides those they have")
    .option("--use <key>", "make all members encrypt with a key that is installed")
    .option("--remove <key>", "make all members forget a key that is not in use")
    .option("--list", "show all keys, and how many members have each");
  withServers(withFormats(command, ["text", "json"])).action(manageKeys);
}

async function manageKeys(flags: KeysFlags): Promise<void> {
  const orders = (["install", "use", "remove"] as const).filter((order) => flags[order] !== undefined);
  const count = orders.length + (flags.list ? 1 : 0);
  checkUsage(count === 1, `Say one of --install, --use, --remove and --list: ${count} were said`);
  const [order] = orders;
  if (order === undefined) await listKeys(flags);
  else await changeKeys(flags, order, flags[order] as string);
}

async function changeKeys(flags: KeysFlags, order: keyof typeof changes, key: string): Promise<void> {
  await using client = clientOf(flags);
  const { begins, done, doing } = changes[order];
  if (flags.format === "text") await printLine(`==> ${begins}`);
  const outcome = await client.cluster.changeKeys(order, key);
  if (flags.format === "json") await printLine(JSON.stringify(outcome, undefined, 2));
  else await printFailures(outcome);
  checkOutcome(outcome, doing);
  if (flags.format === "text") await printLine(`==> ${done}`);
}

async function listKeys(flags: KeysFlags): Promise<void> {
  await using client = clientOf(flags);
  if (flags.format === "text") await printLine("==> Asking all members for installed keys...");
  const { outcome, keys } = await client.cluster.listKeys();
  if (flags.format === "json") await printLine(JSON.stringify({ ...outcome, keys }, undefined, 2));
  else await printFailures(outcome);
  checkOutcome(outcome, "list keys");
  if (flags.format === "json") return;
  await printLine("==> Keys gathered, listing cluster keys...\n");
  const rows = keys.map(({ key, holders, users, lacking }) => [
    key,
    `[${holders}/${outcome.nodes}]`,
    ...(users > 0 ? [`primary of ${users}`] : []),
    ...(lacking.length > 0 ? [`lacking: ${lacking.join(", ")}`] : []),
  ]);
  await printLine(toColumns(rows));
}

async function printFailures({ errors, silent }: KeysOutcome): Promise<void> {
  const rows = [
    ...Object.entries(errors).map(([name, message]) => ["failed:", name, message]),
    ...silent.map((name) => ["silent:", name, "no answer in time"]),
  ];
  if (rows.length > 0) await printLine(toColumns(rows));
}

function checkOutcome({ nodes, errors, silent }: KeysOutcome, doing: string): void {
  const failed = Object.keys(errors).length;
  if (failed > 0) throw new CommandFailedError(`Cannot ${doing}: ${failed}/${nodes} nodes reported failure`);
  if (silent.length > 0)
    throw new CommandFailedError(`Cannot ${doing}: ${silent.length}/${nodes} nodes did not answer`);
}
