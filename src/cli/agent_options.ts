import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import type { AgentOptions } from "../agent/mod.ts";
import { collectPair } from "./arguments.ts";
import { UsageError } from "./failure.ts";

/** Everything that `grapevine agent` can be told, by flag, by environment or by file. */
export interface AgentSettings extends Pick<AgentOptions, AgentOptionKey> {
  readonly logLevel?: (typeof logLevels)[number];
  readonly logFormat?: (typeof logFormats)[number];
}

type AgentOptionKey =
  | "nodeName"
  | "dataDir"
  | "bind"
  | "advertise"
  | "rpcAddr"
  | "join"
  | "tags"
  | "profile"
  | "encrypt"
  | "keyringFile"
  | "rejoinAfterLeave"
  | "eventHandlers"
  | "fsync"
  | "newWriter"
  | "serfRpcAddr"
  | "serfRpcAuth";

const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
const logFormats = ["text", "json"] as const;

type Kind = "text" | "list" | "lines" | "pairs" | "yes";

interface Setting {
  /** Its key in the file, and in the options of the library. */
  readonly key: keyof AgentSettings;
  readonly flag: string;
  /** What stands after the flag in the help. */
  readonly value?: string;
  readonly kind: Kind;
  readonly choices?: readonly string[];
  readonly help: string;
}

const settings: readonly Setting[] = [
  { key: "nodeName", flag: "--node-name", value: "<name>", kind: "text", help: "name in the cluster, unique there" },
  {
    key: "dataDir",
    flag: "--data-dir",
    value: "<path>",
    kind: "text",
    help: "directory of the log (default: ./grapevine-data)",
  },
  {
    key: "bind",
    flag: "--bind",
    value: "<host:port>",
    kind: "text",
    help: "address of gossip, port 0 picks a free one (default: 127.0.0.1:7946)",
  },
  {
    key: "advertise",
    flag: "--advertise",
    value: "<ip>",
    kind: "text",
    help: "IP address that others reach this node at (default: that of --bind)",
  },
  {
    key: "rpcAddr",
    flag: "--rpc-addr",
    value: "<host:port>",
    kind: "text",
    help: "address of RPC and the console page, port 0 picks a free one (default: the host of --bind, port 8400)",
  },
  {
    key: "join",
    flag: "--join",
    value: "<host:port>",
    kind: "list",
    help: "gossip address of a node to join, repeatable",
  },
  { key: "tags", flag: "--tag", value: "<name=value>", kind: "pairs", help: "tag that all members see, repeatable" },
  {
    key: "profile",
    flag: "--profile",
    value: "<name>",
    kind: "text",
    choices: ["lan", "wan", "local"],
    help: "timing of gossip (default: lan)",
  },
  {
    key: "rejoinAfterLeave",
    flag: "--rejoin",
    kind: "yes",
    help: "find the cluster again even after this node has left it",
  },
  {
    key: "eventHandlers",
    flag: "--event-handler",
    value: "<handler>",
    kind: "lines",
    help: "program to run for events, as [FILTER[,FILTER...]=]COMMAND, repeatable",
  },
  {
    key: "fsync",
    flag: "--fsync",
    value: "<when>",
    kind: "text",
    choices: ["always", "interval", "never"],
    help: "what makes a record durable before it is acknowledged (default: always)",
  },
  {
    key: "encrypt",
    flag: "--encrypt",
    value: "<key>",
    kind: "text",
    help: "key of all gossip, as keygen prints it; the variable keeps it out of the list of processes (default: none)",
  },
  {
    key: "keyringFile",
    flag: "--keyring-file",
    value: "<file>",
    kind: "text",
    help: "JSON file of keys instead of --encrypt, written anew when keys change (default: none)",
  },
  {
    key: "newWriter",
    flag: "--new-writer",
    kind: "yes",
    help: "start a new feed: say so once after restoring the directory from a backup",
  },
  {
    key: "serfRpcAddr",
    flag: "--serf-rpc-addr",
    value: "<ip:port>",
    kind: "text",
    help: "address of an RPC for the serf command line, which expects it at 127.0.0.1:7373 (default: none)",
  },
  {
    key: "serfRpcAuth",
    flag: "--serf-rpc-auth",
    value: "<token>",
    kind: "text",
    help: "token that clients of --serf-rpc-addr must show (default: none is asked for)",
  },
  {
    key: "logLevel",
    flag: "--log-level",
    value: "<level>",
    kind: "text",
    choices: logLevels,
    help: "least severity that is logged (default: info)",
  },
  {
    key: "logFormat",
    flag: "--log-format",
    value: "<name>",
    kind: "text",
    choices: logFormats,
    help: "form of the log (default: text)",
  },
];

