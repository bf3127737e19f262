/** What this layer refuses at the call. Nothing was sent then. */
/** A user event that cannot be spread, or is larger than the cluster allows. */
export declare class UserEventTooLargeError extends RangeError {
    readonly name = "UserEventTooLargeError";
    readonly code = "USER_EVENT_TOO_LARGE";
    readonly bytes: number;
    readonly bytesMax: number;
    constructor(event: string, what: string, size: {
        bytes: number;
        bytesMax: number;
    });
}
/** A query, or the answer to one, that is larger than the cluster allows. */
export declare class QueryTooLargeError extends RangeError {
    readonly name = "QueryTooLargeError";
    readonly code = "QUERY_TOO_LARGE";
    readonly bytes: number;
    readonly bytesMax: number;
    constructor(what: string, size: {
        bytes: number;
        bytesMax: number;
    });
}
/** A query that makes no sense, or one too many. */
export declare class InvalidQueryError extends RangeError {
    readonly name = "InvalidQueryError";
    readonly code = "INVALID_QUERY";
    constructor(query: string, problem: string);
}
/** A query that this node did not get, has answered, or that is over. */
export declare class QueryClosedError extends Error {
    readonly name = "QueryClosedError";
    readonly code = "QUERY_CLOSED";
    constructor(query: string);
}
/** A member that is not known, or is this node itself. */
export declare class NotRemovableError extends RangeError {
    readonly name = "NotRemovableError";
    readonly code = "NOT_REMOVABLE";
    constructor(member: string, problem: string);
}
