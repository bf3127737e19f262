/**
 * The node logs through LogTape in the category `grapevine`. A program that imports Grapevine configures LogTape as it
 * likes, or not at all: then nothing is printed. The command line configures it here.
 */
import { type Logger } from "npm:@logtape/logtape@2.4.2";
import type { LogLines } from "./log_lines.d.ts";
export type AgentLogLevel = "debug" | "info" | "warn" | "error" | "silent";
export type AgentLogFormat = "text" | "json";
/** The logger of one part of a node: `gossip`, `replication`, `log`, `server`. */
export declare function loggerOf(part: string): Logger;
/**
 * Prints what nodes of this process log, one line each, with `write`. `lines` are given everything, whatever is printed:
 * whoever monitors a node chooses the level then.
 */
export declare function configureLogging(options: {
    readonly level: AgentLogLevel;
    readonly format: AgentLogFormat;
    readonly write: (line: string) => void;
    readonly lines?: LogLines | undefined;
}): Promise<void>;
