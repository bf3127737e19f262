import type { MembershipNode } from "./membership_node.d.ts";
/** Serf's levels, the chattiest first. */
export declare const serfLogLevels: readonly ["TRACE", "DEBUG", "INFO", "WARN", "ERR"];
export type SerfLogLevel = (typeof serfLogLevels)[number];
/** The last lines and those that come, for whoever asks. */
export declare class LogLines {
    #private;
    constructor(wallMs: () => number);
    add(level: SerfLogLevel, message: string): void;
    /** Calls `listener` with the lines that are kept, then with each that comes. The result ends that. */
    follow(least: SerfLogLevel, listener: (text: string) => void): () => void;
}
/**
 * Writes what happens to a node into a log. The result ends that. Its warnings are left out where the node's own logger
 * brings them.
 */
export declare function logNode(node: MembershipNode, log: LogLines, options?: {
    readonly warnings?: boolean | undefined;
}): () => void;
