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
  type Placement,
  type Retention,
  type RetentionSchema,
  type SetTopicRequest,
  type SetTopicResponse,
  SetTopicResponseSchema,
  type Topic,
  TopicSchema,
} from "../gen/log/v1/log_pb.ts";
import { invalidArgument, notFound } from "./errors.ts";
import type { ServedLog, ServedTopic, ServedTopicSettings, ServerPorts } from "./ports.ts";

type TopicPorts = Pick<ServerPorts, "log" | "topics" | "doors">;

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

/** What this node holds, and, where callers come in for others too, what those hold. */
export async function listTopics(ports: TopicPorts, request: ListTopicsRequest): Promise<ListTopicsResponse> {
  const { log, doors } = ports;
  const listed = log.topics().filter(({ name }) => request.internal || !isInternalTopic(name));
  const held = listed.map((topic) => describe(ports, topic));
  if (doors === undefined || request.forwarded) return create(ListTopicsResponseSchema, { topics: held });
  const names = new Set(held.map(({ name }) => name));
  const others = (await doors.listTopics({ ...request, forwarded: true })).filter(({ name }) => !names.has(name));
  const topics = [...held, ...others].sort((left, right) => (left.name < right.name ? -1 : 1));
  return create(ListTopicsResponseSchema, { topics });
}

export async function describeTopic(ports: TopicPorts, request: DescribeTopicRequest): Promise<DescribeTopicResponse> {
  const { log, doors } = ports;
  const name = topicNameOf(request);
  if (doors !== undefined && !request.forwarded && !doors.isReadHere(name) && log.deletedTopic?.(name) === undefined) {
    return doors.describeTopic(name, { ...request, forwarded: true });
  }
  return create(DescribeTopicResponseSchema, { topic: describe(ports, heldTopic(log, request)) });
}

export async function setTopic(ports: TopicPorts, request: SetTopicRequest): Promise<SetTopicResponse> {
  const { log, topics, doors } = ports;
  if (topics === undefined) throw keepsNoSettings("set");
  const name = topicNameOf(request);
  if (doors?.settlesTopics === false && !request.forwarded) {
    return doors.setTopic(name, { ...request, forwarded: true });
  }
  const { retention, compact, tombstoneGraceMs, placement } = request;
  const change: ServedTopicSettings = {
    ...(retention !== undefined && { retention: limitsOf(retention) }),
    ...(compact !== undefined && { compact }),
    ...(tombstoneGraceMs !== undefined && { tombstoneGraceMs: Number(tombstoneGraceMs) }),
    ...(placement !== undefined && { placement: placementOf(placement) }),
  };
  await topics.set(name, change, { create: request.create });
  const topic = log.topic(name);
  // Held by others: what they hold of it is theirs to say.
  const described = topic === undefined ? describeSettled(ports, name) : describe(ports, topic);
  return create(SetTopicResponseSchema, { topic: described });
}

export async function deleteTopic(
  { topics, doors }: TopicPorts,
  request: DeleteTopicRequest,
): Promise<DeleteTopicResponse> {
  if (topics === undefined) throw keepsNoSettings("delete");
  const name = topicNameOf(request);
  if (doors?.settlesTopics === false && !request.forwarded) {
    return doors.deleteTopic(name, { ...request, forwarded: true });
  }
  return create(DeleteTopicResponseSchema, { generation: await topics.delete(name) });
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

function placementOf({ copies, tags }: Placement): ServedTopicSettings["placement"] {
  return { ...(copies !== undefined && { copies }), ...(tags !== undefined && { tags: { ...tags.expressions } }) };
}

function describe(ports: TopicPorts, topic: ServedTopic): Topic {
  const writers: WriterId[] = [...topic.have.keys()].sort();
  return create(TopicSchema, {
    ...settledOf(ports, topic.name),
    name: topic.name,
    generation: topic.generation,
    firstOffset: BigInt(topic.firstOffset),
    nextOffset: BigInt(topic.nextOffset),
    bytes: BigInt(topic.bytes),
    records: BigInt(topic.nextOffset - topic.firstOffset),
    feeds: writers.map((writer) => ({
      writer,
      lowWater: BigInt(topic.lowWater.get(writer) ?? 1),
      have: BigInt(topic.have.get(writer) ?? 0),
      durable: BigInt(topic.durable.get(writer) ?? 0),
      stopped: topic.stoppedFeeds?.get(writer) ?? "",
    })),
  });
}

function describeSettled(ports: TopicPorts, name: string): Topic {
  return create(TopicSchema, { ...settledOf(ports, name), name });
}

/** What holds for a topic on all nodes, and where it belongs. */
function settledOf({ topics, doors }: TopicPorts, name: string): Exclude<MessageInitShape<typeof TopicSchema>, Topic> {
  const settings = topics?.settings(name) ?? {};
  const retention = messageOf(settings);
  const { compact = false, tombstoneGraceMs = tombstoneGraceMsDefault, placement } = settings;
  const place = doors?.placeOf(name);
  return {
    ...(retention !== undefined && { retention }),
    ...(compact && { compact, tombstoneGraceMs: BigInt(tombstoneGraceMs) }),
    ...(placement !== undefined && { placement: { copies: placement.copies, tags: { expressions: placement.tags } } }),
    ...(place !== undefined && { placed: [...place.placed], holders: [...place.holders] }),
  };
}
