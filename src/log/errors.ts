import { frameBytesMax, recordBytesMax, topicsMax } from "../base/mod.ts";
import type { DuplicateForgottenError, ProducerFencedError, ProducerOverlapError } from "./producer_errors.ts";
import type { RecordIdentity } from "./types.ts";

/** The name is not one that a topic may have. Nothing was created. */
export class InvalidTopicError extends RangeError {
  override readonly name = "InvalidTopicError";
  readonly code = "INVALID_TOPIC";
}

/** The node holds as many topics as it may. Nothing was created. */
export class TooManyTopicsError extends RangeError {
  override readonly name = "TooManyTopicsError";
  readonly code = "TOO_MANY_TOPICS";

  constructor(topic: string) {
    super(`Cannot create topic ${topic}: this node holds ${topicsMax} topics, allowed are ${topicsMax}`);
  }
}

/** What was asked for belongs to a generation of the topic that was deleted. What it held is gone. */
export class TopicDeletedError extends RangeError {
  override readonly name = "TopicDeletedError";
  readonly code = "TOPIC_DELETED";
  readonly topic: string;
  readonly generation: number;

  constructor(topic: string, generation: number) {
    super(
      `Cannot use topic ${JSON.stringify(topic)}: generation ${generation} of it was deleted, with all its records; who wants the topic again has to create it (createTopic, or grapevine topics create) and begins anew`,
    );
    this.topic = topic;
    this.generation = generation;
  }
}

/** The bytes are not one well-formed frame of records. Nothing was appended. */
export class InvalidFrameError extends RangeError {
  override readonly name = "InvalidFrameError";
  readonly code = "INVALID_FRAME";

  constructor(reason: string) {
    super(`Cannot append the batch: ${reason}`);
  }
}

/** A record, or a batch as a whole, is larger than the protocol allows. Nothing was appended. */
export class RecordTooLargeError extends RangeError {
  override readonly name = "RecordTooLargeError";
  readonly code = "RECORD_TOO_LARGE";

  constructor(what: "record" | "batch", bytes: number) {
    super(
      `Cannot append the ${what}: it has ${bytes} bytes, allowed are ${what === "record" ? recordBytesMax : frameBytesMax}`,
    );
  }
}

/** The offset is below what is held or beyond what may be served. */
export class OffsetOutOfRangeError extends RangeError {
  override readonly name = "OffsetOutOfRangeError";
  readonly code = "OFFSET_OUT_OF_RANGE";
  readonly offset: number;
  readonly firstOffset: number;
  readonly nextOffset: number;

  constructor(offset: number, firstOffset: number, nextOffset: number) {
    super(`Cannot read offset ${offset}: the log holds ${firstOffset} up to, not including, ${nextOffset}`);
    this.offset = offset;
    this.firstOffset = firstOffset;
    this.nextOffset = nextOffset;
  }
}

/** Bytes that were known durable are damaged. Nothing was deleted or changed. */
export class LogCorruptError extends Error {
  override readonly name = "LogCorruptError";
  readonly code = "LOG_CORRUPT";
  /** Path within the data directory. */
  readonly file: string;
  /** Position of the first damaged frame in the file. */
  readonly at: number;
  readonly reason: string;

  constructor(file: string, at: number, reason: string) {
    super(`Cannot read ${file} at byte ${at}: ${reason}`);
    this.file = file;
    this.at = at;
    this.reason = reason;
  }
}

/** More bytes wait for the disk than may. Nothing was appended; try again later. */
export class LogOverloadedError extends Error {
  override readonly name = "LogOverloadedError";
  readonly code = "LOG_OVERLOADED";

  constructor(pendingBytes: number, pendingBytesMax: number) {
    super(`Cannot append: ${pendingBytes} bytes wait for the disk, allowed are ${pendingBytesMax}`);
  }
}

/** The disk refused a write or a sync. Nothing was appended; reads go on, and later appends try again. */
export class LogWriteError extends Error {
  override readonly name = "LogWriteError";
  readonly code = "LOG_WRITE_FAILED";

  constructor(topic: string, cause: unknown) {
    super(`Cannot append to topic ${topic}: ${messageOf(cause)}`, { cause });
  }
}

/** The log was closed before or while this was asked. */
export class LogClosedError extends Error {
  override readonly name = "LogClosedError";
  readonly code = "LOG_CLOSED";

  constructor() {
    super("Cannot use the log: it is closed");
  }
}

/** What is given is not exactly what the damage took. Nothing was written. */
export class RepairMisfitError extends RangeError {
  override readonly name = "RepairMisfitError";
  readonly code = "REPAIR_MISFIT";

  constructor(range: { readonly file: string; readonly at: number }, reason: string) {
    super(`Cannot repair ${range.file} at byte ${range.at}: ${reason}`);
  }
}

/** An option is out of range. Nothing was opened. */
export class InvalidLogOptionError extends RangeError {
  override readonly name = "InvalidLogOptionError";
  readonly code = "INVALID_OPTION";
  readonly option: string;
  readonly value: unknown;
  readonly allowed: string;

  constructor(option: string, value: unknown, allowed: string) {
    super(`Cannot open the log: ${option} is ${String(value)}, allowed is ${allowed}`);
    this.option = option;
    this.value = value;
    this.allowed = allowed;
  }
}

/** Everything that the log throws; `switch (error.code)` over it is exhaustive. */
export type LogError =
  | InvalidTopicError
  | TooManyTopicsError
  | TopicDeletedError
  | InvalidFrameError
  | ProducerFencedError
  | ProducerOverlapError
  | DuplicateForgottenError
  | RecordTooLargeError
  | OffsetOutOfRangeError
  | LogCorruptError
  | LogOverloadedError
  | LogWriteError
  | LogClosedError
  | RepairMisfitError
  | InvalidLogOptionError;

/** What an unknown thrown value says. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** The latest record of the key is another one than the caller has seen. Nothing was appended. */
export class ExpectedSequenceError extends RangeError {
  override readonly name = "ExpectedSequenceError";
  readonly code = "EXPECTED_SEQUENCE";
  /** The latest record with the key on this node; undefined when there is none. */
  readonly latest: RecordIdentity | undefined;

  constructor(topic: string, expected: RecordIdentity | undefined, latest: RecordIdentity | undefined) {
    super(
      `Cannot append to topic ${JSON.stringify(topic)}: the latest record of the key is ${identityWords(latest)}, expected is ${identityWords(expected)}`,
    );
    this.latest = latest;
  }
}

function identityWords(identity: RecordIdentity | undefined): string {
  return identity === undefined ? "none" : `sequence ${identity.sequence} of writer ${identity.writer}`;
}

/** There are more keys than are remembered. Nothing was appended. */
export class TooManyKeysError extends RangeError {
  override readonly name = "TooManyKeysError";
  readonly code = "TOO_MANY_KEYS";

  constructor(topic: string, keysMax: number) {
    super(
      `Cannot depend on the latest record of a key in topic ${JSON.stringify(topic)}: it has more than ${keysMax} keys, which is the most`,
    );
  }
}
