/** What the cluster has settled about a topic, and what may be asked for. */

import { copiesMax } from "./options.ts";
import {
  changedPlacement,
  type ExpressionFault,
  type PlacementSettings,
  placementFault,
} from "./placement_settings.ts";
import type { Retention } from "./types.ts";

/** What holds for a topic on every node. */
export interface TopicSettings {
  /** What may be forgotten; with no field given, nothing. Undefined: each node goes by its own options. */
  readonly retention?: Retention | undefined;
  /** Of each key only the latest record stays. @default false */
  readonly compact?: boolean | undefined;
  /**
   * How long a tombstone (a record with a key and an empty value) stays once all known nodes hold it. No shorter than a
   * node may be away: one that comes back later may bring back what was deleted. @default 86400000 (a day)
   */
  readonly tombstoneGraceMs?: number | undefined;
  /** Which nodes are to hold it. @default all that hold topics */
  readonly placement?: PlacementSettings | undefined;
}

/** What is to become different: a field that is not given stays as it is, 0 takes its limit away. */
export interface TopicSettingsChange {
  readonly retention?: Retention | undefined;
  readonly compact?: boolean | undefined;
  /** 0 is the default again. */
  readonly tombstoneGraceMs?: number | undefined;
  /** Tags that are given stand for all those before; none of them: any node will do. */
  readonly placement?: PlacementSettings | undefined;
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
const graceMsMin = 1_000;
export const retentionFields: readonly (keyof Retention)[] = [
  ...(["bytesMin", "ageMaxMs", "segmentsMax", "keepUntilReplicas", "bytesMax"] as const),
];

/** The settings after a change; throws `InvalidTopicSettingError`. */
export function changedSettings(
  topic: string,
  before: TopicSettings,
  asked: {
    readonly change: TopicSettingsChange;
    readonly segmentBytesMax: number;
    readonly expressionFault: ExpressionFault;
  },
): TopicSettings {
  const { change, segmentBytesMax, expressionFault } = asked;
  refuseOthers(topic, "", change, ["retention", "compact", "tombstoneGraceMs", "placement"]);
  const fault = change.placement && placementFault(change.placement, expressionFault);
  if (fault !== undefined) throw new InvalidTopicSettingError(topic, `placement.${fault.field}`, fault);
  const placement = changedPlacement(before.placement, change.placement);
  const settings = {
    ...changedRetention(topic, before, { change, segmentBytesMax }),
    ...changedCompaction(topic, before, change),
    ...(placement !== undefined && { placement }),
  };
  refuseImpossibleCopies(topic, settings);
  return settings;
}

/** What is kept until more nodes hold it than are to hold it would be kept for ever. */
function refuseImpossibleCopies(topic: string, { retention, placement }: TopicSettings): void {
  const { keepUntilReplicas: value = 0 } = retention ?? {};
  const { copies = copiesMax } = placement ?? {};
  if (value <= copies) return;
  const allowed = `up to ${copies}, because placement.copies is ${copies}`;
  throw new InvalidTopicSettingError(topic, "retention.keepUntilReplicas", { value, allowed });
}

function changedCompaction(topic: string, before: TopicSettings, change: TopicSettingsChange): TopicSettings {
  const { compact = before.compact ?? false, tombstoneGraceMs: graceMs = before.tombstoneGraceMs } = change;
  if (typeof compact !== "boolean") {
    throw new InvalidTopicSettingError(topic, "compact", { value: compact, allowed: "true or false" });
  }
  if (graceMs !== undefined && graceMs !== 0 && !(Number.isSafeInteger(graceMs) && graceMs >= graceMsMin)) {
    const allowed = `0 for a day, or a whole number from ${graceMsMin} (a second) to ${Number.MAX_SAFE_INTEGER}`;
    throw new InvalidTopicSettingError(topic, "tombstoneGraceMs", { value: graceMs, allowed });
  }
  return { ...(compact && { compact }), ...((graceMs ?? 0) > 0 && { tombstoneGraceMs: graceMs }) };
}

function changedRetention(
  topic: string,
  before: TopicSettings,
  { change, segmentBytesMax }: { readonly change: TopicSettingsChange; readonly segmentBytesMax: number },
): TopicSettings {
  if (change.retention === undefined) return before.retention === undefined ? {} : { retention: before.retention };
  refuseOthers(topic, "retention.", change.retention, retentionFields);
  const bytesLeast = { bytesMin: segmentBytesMax, bytesMax: segmentBytesMax };
  const least = { ...bytesLeast, ageMaxMs: ageMsMin, segmentsMax: 1, keepUntilReplicas: 1 };
  const retention: { -readonly [Field in keyof Retention]: Retention[Field] } = { ...before.retention };
  for (const field of retentionFields) {
    const value = change.retention[field];
    if (value === undefined) continue;
    if (value === 0) delete retention[field];
    else if (Number.isSafeInteger(value) && value >= least[field] && value <= mostOf(field)) retention[field] = value;
    else throw new InvalidTopicSettingError(topic, `retention.${field}`, { value, allowed: allowedFrom(field, least) });
  }
  return { retention };
}

function allowedFrom(field: keyof Retention, least: Readonly<Record<keyof Retention, number>>): string {
  const why = field === "bytesMin" || field === "bytesMax" ? " (a segment)" : field === "ageMaxMs" ? " (a second)" : "";
  return `0 for none, or a whole number from ${least[field]}${why} to ${mostOf(field)}`;
}

function mostOf(field: keyof Retention): number {
  return field === "keepUntilReplicas" ? copiesMax : Number.MAX_SAFE_INTEGER;
}

function refuseOthers(topic: string, path: string, given: object, known: readonly string[]): void {
  for (const [field, value] of Object.entries(given)) {
    if (known.includes(field)) continue;
    throw new InvalidTopicSettingError(topic, `${path}${field}`, { value, allowed: known.join(", ") });
  }
}

/** What a node can do: its segments may be larger than those of the node that was asked, the clock's grain or limits others. */
export function applicableRetention(retention: Retention, segmentBytesMax: number): Retention {
  const { bytesMin, ageMaxMs, bytesMax, keepUntilReplicas } = retention;
  return {
    ...retention,
    ...(bytesMin !== undefined && { bytesMin: Math.max(bytesMin, segmentBytesMax) }),
    ...(bytesMax !== undefined && { bytesMax: Math.max(bytesMax, segmentBytesMax) }),
    ...(ageMaxMs !== undefined && { ageMaxMs: Math.max(ageMaxMs, ageMsMin) }),
    ...(keepUntilReplicas !== undefined && { keepUntilReplicas: Math.min(keepUntilReplicas, copiesMax) }),
  };
}
