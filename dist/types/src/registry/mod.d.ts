/**
 * Services that nodes register, and how well they are. This room decides what a service may be, which of several records
 * of it counts, whose services are found, and what those hear who watch. It knows no log, no gossip and no sockets: it is
 * told what stands in the topic, which nodes are there and what checks found.
 */
export { Catalog, type ServiceKey, serviceKey } from "./catalog.d.ts";
export type { CatalogWatch } from "./catalog_watch.d.ts";
export { commandRunsMax, networkRunsMax, type RunLimits } from "./check_runs.d.ts";
export type { ActiveCheck, CheckEffect, CheckInput, CheckOutcome, FormerHealth, RunCancellation, RunCheck, ServiceHealth, } from "./check_types.d.ts";
export { HealthChecks } from "./checks.d.ts";
export { type ResolvedService, resolveService, sameNameKey } from "./definition.d.ts";
export { CommandChecksRefusedError, InvalidServiceError, InvalidServiceQueryError, NotReportableError, ServiceIdTakenError, TooManyServicesError, TooManyWatchesError, UnknownServiceError, } from "./errors.d.ts";
export { checkOutputBytesMax, nodeServicesMax, servicesMax } from "./limits.d.ts";
export { cutOutput } from "./output.d.ts";
export { healthStates, type RoundTrips, resolveQuery } from "./query.d.ts";
export { decodeKey, decodeService, encodeAway, encodeKey, encodeService, instanceOf, type RecordKey, type ServiceOrigin, type ServiceRecord, } from "./record.d.ts";
export { commandCheckOf, type ResolvedCheck } from "./resolved_checks.d.ts";
export { type Folded, reasonHeader, ServiceFold } from "./service_fold.d.ts";
