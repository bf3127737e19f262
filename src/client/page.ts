/**
 * The client that nodes serve at `/client.js`: that of `browser.ts` without what operators ask of a cluster, so that pages
 * load less. Whoever bundles a page themselves has all of it from the package's `./client`.
 */

import type { BrowserConnectOptions } from "./browser.ts";
import { connect as connectBrowser } from "./browser.ts";
import type { LogClient } from "./log_client.ts";

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
export type { BrowserConnectOptions } from "./browser.ts";
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
export { Producer, type ProducerOptions, type SendAck } from "./producer.ts";
export type { ProducerIdentity } from "./producer_identity.ts";
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

/** A client of a page. */
export type PageClient = Omit<LogClient, "cluster">;

/** A client of the servers at these URLs. Nothing is contacted before the first call. */
export function connect(urls: string | readonly string[], options: BrowserConnectOptions = {}): PageClient {
  return connectBrowser(urls, options);
}
