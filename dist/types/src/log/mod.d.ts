/**
 * The durable, ordered, recoverable log of one node: topics of batches, kept by rules R1, R2, R4 and R5. It knows a
 * `Directory` and nothing else of the world: no peers, no sockets, no runtime.
 */
export type { Directory, LogFile } from "./directory.d.ts";
export { type DumpedItem, dumpFile } from "./dump.d.ts";
export { InvalidFrameError, InvalidLogOptionError, InvalidTopicError, LogClosedError, LogCorruptError, type LogError, LogOverloadedError, LogWriteError, OffsetOutOfRangeError, RecordTooLargeError, RepairMisfitError, TooManyTopicsError, } from "./errors.d.ts";
export type { FeedEnd } from "./feed.d.ts";
export { Log } from "./log.d.ts";
export type { LogMeter } from "./meter.d.ts";
export { type ResolvedLogOptions, resolveOptions } from "./options.d.ts";
export { TopicExistsError, TopicNotFoundError, TopicRegistry, type TopicRegistryOptions } from "./topic_registry.d.ts";
export { InvalidTopicSettingError, type TopicSettings, type TopicSettingsChange } from "./topic_settings.d.ts";
export type { Ack, Applied, ApplyStop, ChainAt, Chunk, CommitLog, CorruptRange, FsyncPolicy, LogEnvironment, LogEvent, LogOptions, Missing, Retention, ScrubProgress, TopicLog, } from "./types.d.ts";
