/** Why a named cursor cannot be changed. Nothing was changed. */
/** Somebody set the cursor anew since this reader began. */
export declare class CursorResetError extends RangeError {
    readonly name = "CursorResetError";
    readonly code = "CURSOR_RESET";
    constructor(topic: string, name: string);
}
/** Somebody deleted the cursor since this reader began. */
export declare class CursorDeletedError extends RangeError {
    readonly name = "CursorDeletedError";
    readonly code = "CURSOR_RESET";
    constructor(topic: string, name: string);
}
/** Nobody saved a cursor of that name. */
export declare class UnknownCursorError extends RangeError {
    readonly name = "UnknownCursorError";
    readonly code = "CURSOR_NOT_FOUND";
    constructor(topic: string, name: string);
}
/** There are as many as a topic, or a node, may have. */
export declare class TooManyCursorsError extends RangeError {
    readonly name = "TooManyCursorsError";
    readonly code = "TOO_MANY_CURSORS";
    constructor(topic: string, allowed: number);
}
/** It names more writers than fit. */
export declare class CursorTooLargeError extends RangeError {
    readonly name = "CursorTooLargeError";
    readonly code = "CURSOR_TOO_LARGE";
    constructor(topic: string, name: string);
}
/** Saves come faster than the disk takes them. */
export declare class CursorsOverloadedError extends RangeError {
    readonly name = "CursorsOverloadedError";
    readonly code = "LOG_OVERLOADED";
    constructor(waiting: number);
}
