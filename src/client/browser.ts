/** The client for browsers: the same as `mod.ts`, over `fetch`. */
import type { ConnectOptions } from "./client_options.ts";
import { LogClient } from "./log_client.ts";
import { openWebTransport, type WebTransportOptions } from "./transport_web.ts";

export type {
  Codec,
  Codecs,
  Compression,
  HealthCheck,
  HealthCheckKind,
  HealthCheckStatus,
  HealthState,
  RecordHeader,
  RecordInput,
  ServiceChange,
  ServiceDefinition,
  ServiceInstance,
  ServiceQuery,
} from "../base/mod.ts";
export { LogRecord } from "../base/mod.ts";
export type {
  ConnectOptions,
  ConsumeFrom,
  ConsumeOptions,
  ExpectedSequence,
  ProduceAck,
  ProduceOptions,
} from "./client_options.ts";
export type { ClusterEvent, PeerHealth, PeersHealth } from "./cluster_calls.ts";
export type { ConsumeFailover } from "./consume_streams.ts";
export type { Gap } from "./consumer.ts";
export { Consumer } from "./consumer.ts";
export { type Cursor, isCursor } from "./cursor.ts";
export { type CursorAck, CursorCalls, type SavedCursor } from "./cursor_calls.ts";
export {
  ClientError,
  type ClientErrorCode,
  ExpectedSequenceError,
  GapError,
  NotReplicatedError,
  type ProduceFate,
  ProducerFencedError,
  RecordTooLargeError,
  StreamBlockedError,
} from "./errors.ts";
export { type GroupConsumeOptions, GroupConsumer } from "./group_consumer.ts";
export { HomeProducer, type HomeProducerOptions } from "./home_producer.ts";
export { LogClient } from "./log_client.ts";
export { type NamedConsumeOptions, NamedConsumer } from "./named_consumer.ts";
export { Producer, type SendAck } from "./producer.ts";
export type { ProducerIdentity } from "./producer_identity.ts";
export type { ProducerOptions, ProducerProgress } from "./producer_options.ts";
export type { CallOptions } from "./questions.ts";
export { type HealthReport, ServiceCalls, type ServiceWatchOptions } from "./service_calls.ts";
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

export interface BrowserConnectOptions extends ConnectOptions, WebTransportOptions {}

/** A client of the servers at these URLs. Nothing is contacted before the first call. */
export function connect(urls: string | readonly string[], options: BrowserConnectOptions = {}): LogClient {
  const openTransport = (url: string): ReturnType<typeof openWebTransport> => openWebTransport(url, options);
  // Whatever a page reads comes in one stream, from one server while that is well.
  return new LogClient(typeof urls === "string" ? [urls] : urls, { openTransport, spread: false, ...options });
}