/** Adds a flag for each setting, with its `GRAPEVINE_…` variable, and `--config`. */
export function addAgentOptions(command: Command): void {
  for (const setting of settings) command.addOption(optionOf(setting));
  command.addOption(new Option("--config <file>", "JSON file with any of these").env("GRAPEVINE_CONFIG"));
}

function optionOf(setting: Setting): Option {
  const { flag, value, kind, choices, help } = setting;
  // A flag without a value: commander would take any variable for yes.
  if (value === undefined) return new Option(flag, `${help} (env: ${variableOf(setting)})`);
  const option = new Option(`${flag} ${value}`, help).env(variableOf(setting));
  if (choices !== undefined) option.choices(choices);
  if (kind === "list") {
    option.argParser((text: string, previous: string[] | undefined) => [...(previous ?? []), ...text.split(",")]);
  }
  if (kind === "lines") {
    // Filters have commas in them, so several handlers in a variable stand on a line each.
    option.argParser((text: string, previous: string[] | undefined) => [...(previous ?? []), ...text.split("\n")]);
  }
  if (kind === "pairs") option.argParser(collectPair);
  return option;
}

function variableOf({ flag }: Setting): string {
  return `GRAPEVINE_${flag.slice(2).replaceAll("-", "_").toUpperCase()}`;
}

/** The flag that sets an option of the library, for messages. */
export function flagOf(key: string): string | undefined {
  return settings.find((setting) => setting.key === key)?.flag;
}

/** What was set: flags before environment before file. What none of them sets is left to the library's defaults. */
export async function resolveSettings(command: Command): Promise<AgentSettings> {
  const { config, ...flags } = command.opts<Record<string, unknown> & { config?: string }>();
  const fromFile = config === undefined ? {} : await readSettings(config);
  const resolved: Record<string, unknown> = { ...fromFile };
  for (const setting of settings) {
    const value =
      flags[attributeOf(setting.flag)] ?? (setting.kind === "yes" ? yesFromEnvironment(setting) : undefined);
    if (value !== undefined) resolved[setting.key] = value;
  }
  return resolved as unknown as AgentSettings;
}

function yesFromEnvironment(setting: Setting): boolean | undefined {
  const variable = variableOf(setting);
  const value = process.env[variable];
  if (value === undefined || value === "") return undefined;
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw new UsageError(`variable ${variable} value '${value}' is invalid. Allowed are true and false`);
}

/** How commander calls a flag's value: `--node-name` is `nodeName`. */
function attributeOf(flag: string): string {
  return flag.slice(2).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

async function readSettings(file: string): Promise<Record<string, unknown>> {
  const found = parseJson(file, await readText(file));
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw new UsageError(`option '--config' is invalid: ${file} must hold one JSON object`);
  }
  for (const [key, value] of Object.entries(found)) checkSetting(file, key, value);
  return found as Record<string, unknown>;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`option '--config' is invalid: cannot read ${file}: ${(error as Error).message}`);
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`option '--config' is invalid: ${file} is not JSON: ${(error as Error).message}`);
  }
}

const kinds: Readonly<Record<Kind, { readonly words: string; readonly fits: (value: unknown) => boolean }>> = {
  text: { words: "a text", fits: (value) => typeof value === "string" },
  list: { words: "a list of texts", fits: isTextList },
  lines: { words: "a list of texts", fits: isTextList },
  pairs: { words: "an object of texts", fits: isTextRecord },
  yes: { words: "true or false", fits: (value) => typeof value === "boolean" },
};

function checkSetting(file: string, key: string, value: unknown): void {
  const setting = settings.find((candidate) => candidate.key === key);
  if (setting === undefined) {
    const allowed = settings.map((candidate) => candidate.key).join(", ");
    throw new UsageError(`key ${JSON.stringify(key)} of ${file} is unknown. Allowed are ${allowed}`);
  }
  const kind = kinds[setting.kind];
  const fits = kind.fits(value) && (setting.choices?.includes(value as string) ?? true);
  if (fits) return;
  const allowed =
    setting.choices === undefined ? kind.words : setting.choices.map((choice) => `"${choice}"`).join(", ");
  throw new UsageError(`key "${key}" of ${file} is invalid: it is ${JSON.stringify(value)}. Allowed is ${allowed}`);
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isTextRecord(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((item) => typeof item === "string");
}
