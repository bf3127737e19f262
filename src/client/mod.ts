/**
 * The client: RPC out. It knows nothing of how a node works, and runs in browsers too, through `browser.ts`. It decides
 * how records become batches, where reading begins, whom to ask next when a server fails, and what a failure means to the
 * caller.
 */
import type { ConnectOptions } from "./client_options.ts";
import { LogClient } from "./log_client.ts";
import { openNodeTransport } from "./transport_node.ts";

export type {
  Codec,
  Codecs,
  Compression,
  HealthCheck,
  HealthCheckKind,
  HealthCheckStatus,
  HealthState,
  HotCall,
  HotReceiver,
  HotTransport,
  RecordHeader,
  RecordInput,
  ServiceChange,
  ServiceDefinition,
  ServiceInstance,
  ServiceQuery,
} from "../base/mod.ts";
export { LogRecord } from "../base/mod.ts";
export type { Acks } from "./acks.ts";
export type {
  ConnectOptions,
  ConsumeFrom,
  ConsumeOptions,
  ExpectedSequence,
  ProduceAck,
  ProduceOptions,
} from "./client_options.ts";
export {
  ClusterCalls,
  type ClusterEvent,
  type InfoSections,
  type KeyHolders,
  type KeysOutcome,
  type LogLevel,
  type PeerHealth,
  type PeersHealth,
  type PeerVerdict,
  type QueryEvent,
  type QueryFilter,
} from "./cluster_calls.ts";
export type { ConsumeFailover } from "./consume_streams.ts";
export type { Gap } from "./consumer.ts";
export { Consumer } from "./consumer.ts";
export { type Cursor, isCursor } from "./cursor.ts";
export { type CursorAck, CursorCalls, type SavedCursor } from "./cursor_calls.ts";
export {
  type CreateDiscoveryTransportOptions,
  type CreateServiceBalancerOptions,
  createDiscoveryTransport,
  createServiceBalancer,
  type ServiceSource,
} from "./discovery.ts";
export { DiscoveryTransport, type DiscoveryTransportOptions } from "./discovery_transport.ts";
export {
  ClientError,
  type ClientErrorCode,
  ExpectedSequenceError,
  GapError,
  NotReplicatedError,
  type ProduceFate,
  ProducerFencedError,
  RecordTooLargeError,
} from "./errors.ts";
export { type GroupConsumeOptions, GroupConsumer } from "./group_consumer.ts";
export { HomeProducer, type HomeProducerOptions } from "./home_producer.ts";
export { LogClient } from "./log_client.ts";
export { type NamedConsumeOptions, NamedConsumer } from "./named_consumer.ts";
export { Producer, type SendAck } from "./producer.ts";
export type { ProducerIdentity } from "./producer_identity.ts";
export type { ProducerOptions, ProducerProgress } from "./producer_options.ts";
export type { CallOptions } from "./questions.ts";
export {
  type BalancedCallOptions,
  ServiceBalancer,
  type ServiceBalancerOptions,
  type Try,
  type Verdict,
} from "./service_balancer.ts";
export { type HealthReport, ServiceCalls, type ServiceWatchOptions } from "./service_calls.ts";
export { NoInstanceError } from "./service_errors.ts";
export type { ServiceWatcher } from "./service_feed.ts";
export type { OpenTransport, ServerTransport } from "./transport.ts";
export type {
  FeedDescription,
  MemberChangeType,
  MemberDescription,
  MemberEvent,
  MemberStatus,
  ServerDescription,
  TopicDescription,
  TopicPlacement,
  TopicRetention,
  TopicSettingsChange,
} from "./types.ts";

/** A client of the servers at these URLs. Nothing is contacted before the first call. */
export function connect(urls: string | readonly string[], options: ConnectOptions = {}): LogClient {
  return new LogClient(typeof urls === "string" ? [urls] : urls, { openTransport: openNodeTransport, ...options });
}
