import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type AgentSettings, type Kind, type Setting, settings } from "./agent_settings.ts";
import { collectPair, wholeNumber } from "./arguments.ts";
import { timeOf } from "./durations.ts";
import { UsageError } from "./failure.ts";

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
  if (kind === "number") option.argParser(wholeNumber(0));
  if (kind === "duration") option.argParser(timeOf);
  if (kind === "services") option.argParser(jsonList);
  return option;
}

/** Named by what is switched, whichever way. */
function variableOf({ flag, kind }: Setting): string {
  const name = flag.slice(kind === "no" ? "--no-".length : 2);
  return `GRAPEVINE_${name.replaceAll("-", "_").toUpperCase()}`;
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
    const attribute = attributeOf(setting);
    const isSaid = command.getOptionValueSource(attribute) !== "default" && flags[attribute] !== undefined;
    const value = isSaid ? flags[attribute] : setting.value === undefined ? switchFromEnvironment(setting) : undefined;
    if (value !== undefined) resolved[setting.key] = value;
  }
  return resolved as unknown as AgentSettings;
}

function switchFromEnvironment(setting: Setting): boolean | undefined {
  const variable = variableOf(setting);
  const value = process.env[variable];
  if (value === undefined || value === "") return undefined;
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw new UsageError(`variable ${variable} value '${value}' is invalid. Allowed are true and false`);
}

/** How commander calls a flag's value: `--node-name` is `nodeName`, and `--no-compress` is `compress`. */
function attributeOf({ flag, kind }: Setting): string {
  const name = flag.slice(kind === "no" ? "--no-".length : 2);
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

async function readSettings(file: string): Promise<Record<string, unknown>> {
  const found = parseJson(file, await readText(file));
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw new UsageError(`option '--config' is invalid: ${file} must hold one JSON object`);
  }
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, checkedSetting(file, key, value)]));
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
  no: { words: "true or false", fits: (value) => typeof value === "boolean" },
  services: { words: "a list of services", fits: (value) => Array.isArray(value) },
  number: { words: "a whole number", fits: (value) => Number.isSafeInteger(value) && (value as number) >= 0 },
  duration: {
    words: 'a number of milliseconds, or a time as "1m30s"',
    fits: (value) => kinds.number.fits(value) || (typeof value === "string" && timeOrFault(value) !== undefined),
  },
};

/** What the list holds is judged with the other options of the node. */
function jsonList(text: string): unknown {
  try {
    const found: unknown = JSON.parse(text);
    if (Array.isArray(found)) return found;
  } catch {
    // What is allowed is said below.
  }
  throw new InvalidArgumentError("Allowed is a JSON list.");
}

function timeOrFault(text: string): number | undefined {
  try {
    return timeOf(text);
  } catch (error) {
    if (error instanceof InvalidArgumentError) return undefined;
    throw error;
  }
}

/** The value of a key as the library takes it. */
function checkedSetting(file: string, key: string, value: unknown): unknown {
  const setting = settings.find((candidate) => candidate.key === key);
  if (setting === undefined) {
    const allowed = settings.map((candidate) => candidate.key).join(", ");
    throw new UsageError(`key ${JSON.stringify(key)} of ${file} is unknown. Allowed are ${allowed}`);
  }
  const kind = kinds[setting.kind];
  const fits = kind.fits(value) && (setting.choices?.includes(value as string) ?? true);
  if (fits) return setting.kind === "duration" && typeof value === "string" ? timeOrFault(value) : value;
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
