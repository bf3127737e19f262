/** What happened to the members: the Serf layer on top of gossip. No I/O. */
export {
  InvalidQueryError,
  NotRemovableError,
  QueryClosedError,
  QueryTooLargeError,
  UserEventTooLargeError,
} from "./errors.ts";
export { internalPrefix, internalQuery } from "./internal_queries.ts";
export { decodeKeyResponse, encodeKeyRequest, type KeyResponse } from "./key_messages.ts";
export { Membership, type MembershipCounters } from "./membership.ts";
export { InvalidMembershipOptionError, type MembershipOptions } from "./options.ts";
export { decodeTags, encodeTags, sameTags, type TagsInput, TagsTooLargeError, tagsOf } from "./tags.ts";
export type {
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
