/** What happened to the members: the Serf layer on top of gossip. No I/O. */
export { Membership, type MembershipCounters } from "./membership.d.ts";
export { InvalidMembershipOptionError, type MembershipOptions } from "./options.d.ts";
export { decodeTags, encodeTags, sameTags, type TagsInput, TagsTooLargeError, tagsOf } from "./tags.d.ts";
export type { Member, MemberEvent, MemberEventType, MemberStatus, MembershipEffect, MembershipInput, StreamId, } from "./types.d.ts";
