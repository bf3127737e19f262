import {
  type Member,
  MemberChange,
  MemberStatus as MemberStatusMessage,
  type WatchMembersResponse,
} from "../gen/grapevine/v1/cluster_pb.ts";
import type { Server, Topic } from "../gen/log/v1/log_pb.ts";
import { toPlacement, toRetention } from "./topic_settings.ts";
import type { MemberDescription, MemberEvent, MemberStatus, ServerDescription, TopicDescription } from "./types.ts";

export function toTopic(topic: Topic): TopicDescription {
  return {
    name: topic.name,
    // Nodes of before topics could be deleted say nothing.
    generation: Math.max(1, topic.generation),
    firstOffset: Number(topic.firstOffset),
    nextOffset: Number(topic.nextOffset),
    bytes: Number(topic.bytes),
    records: Number(topic.records),
    feeds: topic.feeds.map((feed) => ({
      writer: feed.writer,
      lowWater: Number(feed.lowWater),
      have: Number(feed.have),
      durable: Number(feed.durable),
      ...(feed.stopped !== "" && { stopped: feed.stopped }),
    })),
    ...(topic.retention !== undefined && { retention: toRetention(topic.retention) }),
    ...(topic.compact && { compact: true, tombstoneGraceMs: Number(topic.tombstoneGraceMs) }),
    ...(topic.placement !== undefined && { placement: toPlacement(topic.placement) }),
    ...(topic.placed.length > 0 && { placed: [...topic.placed], holders: [...topic.holders] }),
  };
}

export function toMember(member: Member): MemberDescription {
  return {
    name: member.name,
    address: member.address,
    status: toMemberStatus(member.status),
    tags: { ...member.tags },
  };
}

export function toMemberStatus(status: MemberStatusMessage): MemberStatus {
  switch (status) {
    case MemberStatusMessage.ALIVE:
      return "alive";
    case MemberStatusMessage.LEAVING:
      return "leaving";
    case MemberStatusMessage.LEFT:
      return "left";
    case MemberStatusMessage.FAILED:
      return "failed";
    default:
      // A newer server may know more.
      return "unknown";
  }
}

/** The event of a response; undefined when it carries none. */
export function toMemberEvent(
  response: Pick<WatchMembersResponse, "change" | "member" | "heartbeat">,
): MemberEvent | undefined {
  const type = toChange(response.change);
  if (response.heartbeat || response.member === undefined || type === undefined) return undefined;
  return { type, member: toMember(response.member) };
}

function toChange(change: MemberChange): MemberEvent["type"] | undefined {
  switch (change) {
    case MemberChange.JOIN:
      return "join";
    case MemberChange.LEAVE:
      return "leave";
    case MemberChange.FAILED:
      return "failed";
    case MemberChange.UPDATE:
      return "update";
    case MemberChange.REAP:
      return "reap";
    default:
      return undefined;
  }
}

export function toServer(server: Server): ServerDescription {
  return { id: server.id, rpcAddress: server.rpcAddr, status: server.status, tags: { ...server.tags } };
}
