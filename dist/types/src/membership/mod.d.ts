/** What happened to the members: the Serf layer on top of gossip. No I/O. */
export { filterMembers, parseEventFilters } from "./agent_rpc_filters.d.ts";
export { agentRpcError, agentRpcVersion, coordinateBody, emptyBody, encodeReply, keysBody, memberBody, memberEventRecord, queryNoticeRecord, queryRecord, type ReplyBody, userEventRecord, } from "./agent_rpc_replies.d.ts";
export { type AgentQueryRequest, type AgentRequest, AgentRequestReader, agentRequestBytesMax, } from "./agent_rpc_requests.d.ts";
export { Discovery, type DiscoveryCounters, type DiscoveryEffect, type DiscoveryInput, discoveryPort, } from "./discovery.d.ts";
export { discoverNamePattern, type ServiceMessage, type ServiceQuestion, type ServiceRecord, } from "./discovery_messages.d.ts";
export { InvalidQueryError, NotRemovableError, QueryClosedError, QueryTooLargeError, UserEventTooLargeError, } from "./errors.d.ts";
export { Expression } from "./expression.d.ts";
export { internalPrefix, internalQuery } from "./internal_queries.d.ts";
export { decodeKeyResponse, encodeKeyRequest, type KeyResponse } from "./key_messages.d.ts";
export { type CoalescePeriods, type MemberBatch, MemberCoalescer } from "./member_coalescing.d.ts";
export { Membership, type MembershipCounters } from "./membership.d.ts";
export { InvalidMembershipOptionError, type MembershipOptions } from "./options.d.ts";
export { type RememberedNode, Snapshot, type SnapshotCounts } from "./snapshot.d.ts";
export { decodeTags, encodeTags, sameTags, type TagsInput, TagsTooLargeError, tagsOf } from "./tags.d.ts";
export type { LamportTimes, Member, MemberEvent, MemberEventType, MemberStatus, MembershipEffect, MembershipInput, NameConflict, QueryKey, QueryNotice, QueryOutcome, QueryRequest, StreamId, UserEventNotice, UserEventRequest, } from "./types.d.ts";
