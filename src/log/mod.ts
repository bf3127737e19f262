/**
 * The durable, ordered, recoverable log of one node: topics of batches, kept by rules R1, R2, R4 and R5. It knows a
 * `Directory` and nothing else of the world: no peers, no sockets, no runtime.
 */
export {
  CursorDeletedError,
  CursorResetError,
  CursorsOverloadedError,
  CursorTooLargeError,
  TooManyCursorsError,
  UnknownCursorError,
} from "./cursor_errors.ts";
export { CursorRegistry, type CursorRegistryOptions, type CursorTopic, type SavedCursor } from "./cursor_registry.ts";
export type { Directory, DirectoryPath, LogFile } from "./directory.ts";
export { type DumpedItem, dumpFile } from "./dump.ts";
export {
  ExpectedSequenceError,
  InvalidFrameError,
  InvalidLogOptionError,
  InvalidTopicError,
  LogClosedError,
  LogCorruptError,
  type LogError,
  LogOverloadedError,
  LogWriteError,
  OffsetOutOfRangeError,
  RecordTooLargeError,
  RepairMisfitError,
  TooManyKeysError,
  TooManyTopicsError,
  TopicDeletedError,
} from "./errors.ts";
export type { LogEvent } from "./events.ts";
export type { FeedEnd, FeedPoint } from "./feed.ts";
export { currentKey, heldGeneration, keyOf, lose, openGeneration } from "./generations.ts";
export { Log } from "./log.ts";
export type { LogMeter } from "./meter.ts";
export { type ResolvedLogOptions, resolveOptions } from "./options.ts";
export { DuplicateForgottenError, ProducerFencedError, ProducerOverlapError } from "./producer_errors.ts";
export type { BatchPlace } from "./recent_batches.ts";
export type { KnownProducers } from "./topic_producers.ts";
export { TopicExistsError, TopicNotFoundError, TopicRegistry, type TopicRegistryOptions } from "./topic_registry.ts";
export { InvalidTopicSettingError, type TopicSettings, type TopicSettingsChange } from "./topic_settings.ts";
export type { TopicLife } from "./topic_value.ts";
export type {
  Ack,
  Applied,
  ApplyStop,
  ChainAt,
  Chunk,
  CommitLog,
  Compacted,
  Compaction,
  CorruptRange,
  FsyncPolicy,
  LogEnvironment,
  LogOptions,
  Missing,
  ProduceCondition,
  RecordIdentity,
  Retention,
  ScrubProgress,
  TopicLog,
} from "./types.ts";
