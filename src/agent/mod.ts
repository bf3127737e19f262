/** The composition root: options in, a running node out. */
export type { Passage, PathVerdict, PeerHealth } from "../gossip/mod.ts";
export {
  CommandChecksRefusedError,
  InvalidServiceError,
  InvalidServiceQueryError,
  NotReportableError,
  ServiceIdTakenError,
  TooManyServicesError,
  TooManyWatchesError,
  UnknownServiceError,
} from "../registry/mod.ts";
export { Agent, type AgentEvents, type AgentSurroundings } from "./agent.ts";
export type { ClusterKeys, KeyList, KeysResult } from "./cluster_keys.ts";
export type { ClusterOptions, SerfSettings } from "./cluster_options.ts";
export type { DnsSettings } from "./dns_options.ts";
export { type DumpedItem, dumpFile } from "./dump.ts";
export { LogLines, type SerfLogLevel } from "./log_lines.ts";
export type { LogSettings } from "./log_settings.ts";
export { type AgentLogFormat, type AgentLogLevel, configureLogging } from "./logging.ts";
export type { EventOptions, IncomingQuery, Payload, QueryHandler } from "./messaging.ts";
export { type AgentOptions, type GossipProfile, InvalidAgentOptionError } from "./options.ts";
export type { QueryAnswer, QueryOptions, QueryResult, QueryRun } from "./query_run.ts";
export { JoinGivenUpError } from "./rejoiner.ts";
export { checkedService } from "./service_options.ts";
export type { AgentServices, HealthReport } from "./services.ts";
export { AgentTopic, type TopicProduceOptions } from "./topic.ts";
