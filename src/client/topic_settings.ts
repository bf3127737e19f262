/** Settings of topics, as callers give and get them and as they travel. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Placement, PlacementSchema, Retention, SetTopicRequestSchema } from "../gen/log/v1/log_pb.ts";
import { ClientError } from "./errors.ts";
import type { TopicPlacement, TopicRetention, TopicSettingsChange } from "./types.ts";

const retentionFields = ["bytesMin", "ageMaxMs", "segmentsMax", "keepUntilReplicas", "bytesMax"] as const;

/** Nodes that may be asked for; servers have the same limit. */
const copiesMost = 100;

/** The request for a change; throws `ClientError` for what no node would take. */
export function setTopicRequest(
  topic: string,
  change: TopicSettingsChange,
  create: boolean,
): MessageInitShape<typeof SetTopicRequestSchema> {
  refuseOthers(topic, "", change, ["retention", "compact", "tombstoneGraceMs", "placement"]);
  const { compact, tombstoneGraceMs } = change;
  if (compact !== undefined && typeof compact !== "boolean") {
    throw refused(topic, `compact is ${compact}, allowed are true and false`);
  }
  const grace = limitOf(topic, "tombstoneGraceMs", tombstoneGraceMs);
  return {
    ...{ topic, create },
    ...(change.retention !== undefined && { retention: retentionMessage(topic, change.retention) }),
    ...(compact !== undefined && { compact }),
    ...(grace !== undefined && { tombstoneGraceMs: grace }),
    ...(change.placement !== undefined && { placement: placementMessage(topic, change.placement) }),
  };
}

function placementMessage(topic: string, given: TopicPlacement): MessageInitShape<typeof PlacementSchema> {
  refuseOthers(topic, "placement.", given, ["copies", "tags"]);
  const { copies, tags } = given;
  if (copies !== undefined && !(Number.isSafeInteger(copies) && copies >= 0 && copies <= copiesMost)) {
    throw refused(topic, `placement.copies is ${copies}, allowed are whole numbers from 0 to ${copiesMost}`);
  }
  for (const [tag, expression] of Object.entries(tags ?? {})) {
    if (typeof expression !== "string")
      throw refused(topic, `placement.tags.${tag} is ${expression}, allowed is a text`);
  }
  return { ...(copies !== undefined && { copies }), ...(tags !== undefined && { tags: { expressions: { ...tags } } }) };
}

export function toPlacement({ copies, tags }: Placement): TopicPlacement {
  const expressions = { ...tags?.expressions };
  const isByTags = Object.keys(expressions).length > 0;
  return { ...(copies !== undefined && copies > 0 && { copies }), ...(isByTags && { tags: expressions }) };
}

function retentionMessage(topic: string, given: TopicRetention): { readonly [Field in keyof TopicRetention]?: bigint } {
  refuseOthers(topic, "retention.", given, retentionFields);
  const retention: { -readonly [Field in keyof TopicRetention]?: bigint } = {};
  for (const field of retentionFields) {
    const limit = limitOf(topic, `retention.${field}`, given[field]);
    if (limit !== undefined) retention[field] = limit;
  }
  return retention;
}

function limitOf(topic: string, field: string, value: number | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw refused(topic, `${field} is ${value}, allowed are whole numbers from 0 to ${Number.MAX_SAFE_INTEGER}`);
}

export function toRetention(retention: Retention): TopicRetention {
  const { bytesMin, ageMaxMs, segmentsMax, keepUntilReplicas, bytesMax } = retention;
  return {
    ...(bytesMin !== undefined && { bytesMin: Number(bytesMin) }),
    ...(ageMaxMs !== undefined && { ageMaxMs: Number(ageMaxMs) }),
    ...(segmentsMax !== undefined && { segmentsMax: Number(segmentsMax) }),
    ...(keepUntilReplicas !== undefined && { keepUntilReplicas: Number(keepUntilReplicas) }),
    ...(bytesMax !== undefined && { bytesMax: Number(bytesMax) }),
  };
}

function refuseOthers(topic: string, path: string, given: object, known: readonly string[]): void {
  for (const [field, value] of Object.entries(given)) {
    if (!known.includes(field)) throw refused(topic, `${path}${field} is ${value}, allowed is ${known.join(", ")}`);
  }
}

function refused(topic: string, reason: string): ClientError {
  return new ClientError("INVALID_ARGUMENT", `Cannot set topic ${JSON.stringify(topic)}: ${reason}`);
}
