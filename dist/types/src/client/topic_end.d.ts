import type { Vector } from "../base/mod.d.ts";
import { type ConsumeRequest } from "../gen/log/v1/log_pb.d.ts";
import type { ServerConnection } from "./connections.d.ts";
/** Where a topic ended when a server was asked: offsets are its own, what it has of each writer means the same anywhere. */
export interface End {
    readonly offset: number;
    readonly have: Vector;
}
/** The topic's end as it is now; undefined when there is no record from the start on. */
export declare function findEnd({ log, url }: ServerConnection, request: ConsumeRequest, options: {
    readonly signal: AbortSignal;
    readonly timeoutMs: number;
}): Promise<End | undefined>;
/** Whether the server refused because it no longer holds what comes next, rather than because nothing does. */
export declare function saysLowest(error: unknown): boolean;
