/** Who is alive: SWIM with Lifeguard on memberlist's wire format. No I/O, and no idea of what the members say. */
export type { Cipher } from "./cipher.d.ts";
export type { Coordinate } from "./coordinates.d.ts";
export type { Diagnosis, Passage, PathVerdict } from "./diagnosis.d.ts";
export type { EncryptionOptions } from "./envelope.d.ts";
export { Gossip } from "./gossip.d.ts";
export { formatKey, InvalidKeyError, Keyring, type KeyringListener, keysMax, parseKey } from "./keyring.d.ts";
export { exactTextOf, Fields, MsgpackReader, readFields, type Value } from "./msgpack.d.ts";
export { Bin, type Encodable, encodeMsgpack, Float64 } from "./msgpack_encoder.d.ts";
export { type GossipOptions, type GossipSettings, InvalidGossipOptionError, type Profile, settingsOf, } from "./options.d.ts";
export type { PathCounters, PeerHealth } from "./paths.d.ts";
export type { BroadcastClass, GossipCounters, GossipEffect, GossipInput, NodeSnapshot, QueueReport, StreamId, TransportEffect, TransportInput, } from "./types.d.ts";
export { metaBytesMax, type NodeState, nodeNameBytesMax } from "./wire.d.ts";
