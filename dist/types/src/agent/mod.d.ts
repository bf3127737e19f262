/** The composition root: options in, a running node out. */
export { Agent, type AgentEvents } from "./agent.d.ts";
export type { ClusterKeys, KeyList, KeysResult } from "./cluster_keys.d.ts";
export { type AgentLogFormat, type AgentLogLevel, configureLogging } from "./logging.d.ts";
export type { EventOptions, IncomingQuery, Payload, QueryHandler } from "./messaging.d.ts";
export { type AgentOptions, type GossipProfile, InvalidAgentOptionError } from "./options.d.ts";
export type { QueryAnswer, QueryOptions, QueryResult, QueryRun } from "./query_run.d.ts";
export { AgentTopic } from "./topic.d.ts";
