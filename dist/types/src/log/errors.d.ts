import type { DuplicateForgottenError, ProducerFencedError, ProducerOverlapError } from "./producer_errors.d.ts";
import type { RecordIdentity } from "./types.d.ts";
/** The name is not one that a topic may have. Nothing was created. */
export declare class InvalidTopicError extends RangeError {
    readonly name = "InvalidTopicError";
    readonly code = "INVALID_TOPIC";
}
/** The node holds as many topics as it may. Nothing was created. */
export declare class TooManyTopicsError extends RangeError {
    readonly name = "TooManyTopicsError";
    readonly code = "TOO_MANY_TOPICS";
    constructor(topic: string);
}
/** What was asked for belongs to a generation of the topic that was deleted. What it held is gone. */
export declare class TopicDeletedError extends RangeError {
    readonly name = "TopicDeletedError";
    readonly code = "TOPIC_DELETED";
    readonly topic: string;
    readonly generation: number;
    constructor(topic: string, generation: number);
}
/** The bytes are not one well-formed frame of records. Nothing was appended. */
export declare class InvalidFrameError extends RangeError {
    readonly name = "InvalidFrameError";
    readonly code = "INVALID_FRAME";
    constructor(reason: string);
}
/** A record, or a batch as a whole, is larger than the protocol allows. Nothing was appended. */
export declare class RecordTooLargeError extends RangeError {
    readonly name = "RecordTooLargeError";
    readonly code = "RECORD_TOO_LARGE";
    constructor(what: "record" | "batch", bytes: number);
}
/** The offset is below what is held or beyond what may be served. */
export declare class OffsetOutOfRangeError extends RangeError {
    readonly name = "OffsetOutOfRangeError";
    readonly code = "OFFSET_OUT_OF_RANGE";
    readonly offset: number;
    readonly firstOffset: number;
    readonly nextOffset: number;
    constructor(offset: number, firstOffset: number, nextOffset: number);
}
/** Bytes that were known durable are damaged. Nothing was deleted or changed. */
export declare class LogCorruptError extends Error {
    readonly name = "LogCorruptError";
    readonly code = "LOG_CORRUPT";
    /** Path within the data directory. */
    readonly file: string;
    /** Position of the first damaged frame in the file. */
    readonly at: number;
    readonly reason: string;
    constructor(file: string, at: number, reason: string);
}
/** More bytes wait for the disk than may. Nothing was appended; try again later. */
export declare class LogOverloadedError extends Error {
    readonly name = "LogOverloadedError";
    readonly code = "LOG_OVERLOADED";
    constructor(pendingBytes: number, pendingBytesMax: number);
}
/** The disk refused a write or a sync. Nothing was appended; reads go on, and later appends try again. */
export declare class LogWriteError extends Error {
    readonly name = "LogWriteError";
    readonly code = "LOG_WRITE_FAILED";
    constructor(topic: string, cause: unknown);
}
/** The log was closed before or while this was asked. */
export declare class LogClosedError extends Error {
    readonly name = "LogClosedError";
    readonly code = "LOG_CLOSED";
    constructor();
}
/** What is given is not exactly what the damage took. Nothing was written. */
export declare class RepairMisfitError extends RangeError {
    readonly name = "RepairMisfitError";
    readonly code = "REPAIR_MISFIT";
    constructor(range: {
        readonly file: string;
        readonly at: number;
    }, reason: string);
}
/** An option is out of range. Nothing was opened. */
export declare class InvalidLogOptionError extends RangeError {
    readonly name = "InvalidLogOptionError";
    readonly code = "INVALID_OPTION";
    readonly option: string;
    readonly value: unknown;
    readonly allowed: string;
    constructor(option: string, value: unknown, allowed: string);
}
/** Everything that the log throws; `switch (error.code)` over it is exhaustive. */
export type LogError = InvalidTopicError | TooManyTopicsError | TopicDeletedError | InvalidFrameError | ProducerFencedError | ProducerOverlapError | DuplicateForgottenError | RecordTooLargeError | OffsetOutOfRangeError | LogCorruptError | LogOverloadedError | LogWriteError | LogClosedError | RepairMisfitError | InvalidLogOptionError;
/** What an unknown thrown value says. */
export declare function messageOf(cause: unknown): string;
/** The latest record of the key is another one than the caller has seen. Nothing was appended. */
export declare class ExpectedSequenceError extends RangeError {
    readonly name = "ExpectedSequenceError";
    readonly code = "EXPECTED_SEQUENCE";
    /** The latest record with the key on this node; undefined when there is none. */
    readonly latest: RecordIdentity | undefined;
    constructor(topic: string, expected: RecordIdentity | undefined, latest: RecordIdentity | undefined);
}
/** There are more keys than are remembered. Nothing was appended. */
export declare class TooManyKeysError extends RangeError {
    readonly name = "TooManyKeysError";
    readonly code = "TOO_MANY_KEYS";
    constructor(topic: string, keysMax: number);
}
