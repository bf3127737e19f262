/** Services that nodes register, as every room speaks of them. */
/** How well a service or a check is, from best to worst. */
export type HealthState = "passing" | "warning" | "critical";
/** What runs to see how well a service is. */
export type HealthCheckKind = 
/** 2xx passes, 429 warns, anything else fails. `method` is GET by default. */
{
    readonly type: "http";
    readonly url: string;
    readonly method?: string | undefined;
    readonly headers?: Readonly<Record<string, string>> | undefined;
}
/** A connection to `host:port` passes. */
 | {
    readonly type: "tcp";
    readonly address: string;
}
/** Asks grpc.health.v1 at `host:port` for a service of it; the whole server by default. */
 | {
    readonly type: "grpc";
    readonly address: string;
    readonly service?: string | undefined;
}
/** Run without a shell. Exit code 0 passes, 1 warns, anything else fails. */
 | {
    readonly type: "command";
    readonly command: readonly string[];
}
/** Fails when nobody reports for so long. */
 | {
    readonly type: "ttl";
    readonly ttlMs: number;
};
export type HealthCheck = HealthCheckKind & {
    /** Unique in its service. @default its type, and a number where that is taken */
    readonly name?: string | undefined;
    /** Between the starts of two runs. @default 10,000 */
    readonly intervalMs?: number | undefined;
    /** @default 5,000, or the interval if that is shorter */
    readonly timeoutMs?: number | undefined;
    /** Good runs in a row until a check that was critical passes again. @default 1 */
    readonly passingAfter?: number | undefined;
    /** Failed runs in a row until the check is critical; it warns before. @default 1 */
    readonly criticalAfter?: number | undefined;
};
/** What somebody registers. */
export interface ServiceDefinition {
    /** 1 to 63 letters, digits and hyphens: a label of DNS. */
    readonly name: string;
    /** Unique on its node. @default the name */
    readonly id?: string | undefined;
    /** IP address or host name that callers go to. @default where its node is reached */
    readonly address?: string | undefined;
    readonly port: number;
    readonly tags?: readonly string[] | undefined;
    readonly metadata?: Readonly<Record<string, string>> | undefined;
    /** A service without checks passes. */
    readonly checks?: readonly HealthCheck[] | undefined;
    /** Once critical for so long it is taken out. @default it stays */
    readonly deregisterAfterMs?: number | undefined;
}
export interface HealthCheckStatus {
    readonly name: string;
    readonly state: HealthState;
    /** What the last run said, cut to 1 KiB. */
    readonly output: string;
    /** Unix time since when the state is this. */
    readonly sinceMs: number;
}
/** A registered service as look-ups find it. */
export interface ServiceInstance {
    readonly name: string;
    readonly id: string;
    /** Node that registered and checks it. */
    readonly node: string;
    readonly address: string;
    readonly port: number;
    readonly tags: readonly string[];
    readonly metadata: Readonly<Record<string, string>>;
    /** The worst of its checks. */
    readonly state: HealthState;
    readonly checks: readonly HealthCheckStatus[];
    /** Unix time since when the state is this. */
    readonly sinceMs: number;
    /** Estimated round trip between its node and the one asked, or the one named as `near`; undefined when not known. */
    readonly rttMs?: number | undefined;
}
/** Which services are asked for: those to which all of this applies. */
export interface ServiceQuery {
    readonly name?: string | undefined;
    /** All of these. */
    readonly tags?: readonly string[] | undefined;
    /** @default passing and warning */
    readonly states?: readonly HealthState[] | undefined;
    readonly node?: string | undefined;
    /** Nearest to this node first. @default the asked one */
    readonly near?: string | undefined;
}
/** One change that a watch tells of. */
export interface ServiceChange {
    /** `present`: it was there when the watch began. */
    readonly type: "present" | "added" | "changed" | "removed";
    readonly instance: ServiceInstance;
    /** Why, in words. */
    readonly reason: string;
}
