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
} from "@logtape/logtape";

export type AgentLogLevel = "debug" | "info" | "warn" | "error" | "silent";
export type AgentLogFormat = "text" | "json";

/** The logger of one part of a node: `gossip`, `replication`, `log`, `server`. */
export function loggerOf(part: string): Logger {
  return getLogger(["grapevine", part]);
}

/** Prints what nodes of this process log, one line each, with `write`. */
export async function configureLogging(options: {
  readonly level: AgentLogLevel;
  readonly format: AgentLogFormat;
  readonly write: (line: string) => void;
}): Promise<void> {
  const format =
    options.format === "json" ? getJsonLinesFormatter() : getTextFormatter({ timestamp: "rfc3339", value: asText });
  await configure({
    reset: true,
    sinks: { lines: (record) => options.write(format(record)) },
    loggers: [
      {
        category: "grapevine",
        lowestLevel: options.level === "silent" ? null : levels[options.level],
        sinks: options.level === "silent" ? [] : ["lines"],
      },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["lines"] },
    ],
  });
}

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
