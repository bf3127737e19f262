/**
 * The client: RPC out. It knows nothing of how a node works, and runs in browsers too, through `browser.ts`. It decides
 * how records become batches, where reading begins, whom to ask next when a server fails, and what a failure means to the
 * caller.
 */
import type { ConnectOptions } from "./client_options.d.ts";
import { LogClient } from "./log_client.d.ts";
export type { Codec, Codecs, Compression, HealthCheck, HealthCheckKind, HealthCheckStatus, HealthState, HotCall, HotReceiver, HotTransport, RecordHeader, RecordInput, ServiceChange, ServiceDefinition, ServiceInstance, ServiceQuery, } from "../base/mod.d.ts";
export { LogRecord } from "../base/mod.d.ts";
export type { Acks } from "./acks.d.ts";
export type { ConnectOptions, ConsumeFrom, ConsumeOptions, ExpectedSequence, ProduceAck, ProduceOptions, } from "./client_options.d.ts";
export { ClusterCalls, type ClusterEvent, type InfoSections, type KeyHolders, type KeysOutcome, type LogLevel, type PeerHealth, type PeersHealth, type PeerVerdict, type QueryEvent, type QueryFilter, } from "./cluster_calls.d.ts";
export type { ConsumeFailover } from "./consume_streams.d.ts";
export type { Gap } from "./consumer.d.ts";
export { Consumer } from "./consumer.d.ts";
export { type Cursor, isCursor } from "./cursor.d.ts";
export { type CursorAck, CursorCalls, type SavedCursor } from "./cursor_calls.d.ts";
export { type CreateDiscoveryTransportOptions, type CreateServiceBalancerOptions, createDiscoveryTransport, createServiceBalancer, type ServiceSource, } from "./discovery.d.ts";
export { DiscoveryTransport, type DiscoveryTransportOptions } from "./discovery_transport.d.ts";
export { ClientError, type ClientErrorCode, ExpectedSequenceError, GapError, NotReplicatedError, type ProduceFate, ProducerFencedError, RecordTooLargeError, } from "./errors.d.ts";
export { type GroupConsumeOptions, GroupConsumer } from "./group_consumer.d.ts";
export { HomeProducer, type HomeProducerOptions } from "./home_producer.d.ts";
export { LogClient } from "./log_client.d.ts";
export { type NamedConsumeOptions, NamedConsumer } from "./named_consumer.d.ts";
export { Producer, type SendAck } from "./producer.d.ts";
export type { ProducerIdentity } from "./producer_identity.d.ts";
export type { ProducerOptions, ProducerProgress } from "./producer_options.d.ts";
export type { CallOptions } from "./questions.d.ts";
export { type BalancedCallOptions, ServiceBalancer, type ServiceBalancerOptions, type Try, type Verdict, } from "./service_balancer.d.ts";
export { type HealthReport, ServiceCalls, type ServiceWatchOptions } from "./service_calls.d.ts";
export { NoInstanceError } from "./service_errors.d.ts";
export type { ServiceWatcher } from "./service_feed.d.ts";
export type { OpenTransport, ServerTransport } from "./transport.d.ts";
export type { FeedDescription, MemberChangeType, MemberDescription, MemberEvent, MemberStatus, ServerDescription, TopicDescription, TopicPlacement, TopicRetention, TopicSettingsChange, } from "./types.d.ts";
/** A client of the servers at these URLs. Nothing is contacted before the first call. */
export declare function connect(urls: string | readonly string[], options?: ConnectOptions): LogClient;
