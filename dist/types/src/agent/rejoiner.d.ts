import type { Logger } from "npm:@logtape/logtape@2.4.2";
import type { Clock } from "../base/mod.d.ts";
/** What the rejoiner needs of membership. */
export interface Joinable {
    /** Contacts these gossip addresses. Rejects when none was reached. */
    join(addresses: readonly string[], options?: {
        readonly replay?: boolean | undefined;
    }): Promise<{
        readonly contacted: readonly string[];
    }>;
}
/** None of the nodes to join answered, as often as they were to be tried. */
export declare class JoinGivenUpError extends Error {
    readonly name = "JoinGivenUpError";
    readonly code = "JOIN_GIVEN_UP";
    readonly attempts: number;
    constructor(attempts: number, reason: string);
}
export interface RejoinerOptions {
    readonly membership: Joinable;
    readonly clock: Clock;
    readonly logger: Logger;
    /** Where the node was told to find others. */
    readonly seeds: readonly string[];
    /** How often seeds are tried until one answers. @default 1000 */
    readonly seedsEveryMs?: number | undefined;
    /** Tries of the seeds after which the node gives up; 0 never does. @default 0 */
    readonly seedAttemptsMax?: number | undefined;
    /** Whether user events from before are told. @default false */
    readonly replay?: boolean | undefined;
    /** Hears that the node gave up. */
    readonly onGiveUp?: ((error: JoinGivenUpError) => void) | undefined;
    /** Gossip addresses of peers that failed, as they are now. */
    readonly failedPeers: () => readonly string[];
    /** Whether any other node is alive in this one's eyes. */
    readonly hasCompany: () => boolean;
}
/**
 * Keeps a node in company: tries its seeds until one answers, and dials failed peers again. Both go on for the life of
 * the node, one round a second. Rounds do not wait for dials.
 */
export declare class Rejoiner implements AsyncDisposable {
    #private;
    constructor(options: RejoinerOptions);
    /** Tries the seeds once, then goes on by itself. Resolves after the first try. */
    start(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
