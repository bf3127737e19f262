/**
 * A record of `_services` (`docs/format.md`). Its key is the name of a node, a slash and the id of a service, its value JSON
 * with a version. A record without a value says that the service is no longer registered. The key of a node alone, with
 * nothing behind the slash, says whether the node is away: it takes all its services along. Without a value it says that
 * the node is forgotten.
 */
import { type HealthCheckStatus, type HealthState, type ServiceInstance } from "../base/mod.d.ts";
import { type ResolvedService } from "./definition.d.ts";
/** Who named a service: the configuration of its node, which may no longer name it later, or a call. */
export type ServiceOrigin = "config" | "call";
/** What a node says of a service of its own. */
export interface ServiceRecord {
    readonly service: ResolvedService;
    readonly origin: ServiceOrigin;
    /** Where callers go. */
    readonly address: string;
    readonly state: HealthState;
    /** Unix time since when the state is this. */
    readonly sinceMs: number;
    readonly checks: readonly HealthCheckStatus[];
}
/** Of what a key tells. */
export interface RecordKey {
    readonly node: string;
    /** Undefined: the node itself. */
    readonly id: string | undefined;
}
export declare function encodeKey({ node, id }: RecordKey): string;
/** Undefined for anything that no node wrote. */
export declare function decodeKey(key: Uint8Array | undefined): RecordKey | undefined;
export declare function encodeService(record: ServiceRecord): Uint8Array;
export declare function encodeAway(away: boolean): Uint8Array;
/** Undefined for anything that is of a later version, or makes no sense. */
export declare function decodeService(value: Uint8Array): ServiceRecord | undefined;
/** Whether a node says that it is away; undefined for anything that makes no sense. */
export declare function decodeAway(value: Uint8Array): boolean | undefined;
/** A service as look-ups find it. */
export declare function instanceOf(node: string, record: ServiceRecord): ServiceInstance;
