import type { HealthCheckKind } from "../base/mod.ts";
import { InvalidServiceError } from "./errors.ts";
import { entriesOf, fieldsOf, listOf, plainTextOf, textOf, wholeOf } from "./given.ts";
import { isHostAndPort } from "./host.ts";
import {
  checkIntervalMsDefault,
  checkIntervalMsMax,
  checkIntervalMsMin,
  checkNameCharactersMax,
  checksMax,
  checkTimeoutMsDefault,
  commandWordCharactersMax,
  commandWordsMax,
  httpHeaderCharactersMax,
  httpHeadersMax,
  thresholdMax,
  urlCharactersMax,
} from "./limits.ts";

/** A check with nothing left open. */
export type ResolvedCheck = HealthCheckKind & {
  /** Unique in its service. */
  readonly name: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly passingAfter: number;
  readonly criticalAfter: number;
};

type CheckType = HealthCheckKind["type"];

const timingFields = ["type", "name", "intervalMs", "timeoutMs", "passingAfter", "criticalAfter"];

const kindFields: Readonly<Record<CheckType, readonly string[]>> = {
  http: ["url", "method", "headers"],
  tcp: ["address"],
  grpc: ["address", "service"],
  command: ["command"],
  ttl: ["ttlMs"],
};

const checkTypes = Object.keys(kindFields) as readonly CheckType[];

/** Checks of one service, with their defaults filled in. Throws `InvalidServiceError`. */
export function resolveChecks(given: unknown): readonly ResolvedCheck[] {
  const list = listOf("checks", given, checksMax).map((check, at) => fieldsOf(`checks[${at}]`, check));
  const taken = new Set<string>();
  for (const [at, { name }] of list.entries()) {
    if (name === undefined || name === "") continue;
    const named = plainTextOf(`checks[${at}].name`, name, { min: 1, max: checkNameCharactersMax });
    if (taken.has(named)) throw new InvalidServiceError(`checks[${at}].name`, named, "a name of no other check of it");
    taken.add(named);
  }
  return list.map((fields, at) => resolveCheck(`checks[${at}]`, fields, taken));
}

function resolveCheck(field: string, fields: Record<string, unknown>, taken: Set<string>): ResolvedCheck {
  const type = checkTypes.find((one) => one === fields["type"]);
  if (type === undefined) throw new InvalidServiceError(`${field}.type`, fields["type"], checkTypes.join(", "));
  fieldsOf(field, fields, [...timingFields, ...kindFields[type]]);
  const name =
    fields["name"] === undefined || fields["name"] === "" ? freeName(type, taken) : (fields["name"] as string);
  const whole = (name: string, fallback: number, bounds: { readonly min: number; readonly max: number }): number =>
    fields[name] === undefined ? fallback : wholeOf(`${field}.${name}`, fields[name], bounds);
  const intervalBounds = { min: checkIntervalMsMin, max: checkIntervalMsMax };
  const intervalMs = whole("intervalMs", checkIntervalMsDefault, intervalBounds);
  const timeoutMsDefault = Math.min(checkTimeoutMsDefault, intervalMs);
  return {
    ...kindOf(field, type, fields),
    ...{ name, intervalMs },
    timeoutMs: whole("timeoutMs", timeoutMsDefault, { min: 1, max: intervalMs }),
    passingAfter: whole("passingAfter", 1, { min: 1, max: thresholdMax }),
    criticalAfter: whole("criticalAfter", 1, { min: 1, max: thresholdMax }),
  };
}

/** The field of the first check that runs a program. */
export function commandCheckOf({ checks }: { readonly checks: readonly ResolvedCheck[] }): string | undefined {
  const at = checks.findIndex(({ type }) => type === "command");
  return at < 0 ? undefined : `checks[${at}]`;
}

/** `http`, then `http-2`. */
function freeName(type: CheckType, taken: Set<string>): string {
  let name: string = type;
  for (let number = 2; taken.has(name); number++) name = `${type}-${number}`;
  taken.add(name);
  return name;
}

function kindOf(field: string, type: CheckType, fields: Record<string, unknown>): HealthCheckKind {
  switch (type) {
    case "http":
      return {
        type,
        url: urlOf(`${field}.url`, fields["url"]),
        method: textOf(`${field}.method`, fields["method"] ?? "GET", /^[A-Z]{1,16}$/, "a method as GET, HEAD or POST"),
        headers: headersOf(`${field}.headers`, fields["headers"]),
      };
    case "tcp":
      return { type, address: targetOf(`${field}.address`, fields["address"]) };
    case "grpc":
      return {
        type,
        address: targetOf(`${field}.address`, fields["address"]),
        service: plainTextOf(`${field}.service`, fields["service"] ?? "", { min: 0, max: 256 }),
      };
    case "command":
      return { type, command: commandOf(`${field}.command`, fields["command"]) };
    case "ttl": {
      const bounds = { min: checkIntervalMsMin, max: checkIntervalMsMax };
      return { type, ttlMs: wholeOf(`${field}.ttlMs`, fields["ttlMs"], bounds) };
    }
    default:
      throw type satisfies never;
  }
}

function urlOf(field: string, value: unknown): string {
  const allowed = "a URL as http://127.0.0.1:8080/healthz, without user name or password";
  const text = plainTextOf(field, value, { min: 1, max: urlCharactersMax });
  const authority = /^https?:\/\/([^/?#\s@\\]+)(?:[/?][^\s#\\]*)?$/.exec(text)?.[1];
  const target = authority?.replace(/^([^:]+|\[[^\]]+\])$/, "$1:80");
  if (target !== undefined && isHostAndPort(target)) return text;
  throw new InvalidServiceError(field, value, allowed);
}

function headersOf(field: string, value: unknown): Readonly<Record<string, string>> {
  const allowed = `a text of up to ${httpHeaderCharactersMax} characters that can stand on the line of a header`;
  return Object.fromEntries(
    entriesOf(field, value, httpHeadersMax).map(([name, text]) => {
      textOf(`a name of ${field}`, name, /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, "the name of a header of HTTP");
      return [name, textOf(`${field}.${name}`, text, /^[\t\x20-\x7e\x80-\xff]{0,4096}$/, allowed)];
    }),
  );
}

function targetOf(field: string, value: unknown): string {
  if (typeof value === "string" && isHostAndPort(value)) return value;
  throw new InvalidServiceError(field, value, "host:port or [ipv6]:port, with a port from 1 to 65535");
}

function commandOf(field: string, value: unknown): readonly string[] {
  const allowed = `a list of 1 to ${commandWordsMax} words, the first of which names a program`;
  const words = listOf(field, value, commandWordsMax);
  if (words.length === 0 || words[0] === "") throw new InvalidServiceError(field, value, allowed);
  return words.map((word, at) => {
    const isWord = typeof word === "string" && word.length <= commandWordCharactersMax && !word.includes("\0");
    if (isWord) return word;
    const wordAllowed = `a text of up to ${commandWordCharactersMax} characters, without a zero byte`;
    throw new InvalidServiceError(`${field}[${at}]`, word, wordAllowed);
  });
}
