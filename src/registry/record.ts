/**
 * A record of `_services` (`docs/format.md`). Its key is the name of a node, a slash and the id of a service, its value JSON
 * with a version. A record without a value says that the service is no longer registered. The key of a node alone, with
 * nothing behind the slash, says whether the node is away: it takes all its services along. Without a value it says that
 * the node is forgotten.
 */
import { type HealthCheckStatus, type HealthState, type ServiceInstance, toBytes, toText } from "../base/mod.ts";
import { type ResolvedService, resolveService, serviceIdFault } from "./definition.ts";
import { hostFault } from "./host.ts";
import { checkNameCharactersMax, checksMax, serviceBytesMax } from "./limits.ts";
import { cutOutput } from "./output.ts";
import { healthStates } from "./query.ts";

/** Who named a service: the configuration of its node, which may no longer name it later, or a call. */
export type ServiceOrigin = "config" | "call";

/** What a node says of a service of its own. */
export interface ServiceRecord {
  readonly service: ResolvedService;
  readonly origin: ServiceOrigin;
  /** Where callers go. */
  readonly address: string;
  readonly state: HealthState;
  /** Unix time since when the state is this. */
  readonly sinceMs: number;
  readonly checks: readonly HealthCheckStatus[];
}

/** Of what a key tells. */
export interface RecordKey {
  readonly node: string;
  /** Undefined: the node itself. */
  readonly id: string | undefined;
}

const valueVersion = 1;
const nodePattern = /^[A-Za-z0-9._-]{1,128}$/;

export function encodeKey({ node, id = "" }: RecordKey): string {
  return `${node}/${id}`;
}

/** Undefined for anything that no node wrote. */
export function decodeKey(key: Uint8Array | undefined): RecordKey | undefined {
  const [node = "", id = "", ...more] = key === undefined ? [] : toText(key).split("/");
  if (more.length > 0 || !nodePattern.test(node)) return undefined;
  if (id === "") return { node, id: undefined };
  return serviceIdFault(id) === undefined ? { node, id } : undefined;
}

export function encodeService(record: ServiceRecord): Uint8Array {
  const { service, origin, address, state, sinceMs, checks } = record;
  return toBytes(JSON.stringify({ version: valueVersion, origin, service, address, state, sinceMs, checks }));
}

export function encodeAway(away: boolean): Uint8Array {
  return toBytes(JSON.stringify({ version: valueVersion, away }));
}

/** Undefined for anything that is of a later version, or makes no sense. */
export function decodeService(value: Uint8Array): ServiceRecord | undefined {
  const fields = fieldsOf(value);
  if (fields === undefined) return undefined;
  const { origin, address, state, sinceMs } = fields;
  const service = serviceOf(fields["service"]);
  const checks = checksOf(fields["checks"]);
  if (service === undefined || checks === undefined || !isState(state) || !isTime(sinceMs)) return undefined;
  if (typeof address !== "string" || hostFault(address) !== undefined) return undefined;
  if (origin !== "config" && origin !== "call") return undefined;
  return { service, origin, address, state, sinceMs, checks };
}

/** Whether a node says that it is away; undefined for anything that makes no sense. */
export function decodeAway(value: Uint8Array): boolean | undefined {
  const away = fieldsOf(value)?.["away"];
  return typeof away === "boolean" ? away : undefined;
}

/** A service as look-ups find it. */
export function instanceOf(node: string, record: ServiceRecord): ServiceInstance {
  const { service, address, state, checks, sinceMs } = record;
  const { name, id, port, tags, metadata } = service;
  return { name, id, node, address, port, tags, metadata, state, checks, sinceMs };
}

function fieldsOf(value: Uint8Array): Record<string, unknown> | undefined {
  if (value.length > serviceBytesMax) return undefined;
  try {
    const parsed: unknown = JSON.parse(toText(value));
    if (typeof parsed !== "object" || parsed === null) return undefined;
    const fields = { ...parsed } as Record<string, unknown>;
    return fields["version"] === valueVersion ? fields : undefined;
  } catch {
    // Whoever wrote it, nothing can be made of it: it is counted.
    return undefined;
  }
}

function serviceOf(given: unknown): ResolvedService | undefined {
  try {
    return resolveService(given);
  } catch {
    // A definition that this program would not take: it is counted.
    return undefined;
  }
}

function checksOf(value: unknown): readonly HealthCheckStatus[] | undefined {
  if (!Array.isArray(value) || value.length > checksMax) return undefined;
  const checks = value.map(checkOf);
  return checks.every((check) => check !== undefined) ? checks : undefined;
}

function checkOf(value: unknown): HealthCheckStatus | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { name, state, output, sinceMs } = value as Record<string, unknown>;
  if (typeof name !== "string" || name.length > checkNameCharactersMax || typeof output !== "string") return undefined;
  if (!isState(state) || !isTime(sinceMs)) return undefined;
  return { name, state, output: cutOutput(output), sinceMs };
}

function isState(value: unknown): value is HealthState {
  return healthStates.some((state) => state === value);
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
