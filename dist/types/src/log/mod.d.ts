/**
 * The durable, ordered, recoverable log of one node: topics of batches, kept by rules R1, R2, R4 and R5. It knows a
 * `Directory` and nothing else of the world: no peers, no sockets, no runtime.
 */
export type { Directory, LogFile } from "./directory.d.ts";
export { InvalidFrameError, InvalidLogOptionError, InvalidTopicError, LogClosedError, LogCorruptError, type LogError, LogOverloadedError, LogWriteError, OffsetOutOfRangeError, RecordTooLargeError, TooManyTopicsError, } from "./errors.d.ts";
export type { FeedEnd } from "./feed.d.ts";
export { Log } from "./log.d.ts";
export { type ResolvedLogOptions, resolveOptions } from "./options.d.ts";
export type { Ack, Applied, ApplyStop, ChainAt, Chunk, CommitLog, FsyncPolicy, LogEnvironment, LogEvent, LogOptions, Missing, TopicLog, } from "./types.d.ts";
