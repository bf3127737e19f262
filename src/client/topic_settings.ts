/** Settings of topics, as callers give and get them and as they travel. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Retention, SetTopicRequestSchema } from "../gen/log/v1/log_pb.ts";
import { ClientError } from "./errors.ts";
import type { TopicRetention, TopicSettingsChange } from "./types.ts";

const retentionFields = ["bytesMin", "ageMaxMs", "segmentsMax"] as const;

/** The request for a change; throws `ClientError` for what no node would take. */
export function setTopicRequest(
  topic: string,
  change: TopicSettingsChange,
  create: boolean,
): MessageInitShape<typeof SetTopicRequestSchema> {
  refuseOthers(topic, "", change, ["retention"]);
  if (change.retention === undefined) return { topic, create };
  refuseOthers(topic, "retention.", change.retention, retentionFields);
  const retention: { -readonly [Field in keyof TopicRetention]?: bigint } = {};
  for (const field of retentionFields) {
    const value = change.retention[field];
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 0) {
      const allowed = `whole numbers from 0 to ${Number.MAX_SAFE_INTEGER}`;
      throw refused(topic, `retention.${field} is ${value}, allowed are ${allowed}`);
    }
    retention[field] = BigInt(value);
  }
  return { topic, create, retention };
}

export function toRetention(retention: Retention): TopicRetention {
  const { bytesMin, ageMaxMs, segmentsMax } = retention;
  return {
    ...(bytesMin !== undefined && { bytesMin: Number(bytesMin) }),
    ...(ageMaxMs !== undefined && { ageMaxMs: Number(ageMaxMs) }),
    ...(segmentsMax !== undefined && { segmentsMax: Number(segmentsMax) }),
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
