/** What happened to the members: the Serf layer on top of gossip. No I/O. */
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
  StreamId,
} from "./types.ts";
