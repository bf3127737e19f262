/** Calls that change topics on all nodes. */
import type { Client } from "@connectrpc/connect";
import type { Log } from "../gen/log/v1/log_pb.ts";
import { toTopic } from "./convert.ts";
import { ClientError } from "./errors.ts";
import { setTopicRequest } from "./topic_settings.ts";
import type { TopicDescription, TopicSettingsChange } from "./types.ts";

/** What changes of topics need. */
export interface AskedTopic {
  readonly log: Client<typeof Log>;
  readonly topic: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export async function setTopic(
  { log, topic, ...call }: AskedTopic,
  change: TopicSettingsChange,
  create: boolean,
): Promise<TopicDescription> {
  const response = await log.setTopic(setTopicRequest(topic, change, create), call);
  if (response.topic !== undefined) return toTopic(response.topic);
  throw new ClientError("INTERNAL", `Cannot set topic ${topic}: the server did not say what holds`);
}

export async function deleteTopic({ log, topic, ...call }: AskedTopic): Promise<{ readonly generation: number }> {
  const { generation } = await log.deleteTopic({ topic }, call);
  return { generation };
}
