import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { isInternalTopic, tombstoneGraceMsDefault, topicNameFault, type WriterId } from "../base/mod.ts";
import {
  type DeleteTopicRequest,
  type DeleteTopicResponse,
  DeleteTopicResponseSchema,
  type DescribeTopicRequest,
  type DescribeTopicResponse,
  DescribeTopicResponseSchema,
  type ListTopicsRequest,
  type ListTopicsResponse,
  ListTopicsResponseSchema,
  type Retention,
  type RetentionSchema,
  type SetTopicRequest,
  type SetTopicResponse,
  SetTopicResponseSchema,
  type Topic,
  TopicSchema,
} from "../gen/log/v1/log_pb.ts";
import { invalidArgument, notFound } from "./errors.ts";
import type { ServedLog, ServedTopic, ServedTopicSettings, ServedTopics, ServerPorts } from "./ports.ts";

type TopicPorts = Pick<ServerPorts, "log" | "topics">;

/** The topic that "" stands for, as in the book's messages, which have no topics. */
export const defaultTopic = "default";

/** The name of the topic that a request means. Throws when no topic can have it. */
export function topicNameOf(request: { readonly topic: string }): string {
  const name = request.topic === "" ? defaultTopic : request.topic;
  const fault = topicNameFault(name);
  if (fault !== undefined) throw invalidArgument(fault);
  return name;
}

/** The topic that a request means. Throws when this node does not hold it. */
export function heldTopic(log: ServedLog, request: { readonly topic: string }): ServedTopic {
  const name = topicNameOf(request);
  const topic = log.topic(name);
  const deleted = log.deletedTopic?.(name);
  if (deleted !== undefined) throw deleted;
  if (topic === undefined) throw notFound(`Cannot read topic ${JSON.stringify(name)}: this node does not hold it`);
  return topic;
}

export function listTopics({ log, topics }: TopicPorts, request: ListTopicsRequest): ListTopicsResponse {
  const listed = log.topics().filter(({ name }) => request.internal || !isInternalTopic(name));
  return create(ListTopicsResponseSchema, { topics: listed.map((topic) => describe(topic, topics)) });
}

export function describeTopic({ log, topics }: TopicPorts, request: DescribeTopicRequest): DescribeTopicResponse {
  return create(DescribeTopicResponseSchema, { topic: describe(heldTopic(log, request), topics) });
}

export async function setTopic({ log, topics }: TopicPorts, request: SetTopicRequest): Promise<SetTopicResponse> {
  if (topics === undefined) throw keepsNoSettings("set");
  const name = topicNameOf(request);
  const { retention, compact, tombstoneGraceMs } = request;
  const change: ServedTopicSettings = {
    ...(retention !== undefined && { retention: limitsOf(retention) }),
    ...(compact !== undefined && { compact }),
    ...(tombstoneGraceMs !== undefined && { tombstoneGraceMs: Number(tombstoneGraceMs) }),
  };
  await topics.set(name, change, { create: request.create });
  return create(SetTopicResponseSchema, { topic: describe(heldTopic(log, { topic: name }), topics) });
}

export async function deleteTopic({ topics }: TopicPorts, request: DeleteTopicRequest): Promise<DeleteTopicResponse> {
  if (topics === undefined) throw keepsNoSettings("delete");
  return create(DeleteTopicResponseSchema, { generation: await topics.delete(topicNameOf(request)) });
}

function keepsNoSettings(doing: string): ConnectError {
  return new ConnectError(`Cannot ${doing} a topic: this node keeps no settings`, Code.Unimplemented);
}

/** The name of a topic that users may write to. Throws for any other. */
export function writableTopicNameOf(request: { readonly topic: string }): string {
  const name = topicNameOf(request);
  if (!isInternalTopic(name)) return name;
  throw invalidArgument(
    `Cannot produce to topic ${JSON.stringify(name)}: names that begin with "_" are the cluster's own`,
  );
}

function limitsOf(retention: Retention): ServedTopicSettings["retention"] {
  const { bytesMin, ageMaxMs, segmentsMax, keepUntilReplicas, bytesMax } = retention;
  return {
    bytesMin: bytesMin === undefined ? undefined : Number(bytesMin),
    ageMaxMs: ageMaxMs === undefined ? undefined : Number(ageMaxMs),
    segmentsMax: segmentsMax === undefined ? undefined : Number(segmentsMax),
    keepUntilReplicas: keepUntilReplicas === undefined ? undefined : Number(keepUntilReplicas),
    bytesMax: bytesMax === undefined ? undefined : Number(bytesMax),
  };
}

function messageOf({ retention }: ServedTopicSettings): MessageInitShape<typeof RetentionSchema> | undefined {
  if (retention === undefined) return undefined;
  const { bytesMin, ageMaxMs, segmentsMax, keepUntilReplicas, bytesMax } = retention;
  return {
    ...(bytesMin !== undefined && { bytesMin: BigInt(bytesMin) }),
    ...(ageMaxMs !== undefined && { ageMaxMs: BigInt(ageMaxMs) }),
    ...(segmentsMax !== undefined && { segmentsMax: BigInt(segmentsMax) }),
    ...(keepUntilReplicas !== undefined && { keepUntilReplicas: BigInt(keepUntilReplicas) }),
    ...(bytesMax !== undefined && { bytesMax: BigInt(bytesMax) }),
  };
}

function describe(topic: ServedTopic, topics: ServedTopics | undefined): Topic {
  const settings = topics?.settings(topic.name) ?? {};
  const retention = messageOf(settings);
  const { compact = false, tombstoneGraceMs = tombstoneGraceMsDefault } = settings;
  const writers: WriterId[] = [...topic.have.keys()].sort();
  return create(TopicSchema, {
    name: topic.name,
    generation: topic.generation,
    firstOffset: BigInt(topic.firstOffset),
    nextOffset: BigInt(topic.nextOffset),
    bytes: BigInt(topic.bytes),
    records: BigInt(topic.nextOffset - topic.firstOffset),
    ...(retention !== undefined && { retention }),
    ...(compact && { compact, tombstoneGraceMs: BigInt(tombstoneGraceMs) }),
    feeds: writers.map((writer) => ({
      writer,
      lowWater: BigInt(topic.lowWater.get(writer) ?? 1),
      have: BigInt(topic.have.get(writer) ?? 0),
      durable: BigInt(topic.durable.get(writer) ?? 0),
    })),
  });
}
