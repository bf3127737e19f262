/** What this layer refuses at the call. Nothing was sent then. */

/** A user event that cannot be spread, or is larger than the cluster allows. */
export class UserEventTooLargeError extends RangeError {
  override readonly name = "UserEventTooLargeError";
  readonly code = "USER_EVENT_TOO_LARGE";
  readonly bytes: number;
  readonly bytesMax: number;

  constructor(event: string, what: string, size: { bytes: number; bytesMax: number }) {
    super(`Cannot send user event ${JSON.stringify(event)}: ${what} ${size.bytes} bytes, allowed are ${size.bytesMax}`);
    this.bytes = size.bytes;
    this.bytesMax = size.bytesMax;
  }
}

/** A query, or the answer to one, that is larger than the cluster allows. */
export class QueryTooLargeError extends RangeError {
  override readonly name = "QueryTooLargeError";
  readonly code = "QUERY_TOO_LARGE";
  readonly bytes: number;
  readonly bytesMax: number;

  constructor(what: string, size: { bytes: number; bytesMax: number }) {
    super(`Cannot send ${what}: it takes ${size.bytes} bytes encoded, allowed are ${size.bytesMax}`);
    this.bytes = size.bytes;
    this.bytesMax = size.bytesMax;
  }
}

/** A query that makes no sense, or one too many. */
export class InvalidQueryError extends RangeError {
  override readonly name = "InvalidQueryError";
  readonly code = "INVALID_QUERY";

  constructor(query: string, problem: string) {
    super(`Cannot ask query ${JSON.stringify(query)}: ${problem}`);
  }
}

/** A query that this node did not get, has answered, or that is over. */
export class QueryClosedError extends Error {
  override readonly name = "QueryClosedError";
  readonly code = "QUERY_CLOSED";

  constructor(query: string) {
    super(`Cannot answer query ${JSON.stringify(query)}: it was answered, or its time is over`);
  }
}

/** A member that is not known, or is this node itself. */
export class NotRemovableError extends RangeError {
  override readonly name = "NotRemovableError";
  readonly code = "NOT_REMOVABLE";

  constructor(member: string, problem: string) {
    super(`Cannot force ${JSON.stringify(member)} to leave: ${problem}`);
  }
}
