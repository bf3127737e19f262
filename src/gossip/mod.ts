/** Who is alive: SWIM with Lifeguard on memberlist's wire format. No I/O, and no idea of what the members say. */
export type { Cipher } from "./cipher.ts";
export type { Coordinate } from "./coordinates.ts";
export type { Diagnosis, Passage, PathVerdict } from "./diagnosis.ts";
export type { EncryptionOptions } from "./envelope.ts";
export { Gossip } from "./gossip.ts";
export { formatKey, InvalidKeyError, Keyring, type KeyringListener, keysMax, parseKey } from "./keyring.ts";
export { exactTextOf, Fields, MsgpackReader, readFields, type Value } from "./msgpack.ts";
export { Bin, type Encodable, encodeMsgpack, Float64 } from "./msgpack_encoder.ts";
export {
  type GossipOptions,
  type GossipSettings,
  InvalidGossipOptionError,
  type Profile,
  settingsOf,
} from "./options.ts";
export type { PathCounters, PeerHealth } from "./paths.ts";
export type {
  BroadcastClass,
  GossipCounters,
  GossipEffect,
  GossipInput,
  NodeSnapshot,
  QueueReport,
  StreamId,
  TransportEffect,
  TransportInput,
} from "./types.ts";
export { metaBytesMax, type NodeState, nodeNameBytesMax } from "./wire.ts";
