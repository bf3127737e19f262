/** What the cluster has settled about a topic: how it is written into `_topics`, and what may be asked for. */
import { toBytes, toText } from "../base/mod.ts";
import type { Retention } from "./types.ts";

/** What holds for a topic on every node. */
export interface TopicSettings {
  /** What may be forgotten; with no field given, nothing. Undefined: each node goes by its own options. */
  readonly retention?: Retention | undefined;
}

/** What is to become different: a field that is not given stays as it is, 0 takes its limit away. */
export interface TopicSettingsChange {
  readonly retention?: Retention | undefined;
}

/** A setting is out of range, or there is none of that name. Nothing was changed. */
export class InvalidTopicSettingError extends RangeError {
  override readonly name = "InvalidTopicSettingError";
  readonly code = "INVALID_TOPIC_SETTING";
  /** As `retention.ageMaxMs`. */
  readonly field: string;

  constructor(topic: string, field: string, fault: { readonly value: unknown; readonly allowed: string }) {
    super(`Cannot set topic ${JSON.stringify(topic)}: ${field} is ${String(fault.value)}, allowed is ${fault.allowed}`);
    this.field = field;
  }
}

/** Age below which a clock that is a little wrong would decide what is forgotten. */
const ageMsMin = 1_000;
const retentionFields = ["bytesMin", "ageMaxMs", "segmentsMax"] as const;

/** The settings after a change; throws `InvalidTopicSettingError`. */
export function changedSettings(
  topic: string,
  before: TopicSettings,
  asked: { readonly change: TopicSettingsChange; readonly segmentBytesMax: number },
): TopicSettings {
  const { change, segmentBytesMax } = asked;
  refuseOthers(topic, "", change, ["retention"]);
  if (change.retention === undefined) return before;
  refuseOthers(topic, "retention.", change.retention, retentionFields);
  const least = { bytesMin: segmentBytesMax, ageMaxMs: ageMsMin, segmentsMax: 1 };
  const retention: { -readonly [Field in keyof Retention]: Retention[Field] } = { ...before.retention };
  for (const field of retentionFields) {
    const value = change.retention[field];
    if (value === undefined) continue;
    if (value === 0) delete retention[field];
    else if (Number.isSafeInteger(value) && value >= least[field]) retention[field] = value;
    else throw new InvalidTopicSettingError(topic, `retention.${field}`, { value, allowed: allowedFrom(field, least) });
  }
  return { retention };
}

function allowedFrom(field: keyof Retention, least: Readonly<Record<keyof Retention, number>>): string {
  const why = field === "bytesMin" ? " (a segment)" : field === "ageMaxMs" ? " (a second)" : "";
  return `0 for none, or a whole number from ${least[field]}${why} to ${Number.MAX_SAFE_INTEGER}`;
}

function refuseOthers(topic: string, path: string, given: object, known: readonly string[]): void {
  for (const [field, value] of Object.entries(given)) {
    if (known.includes(field)) continue;
    throw new InvalidTopicSettingError(topic, `${path}${field}`, { value, allowed: known.join(", ") });
  }
}

/** Of what is written into `_topics`. Readers of an older version leave records of a newer one alone. */
const settingsVersion = 1;

/** The value of a record of `_topics`, whose key is the topic's name. */
export function encodeSettings({ retention }: TopicSettings): Uint8Array {
  return toBytes(JSON.stringify({ version: settingsVersion, retention }));
}

/** Undefined for anything that is not of this version, or makes no sense. */
export function decodeSettings(value: Uint8Array): TopicSettings | undefined {
  const fields = objectOf(parsed(value));
  if (fields?.version !== settingsVersion) return undefined;
  if (fields.retention === undefined) return {};
  const given = objectOf(fields.retention);
  if (given === undefined) return undefined;
  const retention: { -readonly [Field in keyof Retention]: Retention[Field] } = {};
  for (const field of retentionFields) {
    const limit = given[field];
    if (limit === undefined) continue;
    if (typeof limit !== "number" || !Number.isSafeInteger(limit) || limit < 1) return undefined;
    retention[field] = limit;
  }
  return { retention };
}

/** What a node can do: its segments may be larger than those of the node that was asked, or the clock's grain coarser. */
export function applicableRetention(retention: Retention, segmentBytesMax: number): Retention {
  const { bytesMin, ageMaxMs } = retention;
  return {
    ...retention,
    ...(bytesMin !== undefined && { bytesMin: Math.max(bytesMin, segmentBytesMax) }),
    ...(ageMaxMs !== undefined && { ageMaxMs: Math.max(ageMaxMs, ageMsMin) }),
  };
}

function parsed(value: Uint8Array): unknown {
  try {
    return JSON.parse(toText(value));
  } catch {
    // Whoever wrote it, nothing can be made of it: the caller tells.
    return undefined;
  }
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
