import { create } from "@bufbuild/protobuf";
import { topicNameFault, type WriterId } from "../base/mod.ts";
import {
  type DescribeTopicRequest,
  type DescribeTopicResponse,
  DescribeTopicResponseSchema,
  type ListTopicsResponse,
  ListTopicsResponseSchema,
  type Topic,
  TopicSchema,
} from "../gen/log/v1/log_pb.ts";
import { invalidArgument, notFound } from "./errors.ts";
import type { ServedLog, ServedTopic } from "./ports.ts";

/** The topic that "" stands for, as in the book's messages, which have no topics. */
const defaultTopic = "default";

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
  if (topic === undefined) throw notFound(`Cannot read topic ${JSON.stringify(name)}: this node does not hold it`);
  return topic;
}

export function listTopics(log: ServedLog): ListTopicsResponse {
  return create(ListTopicsResponseSchema, { topics: log.topics().map(describe) });
}

export function describeTopic(log: ServedLog, request: DescribeTopicRequest): DescribeTopicResponse {
  return create(DescribeTopicResponseSchema, { topic: describe(heldTopic(log, request)) });
}

function describe(topic: ServedTopic): Topic {
  const writers: WriterId[] = [...topic.have.keys()].sort();
  return create(TopicSchema, {
    name: topic.name,
    firstOffset: BigInt(topic.firstOffset),
    nextOffset: BigInt(topic.nextOffset),
    bytes: BigInt(topic.bytes),
    records: BigInt(topic.nextOffset - topic.firstOffset),
    feeds: writers.map((writer) => ({
      writer,
      lowWater: BigInt(topic.lowWater.get(writer) ?? 1),
      have: BigInt(topic.have.get(writer) ?? 0),
      durable: BigInt(topic.durable.get(writer) ?? 0),
    })),
  });
}
