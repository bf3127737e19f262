/**
 * The durable, ordered, recoverable log of one node: topics of batches, kept by rules R1, R2, R4 and R5. It knows a
 * `Directory` and nothing else of the world: no peers, no sockets, no runtime.
 */
export { CursorDeletedError, CursorResetError, CursorsOverloadedError, CursorTooLargeError, TooManyCursorsError, UnknownCursorError, } from "./cursor_errors.d.ts";
export { CursorRegistry, type CursorRegistryOptions, type CursorTopic, type SavedCursor } from "./cursor_registry.d.ts";
export type { Directory, DirectoryPath, LogFile } from "./directory.d.ts";
export { type DumpedItem, dumpFile } from "./dump.d.ts";
export { ExpectedSequenceError, InvalidFrameError, InvalidLogOptionError, InvalidTopicError, LogClosedError, LogCorruptError, type LogError, LogOverloadedError, LogWriteError, OffsetOutOfRangeError, RecordTooLargeError, RepairMisfitError, TooManyKeysError, TooManyTopicsError, TopicDeletedError, } from "./errors.d.ts";
export type { LogEvent } from "./events.d.ts";
export type { FeedEnd, FeedPoint } from "./feed.d.ts";
export { currentKey, heldGeneration, keyOf, lose, openGeneration } from "./generations.d.ts";
export { Log } from "./log.d.ts";
export type { LogMeter } from "./meter.d.ts";
export { type ResolvedLogOptions, resolveOptions } from "./options.d.ts";
export { DuplicateForgottenError, ProducerFencedError, ProducerOverlapError } from "./producer_errors.d.ts";
export type { BatchPlace } from "./recent_batches.d.ts";
export type { KnownProducers } from "./topic_producers.d.ts";
export { TopicExistsError, TopicNotFoundError, TopicRegistry, type TopicRegistryOptions } from "./topic_registry.d.ts";
export { InvalidTopicSettingError, type TopicSettings, type TopicSettingsChange } from "./topic_settings.d.ts";
export type { TopicLife } from "./topic_value.d.ts";
export type { Ack, Applied, ApplyStop, ChainAt, Chunk, CommitLog, Compacted, Compaction, CorruptRange, FsyncPolicy, LogEnvironment, LogOptions, Missing, ProduceCondition, RecordIdentity, Retention, ScrubProgress, TopicLog, } from "./types.d.ts";
