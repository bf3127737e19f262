/**
 * What callers are told when something goes wrong. The only place where the `code` of an error becomes a code of the RPC
 * protocols.
 */
import { Code, ConnectError } from "@connectrpc/connect";

const codes: ReadonlyMap<string, Code> = new Map([
  ["INVALID_TOPIC", Code.InvalidArgument],
  ["INVALID_TOPIC_SETTING", Code.InvalidArgument],
  ["INVALID_FRAME", Code.InvalidArgument],
  ["RECORD_TOO_LARGE", Code.InvalidArgument],
  ["PRODUCER_FENCED", Code.FailedPrecondition],
  ["PRODUCER_OVERLAP", Code.InvalidArgument],
  ["DUPLICATE_FORGOTTEN", Code.AlreadyExists],
  ["INVALID_ADDRESS", Code.InvalidArgument],
  ["INVALID_KEY", Code.InvalidArgument],
  ["INVALID_QUERY", Code.InvalidArgument],
  ["NOT_REMOVABLE", Code.InvalidArgument],
  ["QUERY_TOO_LARGE", Code.InvalidArgument],
  ["RESERVED_TAG", Code.InvalidArgument],
  ["TAGS_TOO_LARGE", Code.InvalidArgument],
  ["USER_EVENT_TOO_LARGE", Code.InvalidArgument],
  ["TOO_MANY_GROUPS", Code.ResourceExhausted],
  ["CURSOR_RESET", Code.FailedPrecondition],
  ["CURSOR_NOT_FOUND", Code.NotFound],
  ["CURSOR_TOO_LARGE", Code.InvalidArgument],
  ["TOO_MANY_CURSORS", Code.ResourceExhausted],
  ["INVALID_SERVICE", Code.InvalidArgument],
  ["INVALID_SERVICE_QUERY", Code.InvalidArgument],
  ["SERVICE_ID_TAKEN", Code.AlreadyExists],
  ["SERVICE_NOT_FOUND", Code.NotFound],
  ["NOT_REPORTABLE", Code.InvalidArgument],
  ["COMMAND_CHECKS_REFUSED", Code.FailedPrecondition],
  ["TOO_MANY_SERVICES", Code.ResourceExhausted],
  ["TOO_MANY_WATCHES", Code.ResourceExhausted],
  ["OFFSET_OUT_OF_RANGE", Code.OutOfRange],
  ["TOPIC_NOT_FOUND", Code.NotFound],
  ["TOPIC_DELETED", Code.NotFound],
  ["TOPIC_EXISTS", Code.AlreadyExists],
  ["EXPECTED_SEQUENCE", Code.FailedPrecondition],
  ["TOO_MANY_TOPICS", Code.ResourceExhausted],
  ["TOO_MANY_KEYS", Code.ResourceExhausted],
  ["LOG_OVERLOADED", Code.ResourceExhausted],
  ["LOG_WRITE_FAILED", Code.Unavailable],
  ["LOG_CLOSED", Code.Unavailable],
  ["LOG_CORRUPT", Code.DataLoss],
  ["JOIN_FAILED", Code.Unavailable],
  ["STARTING", Code.Unavailable],
  ["NOBODY_REACHABLE", Code.Unavailable],
]);

/**
 * The error that a caller gets. Errors that this table does not know are our own bugs: the caller hears no more than
 * that, `onInternalError` hears all of it.
 */
export function toConnectError(error: unknown, onInternalError?: (error: unknown) => void): ConnectError {
  if (error instanceof ConnectError) return error;
  if (error instanceof Error) {
    const code = "code" in error && typeof error.code === "string" ? codes.get(error.code) : undefined;
    if (code !== undefined) return new ConnectError(error.message, code);
    // What an aborted AbortSignal gives as its reason when nobody gave a better one.
    if (error.name === "AbortError") return new ConnectError("The call was canceled", Code.Canceled);
    if (error.name === "TimeoutError") return new ConnectError("The call took too long", Code.DeadlineExceeded);
  }
  onInternalError?.(error);
  return new ConnectError("Internal error", Code.Internal);
}

/** For a field of a request that is not as it must be. */
export function invalidArgument(message: string): ConnectError {
  return new ConnectError(message, Code.InvalidArgument);
}

export function notFound(message: string): ConnectError {
  return new ConnectError(message, Code.NotFound);
}
