/** The composition root: options in, a running node out. */
export { Agent, type AgentEvents } from "./agent.ts";
export { type AgentLogFormat, type AgentLogLevel, configureLogging } from "./logging.ts";
export { type AgentOptions, type GossipProfile, InvalidAgentOptionError } from "./options.ts";
export { AgentTopic } from "./topic.ts";
