import { CommanderError } from "commander";
import { ClientError } from "../client/mod.ts";

/** The command line makes no sense: exit code 2. The message names the flag and what is allowed. */
export class UsageError extends TypeError {
  override readonly name = "UsageError";
  readonly code = "USAGE";
}

/** The command could not do it: exit code 1. */
export class CommandFailedError extends Error {
  override readonly name = "CommandFailedError";
  readonly code = "COMMAND_FAILED";
}

export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/** What to say of an error, and the exit code for it. */
export function explain(error: unknown): { message: string | undefined; exitCode: number } {
  if (error instanceof CommanderError) {
    // Commander has printed it, as it prints help.
    return { message: undefined, exitCode: error.exitCode === 0 ? exitCodes.done : exitCodes.usage };
  }
  if (error instanceof UsageError) return { message: error.message, exitCode: exitCodes.usage };
  if (error instanceof ClientError) return { message: adviceFor(error), exitCode: exitCodes.failed };
  if (hasCode(error)) return { message: error.message, exitCode: exitCodes.failed };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message: `Unexpected failure: ${message}`, exitCode: exitCodes.failed };
}

/** Errors that say what they mean carry a code; others are our own mistakes and need their stack. */
function hasCode(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

/** A node that answers says itself what is wrong. */
const reachedNobody = /nobody answers at|the connection to \S+ broke/;

function adviceFor(error: ClientError): string {
  if (error.lowestAvailable !== undefined) {
    return `${error.message}\nWhat comes behind that is at --from ${error.lowestAvailable}`;
  }
  if (error.code !== "UNAVAILABLE" || !reachedNobody.test(error.message)) return error.message;
  return `${error.message}\nIs a node running there? Start one with "grapevine agent", or name another with --server URL`;
}
