/**
 * The client that nodes serve at `/client.js`: that of `browser.ts` without what operators ask of a cluster, so that pages
 * load less. Whoever bundles a page themselves has all of it from the package's `./client`.
 */
import { type BrowserConnectOptions } from "./browser.d.ts";
import type { LogClient } from "./log_client.d.ts";
export type { BrowserConnectOptions, CallOptions, ClientErrorCode, ClusterEvent, Codec, Codecs, Compression, ConnectOptions, ConsumeFailover, ConsumeFrom, ConsumeOptions, Cursor, CursorAck, ExpectedSequence, FeedDescription, Gap, GroupConsumeOptions, HealthCheck, HealthCheckKind, HealthCheckStatus, HealthReport, HealthState, HomeProducerOptions, MemberChangeType, MemberDescription, MemberEvent, MemberStatus, NamedConsumeOptions, OpenTransport, PeerHealth, PeersHealth, ProduceAck, ProduceFate, ProduceOptions, ProducerIdentity, ProducerOptions, RecordHeader, RecordInput, SavedCursor, SendAck, ServerDescription, ServerTransport, ServiceChange, ServiceDefinition, ServiceInstance, ServiceQuery, ServiceWatchOptions, TopicDescription, TopicPlacement, TopicRetention, TopicSettingsChange, } from "./browser.d.ts";
export { ClientError, Consumer, CursorCalls, ExpectedSequenceError, GapError, GroupConsumer, HomeProducer, isCursor, LogClient, LogRecord, NamedConsumer, NotReplicatedError, Producer, ProducerFencedError, RecordTooLargeError, ServiceCalls, StreamBlockedError, } from "./browser.d.ts";
/** A client of a page. */
export type PageClient = Omit<LogClient, "cluster">;
/** A client of the servers at these URLs. Nothing is contacted before the first call. */
export declare function connect(urls: string | readonly string[], options?: BrowserConnectOptions): PageClient;
