/** RPC in: Protobuf to ports, errors to codes. Sockets are opened elsewhere, with what this room exports. */
export type { Routes } from "./answering.ts";
export { type CorsOptions, corsOriginFault } from "./cors.ts";
export { isRefusal, notTaken } from "./doors.ts";
export { toConnectError } from "./errors.ts";
export type { GroupAnswer, GroupCall } from "./group.ts";
export { Groups } from "./groups.ts";
export { createHotMethods, type HotMethodsOptions } from "./hot_methods.ts";
export {
  type Asset,
  createHttpSide,
  type HttpOptions,
  type HttpRequest,
  type HttpResponse,
  type HttpSide,
} from "./http.ts";
export { heartbeatMs, routerOptions } from "./limits.ts";
export type {
  ServedCluster,
  ServedCursor,
  ServedCursors,
  ServedGossip,
  ServedGroups,
  ServedLog,
  ServedMember,
  ServedMemberEvent,
  ServedReadiness,
  ServedReplication,
  ServedShortfall,
  ServedTopic,
  ServedTopicSettings,
  ServedTopics,
  ServerPorts,
  WatchMessage,
} from "./ports.ts";
export { protocolVersion } from "./replication.ts";
export { createRoutes } from "./routes.ts";
export { NobodyReachableError, type ServedCopy, type ServedDoors, type ServedPlace } from "./served_doors.ts";
export { TopicReader } from "./topic_reader.ts";
