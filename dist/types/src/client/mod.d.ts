/**
 * The client: RPC out. It knows nothing of how a node works, and runs in browsers too, through `browser.ts`. It decides
 * how records become batches, where reading begins and what a failure means to the caller; it never sends anything twice.
 */
import { type ConnectOptions, LogClient } from "./log_client.d.ts";
export type { Codec, Codecs, Compression, HotCall, HotReceiver, HotTransport, RecordHeader, RecordInput, } from "../base/mod.d.ts";
export { LogRecord } from "../base/mod.d.ts";
export type { Acks } from "./acks.d.ts";
export { ClusterCalls, type ClusterEvent, type InfoSections, type KeyHolders, type KeysOutcome, type LogLevel, type PeerHealth, type PeersHealth, type PeerVerdict, type QueryEvent, type QueryFilter, } from "./cluster_calls.d.ts";
export type { Gap } from "./consumer.d.ts";
export { Consumer } from "./consumer.d.ts";
export { type Cursor, isCursor } from "./cursor.d.ts";
export { ClientError, type ClientErrorCode, NotReplicatedError, type ProduceFate, RecordTooLargeError, } from "./errors.d.ts";
export { type ConnectOptions, type ConsumeFrom, type ConsumeOptions, LogClient, type ProduceAck, type ProduceOptions, } from "./log_client.d.ts";
export { Producer, type ProducerOptions, type SendAck } from "./producer.d.ts";
export type { OpenTransport, ServerTransport } from "./transport.d.ts";
export type { FeedDescription, MemberChangeType, MemberDescription, MemberEvent, MemberStatus, ServerDescription, TopicDescription, TopicRetention, TopicSettingsChange, } from "./types.d.ts";
/** A client of the servers at these URLs. Nothing is contacted before the first call. */
export declare function connect(urls: string | readonly string[], options?: ConnectOptions): LogClient;
