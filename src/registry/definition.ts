import { toBytes } from "../base/mod.ts";
import { InvalidServiceError } from "./errors.ts";
import { entriesOf, fieldsOf, listOf, plainTextOf, textOf, wholeOf } from "./given.ts";
import { hostFault } from "./host.ts";
import {
  definitionBytesMax,
  deregisterAfterMsMax,
  metadataEntriesMax,
  metadataNameCharactersMax,
  metadataValueCharactersMax,
  serviceIdCharactersMax,
  serviceNameCharactersMax,
  tagCharactersMax,
  tagsMax,
} from "./limits.ts";
import { type ResolvedCheck, resolveChecks } from "./resolved_checks.ts";

/** A service that was checked, with nothing left open but the address, which the node may give. */
export interface ResolvedService {
  readonly name: string;
  readonly id: string;
  /** Undefined: where its node is reached. */
  readonly address: string | undefined;
  readonly port: number;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly checks: readonly ResolvedCheck[];
  /** Undefined: it stays. */
  readonly deregisterAfterMs: number | undefined;
}

const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const idPattern = /^[A-Za-z0-9._:-]{1,128}$/;

const fieldNames: readonly string[] = [
  ...["name", "id", "address", "port", "tags", "metadata", "checks", "deregisterAfterMs"],
];

/** What is wrong with the id of a service; undefined when it is a good one. */
export function serviceIdFault(id: string): string | undefined {
  return idPattern.test(id) ? undefined : `1 to ${serviceIdCharactersMax} of A-Z a-z 0-9 . _ : -`;
}

/** Whether a text can be the name of a service. */
export function isServiceName(name: string): boolean {
  return namePattern.test(name);
}

/** Names are labels of DNS: they are the same whatever the case of their letters. */
export function sameNameKey(name: string): string {
  return name.toLowerCase();
}

/** Checks what somebody wants to register, a `ServiceDefinition`, and fills in the defaults. Throws `InvalidServiceError`. */
export function resolveService(given: unknown): ResolvedService {
  const fields = fieldsOf("service", given, fieldNames);
  const nameAllowed = `1 to ${serviceNameCharactersMax} letters, digits and hyphens, with no hyphen first or last`;
  const name = textOf("name", fields["name"], namePattern, nameAllowed);
  const id = fields["id"] === undefined || fields["id"] === "" ? name : idOf(fields["id"]);
  const service: ResolvedService = {
    ...{ name, id },
    address: addressOf(fields["address"]),
    port: wholeOf("port", fields["port"], { min: 1, max: 65_535 }),
    tags: tagsOf(fields["tags"]),
    metadata: metadataOf(fields["metadata"]),
    checks: resolveChecks(fields["checks"]),
    deregisterAfterMs:
      fields["deregisterAfterMs"] === undefined
        ? undefined
        : wholeOf("deregisterAfterMs", fields["deregisterAfterMs"], { min: 1, max: deregisterAfterMsMax }),
  };
  const { length } = toBytes(JSON.stringify(service));
  if (length <= definitionBytesMax) return service;
  throw new InvalidServiceError("its definition", `${length} bytes of JSON`, `${definitionBytesMax} in all`);
}

function idOf(value: unknown): string {
  const fault = typeof value === "string" ? serviceIdFault(value) : "a text";
  if (fault !== undefined) throw new InvalidServiceError("id", value, fault);
  return value as string;
}

function addressOf(value: unknown): string | undefined {
  if (value === undefined || value === "") return undefined;
  const fault = typeof value === "string" ? hostFault(value) : "an IP address or a host name";
  if (fault !== undefined) throw new InvalidServiceError("address", value, fault);
  return value as string;
}

function tagsOf(value: unknown): readonly string[] {
  const tags = listOf("tags", value, tagsMax).map((tag, at) =>
    plainTextOf(`tags[${at}]`, tag, { min: 1, max: tagCharactersMax }),
  );
  return [...new Set(tags)];
}

function metadataOf(value: unknown): Readonly<Record<string, string>> {
  const entries = entriesOf("metadata", value, metadataEntriesMax);
  return Object.fromEntries(
    entries.map(([name, text]) => {
      plainTextOf("a name of metadata", name, { min: 1, max: metadataNameCharactersMax });
      return [name, plainTextOf(`metadata.${name}`, text, { min: 0, max: metadataValueCharactersMax })];
    }),
  );
}
