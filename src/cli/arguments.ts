import { type Command, InvalidArgumentError, Option } from "commander";
import { topicNameFault } from "../base/mod.ts";
import { type ConsumeFrom, connect, isCursor, type LogClient } from "../client/mod.ts";
import { UsageError } from "./failure.ts";

const defaultServer = "http://127.0.0.1:8400";

/** Adds `--server`, repeatable. */
export function withServers(command: Command): Command {
  const option = new Option("--server <url>", `server to talk to, repeatable (default: ${defaultServer})`);
  return command.addOption(option.argParser(collectServer).env("GRAPEVINE_SERVER"));
}

function collectServer(value: string, previous: string[] | undefined): string[] {
  // An empty variable says nothing.
  if (value === "") return previous ?? [defaultServer];
  const urls = value.split(",").map((url) => url.trim());
  for (const url of urls) {
    if (!URL.canParse(url) || !/^https?:\/\/[^/]/.test(url)) {
      throw new InvalidArgumentError("Allowed is a URL as http://127.0.0.1:8400.");
    }
  }
  return [...(previous ?? []), ...urls];
}

/** A client of the servers that the flags name. */
export function clientOf(options: { readonly server?: readonly string[] }): LogClient {
  return connect(options.server ?? [defaultServer]);
}

/** Adds `--format`, the first of which is the default. */
export function withFormats(command: Command, formats: readonly string[]): Command {
  return command.addOption(new Option("--format <name>", "form of the output").choices(formats).default(formats[0]));
}

/** A topic's name, or a usage error that says what is allowed. */
export function topicArgument(value: string): string {
  const fault = topicNameFault(value);
  if (fault !== undefined) throw new InvalidArgumentError(fault);
  return value;
}

/** A place in a topic, as `--from` and `--to` take it. */
export function parseFrom(value: string): ConsumeFrom {
  if (value === "earliest" || value === "latest" || isCursor(value)) return value;
  const offset = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(offset)) return offset;
  const time = new Date(value);
  if (/^\d{4}-\d\d-\d\d/.test(value) && time.getTime() >= 0) return time;
  throw new InvalidArgumentError("Allowed are earliest, latest, an offset, a time (2026-01-31T12:00:00Z) or a cursor.");
}

/** A whole number from `least` on, to `most` where that is given. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): (value: string) => number {
  const allowed = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Allowed is a whole number ${allowed}.`);
  };
}

/** A regular expression that must match all of a text, as `serf` takes them. */
export function wholePattern(value: string): RegExp {
  try {
    return new RegExp(`^(?:${value})$`);
  } catch {
    throw new InvalidArgumentError("Allowed is a regular expression.");
  }
}

/** `name=value`, collected. */
export function collectPair(value: string, previous: Record<string, string> | undefined): Record<string, string> {
  const pairs: Record<string, string> = { ...previous };
  for (const pair of value.split(",")) {
    const at = pair.indexOf("=");
    if (at < 1) throw new InvalidArgumentError("Allowed is name=value.");
    pairs[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return pairs;
}

/** Ends with a usage error unless the condition holds. */
export function checkUsage(condition: boolean, message: string): asserts condition {
  if (!condition) throw new UsageError(message);
}
