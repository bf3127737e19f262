/**
 * The node logs through LogTape in the category `grapevine`. A program that imports Grapevine configures LogTape as it
 * likes, or not at all: then nothing is printed. The command line configures it here.
 */
import {
  configure,
  getJsonLinesFormatter,
  getLogger,
  getTextFormatter,
  type Logger,
  type LogLevel,
  type LogRecord,
  type Sink,
  withFilter,
} from "@logtape/logtape";
import type { LogLines, SerfLogLevel } from "./log_lines.ts";

export type AgentLogLevel = "debug" | "info" | "warn" | "error" | "silent";
export type AgentLogFormat = "text" | "json";

/** The logger of one part of a node: `gossip`, `replication`, `log`, `server`. */
export function loggerOf(part: string): Logger {
  return getLogger(["grapevine", part]);
}

/**
 * Prints what nodes of this process log, one line each, with `write`. `lines` are given everything, whatever is printed:
 * whoever monitors a node chooses the level then.
 */
export async function configureLogging(options: {
  readonly level: AgentLogLevel;
  readonly format: AgentLogFormat;
  readonly write: (line: string) => void;
  readonly lines?: LogLines | undefined;
}): Promise<void> {
  const { lines } = options;
  const format =
    options.format === "json" ? getJsonLinesFormatter() : getTextFormatter({ timestamp: "rfc3339", value: asText });
  const print: Sink = (record) => options.write(format(record));
  const least = options.level === "silent" ? undefined : levels[options.level];
  await configure({
    reset: true,
    sinks: {
      print,
      printed: least === undefined ? () => {} : withFilter(print, least),
      kept: (record) =>
        lines?.add(serfLevels[record.level], `${record.category.slice(1).join(".")}: ${textOf(record)}`),
    },
    loggers: [
      {
        category: "grapevine",
        lowestLevel: lines === undefined ? (least ?? null) : "debug",
        sinks: ["printed", "kept"],
      },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["print"] },
    ],
  });
}

/** Texts and values by turns. */
function textOf({ message }: LogRecord): string {
  return message.map((part) => (typeof part === "string" ? part : String(part))).join("");
}

const serfLevels: Readonly<Record<LogLevel, SerfLogLevel>> = {
  trace: "TRACE",
  debug: "DEBUG",
  info: "INFO",
  warning: "WARN",
  error: "ERR",
  fatal: "ERR",
};

const levels: Record<Exclude<AgentLogLevel, "silent">, LogLevel> = {
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
};

/** Texts as they are: quotes around every name would be noise. */
function asText(value: unknown, inspect: (value: unknown) => string): string {
  return typeof value === "string" ? value : inspect(value);
}
