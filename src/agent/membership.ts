/**
 * Discovery without a log: a node of a Serf cluster on real sockets. The public entry point `@grapevine/log/membership`;
 * the agent composes the same class.
 */
export type { Address } from "../base/mod.ts";
export {
  type GossipSettings,
  InvalidGossipOptionError,
  InvalidKeyError,
  type Passage,
  type PathVerdict,
  type PeerHealth,
  type Profile,
} from "../gossip/mod.ts";
export { KeyringFileError } from "../io/gossip_keyring_file.ts";
export { GossipBindError } from "../io/gossip_sockets.ts";
export { BadListenAddressError, PortTakenError } from "../io/listener_errors.ts";
export { MulticastError } from "../io/multicast_socket.ts";
export { SnapshotFileError } from "../io/snapshot_file.ts";
export {
  type CoalescePeriods,
  InvalidMembershipOptionError,
  InvalidQueryError,
  type Member,
  type MemberBatch,
  type MemberEvent,
  type MemberEventType,
  type MemberStatus,
  type MembershipCounters,
  type NameConflict,
  NotRemovableError,
  QueryClosedError,
  QueryTooLargeError,
  TagsTooLargeError,
  type UserEventNotice,
  UserEventTooLargeError,
} from "../membership/mod.ts";
export { InvalidAddressError } from "./addresses.ts";
export type { ClusterKeys, KeyList, KeysResult } from "./cluster_keys.ts";
export type { SerfSettings } from "./cluster_options.ts";
export type { SecrecyOptions } from "./encryption.ts";
export { gossipPortDefault, JoinFailedError, type JoinResult } from "./joining.ts";
export { InvalidDiscoverNameError, type MdnsCounters, type MdnsOptions } from "./mdns.ts";
export { onMemberBatch } from "./member_batches.ts";
export { MembershipNode } from "./membership_node.ts";
export type { MembershipNodeError, MembershipNodeEvents, MembershipNodeOptions } from "./membership_types.ts";
export type { EventOptions, IncomingQuery, Payload, QueryHandler } from "./messaging.ts";
export type { MemoryOptions } from "./node_memory.ts";
export { type QueryAnswer, type QueryOptions, type QueryResult, QueryRun } from "./query_run.ts";
export { SerfRpc, type SerfRpcOptions, startSerfRpc } from "./serf_rpc.ts";
