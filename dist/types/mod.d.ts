/**
 * Grapevine: the event log that you import. `Agent.start({})` runs a full node of a replicated log in this process; the
 * README shows how. Only what stands here is public, with `./client`, `./membership` and `./testing` beside it.
 */
export { Agent, type AgentEvents, type AgentOptions, type AgentServices, type AgentSurroundings, AgentTopic, type ClusterKeys, type ClusterOptions, CommandChecksRefusedError, type DnsSettings, type EventOptions, type GossipProfile, type HealthReport, type IncomingQuery, InvalidAgentOptionError, InvalidServiceError, InvalidServiceQueryError, JoinGivenUpError, type KeyList, type KeysResult, LogLines, type LogSettings, NotReportableError, type Passage, type PathVerdict, type Payload, type PeerHealth, type QueryAnswer, type QueryHandler, type QueryOptions, type QueryResult, type QueryRun, ServiceIdTakenError, TooManyServicesError, TooManyWatchesError, type TopicProduceOptions, UnknownServiceError, } from "./src/agent/mod.d.ts";
export { type HealthCheck, type HealthCheckKind, type HealthCheckStatus, type HealthState, LogRecord, type RecordHeader, type RecordInput, type ServiceChange, type ServiceDefinition, type ServiceInstance, type ServiceQuery, type WriterId, } from "./src/base/mod.d.ts";
export { type Acks, ClientError, type ClientErrorCode, type ConsumeFrom, type ConsumeOptions, type Consumer, type Cursor, type CursorAck, type Gap, type GroupConsumeOptions, type GroupConsumer, type NamedConsumeOptions, type NamedConsumer, NotReplicatedError, type ProduceAck, RecordTooLargeError, type SavedCursor, type SendAck, } from "./src/client/mod.d.ts";
export { DirectoryLockedError } from "./src/io/directory_lock.d.ts";
export { DirectoryNotWritableError } from "./src/io/disk.d.ts";
export { GossipBindError } from "./src/io/gossip_sockets.d.ts";
export { BadListenAddressError, PortTakenError } from "./src/io/listener_errors.d.ts";
export { MulticastError } from "./src/io/multicast_socket.d.ts";
export { TagsFileError } from "./src/io/tags_file.d.ts";
export { LogCorruptError, type LogEvent } from "./src/log/mod.d.ts";
export { InvalidQueryError, type Member, type MemberEventType, type MemberStatus, type NameConflict, NotRemovableError, QueryClosedError, QueryTooLargeError, TagsTooLargeError, type UserEventNotice, UserEventTooLargeError, } from "./src/membership/mod.d.ts";
