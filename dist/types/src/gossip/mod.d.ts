/** Who is alive: SWIM with Lifeguard on memberlist's wire format. No I/O, and no idea of what the members say. */
export { Gossip } from "./gossip.d.ts";
export { ipToBytes, ipToText } from "./ip.d.ts";
export { type Encodable, encodeMsgpack, exactTextOf, Fields, MsgpackReader, readFields, type Value, } from "./msgpack.d.ts";
export { type GossipOptions, type GossipSettings, InvalidGossipOptionError, type Profile, settingsOf, } from "./options.d.ts";
export { Schedule, type Timer } from "./schedule.d.ts";
export type { BroadcastClass, GossipCounters, GossipEffect, GossipInput, NodeSnapshot, StreamId, TransportEffect, TransportInput, } from "./types.d.ts";
export { metaBytesMax, type NodeState, nodeNameBytesMax } from "./wire.d.ts";
