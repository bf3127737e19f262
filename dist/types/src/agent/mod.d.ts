/** The composition root: options in, a running node out. */
export type { Passage, PathVerdict, PeerHealth } from "../gossip/mod.d.ts";
export { CommandChecksRefusedError, InvalidServiceError, InvalidServiceQueryError, NotReportableError, ServiceIdTakenError, TooManyServicesError, TooManyWatchesError, UnknownServiceError, } from "../registry/mod.d.ts";
export { Agent, type AgentEvents, type AgentSurroundings } from "./agent.d.ts";
export type { ClusterKeys, KeyList, KeysResult } from "./cluster_keys.d.ts";
export type { ClusterOptions, SerfSettings } from "./cluster_options.d.ts";
export type { DnsSettings } from "./dns_options.d.ts";
export { type DumpedItem, dumpFile } from "./dump.d.ts";
export { LogLines, type SerfLogLevel } from "./log_lines.d.ts";
export type { LogSettings } from "./log_settings.d.ts";
export { type AgentLogFormat, type AgentLogLevel, configureLogging } from "./logging.d.ts";
export type { EventOptions, IncomingQuery, Payload, QueryHandler } from "./messaging.d.ts";
export { type AgentOptions, type GossipProfile, InvalidAgentOptionError } from "./options.d.ts";
export type { QueryAnswer, QueryOptions, QueryResult, QueryRun } from "./query_run.d.ts";
export { JoinGivenUpError } from "./rejoiner.d.ts";
export { checkedService } from "./service_options.d.ts";
export type { AgentServices, HealthReport } from "./services.d.ts";
export { AgentTopic, type TopicProduceOptions } from "./topic.d.ts";
