/** What happened to the members: the Serf layer on top of gossip. No I/O. */
export { filterMembers, parseEventFilters } from "./agent_rpc_filters.ts";
export {
  agentRpcError,
  agentRpcVersion,
  coordinateBody,
  emptyBody,
  encodeReply,
  keysBody,
  memberBody,
  memberEventRecord,
  queryNoticeRecord,
  queryRecord,
  type ReplyBody,
  userEventRecord,
} from "./agent_rpc_replies.ts";
export {
  type AgentQueryRequest,
  type AgentRequest,
  AgentRequestReader,
  agentRequestBytesMax,
} from "./agent_rpc_requests.ts";
export {
  Discovery,
  type DiscoveryCounters,
  type DiscoveryEffect,
  type DiscoveryInput,
  discoveryPort,
} from "./discovery.ts";
export {
  discoverNamePattern,
  type ServiceMessage,
  type ServiceQuestion,
  type ServiceRecord,
} from "./discovery_messages.ts";
export {
  InvalidQueryError,
  NotRemovableError,
  QueryClosedError,
  QueryTooLargeError,
  UserEventTooLargeError,
} from "./errors.ts";
export { Expression } from "./expression.ts";
export { internalPrefix, internalQuery } from "./internal_queries.ts";
export { decodeKeyResponse, encodeKeyRequest, type KeyResponse } from "./key_messages.ts";
export { type CoalescePeriods, type MemberBatch, MemberCoalescer } from "./member_coalescing.ts";
export { Membership, type MembershipCounters } from "./membership.ts";
export { InvalidMembershipOptionError, type MembershipOptions } from "./options.ts";
export { type RememberedNode, Snapshot, type SnapshotCounts } from "./snapshot.ts";
export { decodeTags, encodeTags, sameTags, type TagsInput, TagsTooLargeError, tagsOf } from "./tags.ts";
export type {
  LamportTimes,
  Member,
  MemberEvent,
  MemberEventType,
  MemberStatus,
  MembershipEffect,
  MembershipInput,
  NameConflict,
  QueryKey,
  QueryNotice,
  QueryOutcome,
  QueryRequest,
  StreamId,
  UserEventNotice,
  UserEventRequest,
} from "./types.ts";
