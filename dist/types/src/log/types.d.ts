/**
 * What the log promises to the rooms that use it. Rules R1, R2, R4 and R5 are kept here; nothing here knows peers,
 * sockets or a runtime.
 */
import type { ChainHash, Checksum, Codecs, Vector, WriterId } from "../base/mod.d.ts";
import type { TopicDeletedError } from "./errors.d.ts";
import type { LogEvent } from "./events.d.ts";
import type { FeedEnd, FeedPoint } from "./feed.d.ts";
import type { LogMeter } from "./meter.d.ts";
import type { KnownProducers } from "./topic_producers.d.ts";
import type { TopicLife } from "./topic_value.d.ts";
/** When a produce is acknowledged and its records are served (rule R2). */
export type FsyncPolicy = "always" | "interval" | "never";
export interface LogOptions {
    /** @default "always" */
    readonly fsync?: FsyncPolicy | undefined;
    /** Milliseconds between fsyncs under `interval`, at least 1. @default 1000 */
    readonly fsyncIntervalMs?: number | undefined;
    /** A segment is closed once it is larger, 64 KiB to 1 GiB. @default 268435456 (256 MiB) */
    readonly segmentBytesMax?: number | undefined;
    /** Bytes between two entries of a segment's index. @default 65536 */
    readonly indexEveryBytes?: number | undefined;
    /** Bytes of frames that may wait for one group commit; further ones are refused with `LogOverloadedError`. @default 67108864 */
    readonly pendingBytesMax?: number | undefined;
    /**
     * Under `always`: when so many topics wait for the disk at once, small groups go to the journal that all topics share,
     * which is one fsync for all of them. 1 sends every small group there. @default 8
     */
    readonly journalTopicsMin?: number | undefined;
    /** Bytes of each of the journal's two files, 64 KiB to 1 GiB: so much may also wait in memory. @default 33554432 (32 MiB) */
    readonly journalBytesMax?: number | undefined;
    /**
     * Bytes a second of what is durable that are read again in the background, to find damage while peers have what it took.
     * 0: none, else at least 65536. @default 0
     */
    readonly scrubBytesPerSecond?: number | undefined;
    /** Milliseconds that it rests after everything was read, at least 1,000: a node that has nothing to do does nothing. @default 3600000 (1 h) */
    readonly scrubPauseMs?: number | undefined;
    /** Bytes a second that compaction reads and writes in the background; 0: none, else at least 65536. @default 16777216 (16 MiB) */
    readonly compactionBytesPerSecond?: number | undefined;
    /** Share of a topic's closed segments that must be new for them to be compacted, 0.01 to 1. @default 0.5 */
    readonly compactionDirtyRatioMin?: number | undefined;
    /** Milliseconds between two looks at what is to be compacted, at least 1,000. @default 60000 */
    readonly compactionEveryMs?: number | undefined;
    /** For every topic that has none of its own. @default nothing is forgotten */
    readonly retention?: Retention | undefined;
    /** Mint a new writer although the directory has one: for directories restored from a backup. @default false */
    readonly newWriter?: boolean | undefined;
    /** CRC-32 by the runtime's fastest way. @default the portable one */
    readonly checksum?: Checksum | undefined;
}
/**
 * What may be forgotten of a topic: its oldest segments, while any of these says so. Nothing given: nothing is forgotten.
 * The segment that takes new records always stays.
 */
export interface Retention {
    /** Bytes that stay at least: what is beyond may go. No smaller than `segmentBytesMax`. */
    readonly bytesMin?: number | undefined;
    /** A segment goes when its newest record is older, at least 1,000 ms. */
    readonly ageMaxMs?: number | undefined;
    /** Segments that stay at most, at least 1. */
    readonly segmentsMax?: number | undefined;
    /** A segment stays until so many nodes, this one included, hold it durably, 1 to 100, whatever the limits above say. */
    readonly keepUntilReplicas?: number | undefined;
    /** Bytes that stay at most, whatever `keepUntilReplicas` says. No smaller than `segmentBytesMax`. */
    readonly bytesMax?: number | undefined;
}
/** That of each key only the latest record is to stay. */
export interface Compaction {
    /** How long a tombstone (a record with a key and an empty value) stays once all known nodes hold it, at least 0. */
    readonly tombstoneGraceMs: number;
}
/** What a compaction did. */
export interface Compacted {
    /** Segments written anew. */
    readonly segments: number;
    /** Records removed, tombstones among them. */
    readonly records: number;
    readonly tombstones: number;
    /** Bytes of these segments. */
    readonly bytesBefore: number;
    readonly bytesAfter: number;
}
/** What the log needs beside a directory. */
export interface LogEnvironment {
    /** 8 random bytes for a writer id. */
    readonly randomBytes: (length: number) => Uint8Array;
    /** Milliseconds since 1970-01-01 UTC, for records that carry no time. */
    readonly wallMs: () => number;
    /** Calls back once after so many milliseconds; the result cancels. For the `interval` policy only. */
    readonly after: (delayMs: number, callback: () => void) => () => void;
    /**
     * Calls back once when the present turn of the event loop is over: what is produced until then shares one write.
     * @default at the end of the present microtask
     */
    readonly soon?: ((callback: () => void) => void) | undefined;
    /** @default nobody measures */
    readonly meter?: LogMeter | undefined;
    /** For compaction: records of batches that it cannot unpack stay, and such batches cannot be produced. @default none */
    readonly codecs?: Codecs | undefined;
    /**
     * What every known peer holds durably of a topic: no tombstone above it goes. Undefined while that is not known of some.
     * @default this node is alone
     */
    readonly heldByPeers?: ((topic: string) => Vector | undefined) | undefined;
    /** Up to where so many nodes, this one included, hold a feed of a topic durably. @default nobody does */
    readonly heldThrough?: ((topic: TopicLog, writer: WriterId, copies: number) => number) | undefined;
}
/** What a produce is answered with, once the records are as durable as the policy says. */
export interface Ack {
    /** Offset of the first record on this node. */
    readonly offset: number;
    readonly writer: WriterId;
    /** Sequence of the first record. */
    readonly sequence: number;
    readonly count: number;
    /** The same was produced before, perhaps by way of another node: this is where it stands. */
    readonly duplicate?: boolean;
}
/** A record, wherever it is held. */
export interface RecordIdentity {
    readonly writer: WriterId;
    readonly sequence: number;
}
/** A batch of one record with a key is appended only if `expected` is the latest record with that key; undefined: none is. */
export interface ProduceCondition {
    readonly expected: RecordIdentity | undefined;
}
/** Whole frames read from a local log. */
export interface Chunk {
    /** Zero or more whole frames, as stored. The first may begin before the offset asked for. */
    readonly frames: Uint8Array;
    /** Where to read on. */
    readonly nextOffset: number;
}
/** A chunk that several readers look at. */
export interface SharedChunk extends Chunk {
    /**
     * To be called once for each time it was given, by whoever will not look at the frames again: then their memory is used
     * for others. Without it nothing is lost but speed.
     */
    readonly release: () => void;
}
/** What a puller lacks, as far as its credit reached. */
export interface Missing {
    /** Whole frames in local-log order, each of which the puller's vector does not cover. */
    readonly frames: Uint8Array;
    /** True when nothing served is missing after these. */
    readonly complete: boolean;
    /** Per writer the lowest sequence held, where it is above 1. */
    readonly lowWater: Vector;
}
/** What became of frames that a peer sent (rule R4). */
export interface Applied {
    /** Records appended. */
    readonly appended: number;
    /** Records dropped because they were held already. */
    readonly dropped: number;
    /** Why the rest was not looked at; undefined when all of it was. */
    readonly stopped?: ApplyStop | undefined;
}
export type ApplyStop = 
/** The next batch of this writer begins above have + 1: something between is missing. */
{
    readonly reason: "ahead";
    readonly writer: WriterId;
    readonly expected: number;
    readonly found: number;
}
/** A gap: whether nobody holds these is not for one peer to say. It begins at this byte of what was given. */
 | {
    readonly reason: "gap";
    readonly writer: WriterId;
    readonly through: number;
    readonly at: number;
}
/** The bytes are no frames: nothing after them can be trusted. */
 | {
    readonly reason: "malformed";
    readonly message: string;
};
/**
 * The hash of a feed at a sequence, where a batch of it ends there. `within-batch`: a batch reaches over the sequence.
 * Undefined: nothing is known, because the feed does not reach so far, or its records are gone there or were never here.
 */
export type ChainAt = ChainHash | "within-batch" | undefined;
/** Damage in what was durable: served to nobody, or as a gap once it is taken for lost. */
export interface CorruptRange {
    /** Path within the data directory. */
    readonly file: string;
    /** Base offset of the segment. */
    readonly baseOffset: number;
    readonly at: number;
    readonly bytes: number;
    readonly reason: string;
    /** Which sequences of which feeds it took: what `repair` wants. */
    readonly feeds: ReadonlyMap<WriterId, {
        readonly first: number;
        readonly last: number;
    }>;
    /** The offset of the first record in it, since it is taken for lost. */
    readonly lostFromOffset?: number;
}
/** How far the present round of the scrub is. */
export interface ScrubProgress {
    /** Rounds that are over: each looked at everything once. */
    readonly rounds: number;
    readonly bytesDone: number;
    readonly bytesTotal: number;
}
/** One topic of a node. */
export interface TopicLog {
    readonly name: string;
    /** Counts how often the topic was deleted and created again, from 1. */
    readonly generation: number;
    /**
     * Set once the generation is deleted: whatever is asked of it rejects with this. Those who listen for growth are called
     * then, too. What is created again is another object.
     */
    readonly deleted: TopicDeletedError | undefined;
    /** Offset of the first record held. */
    readonly firstOffset: number;
    /** The offset after the last record that may be served. */
    readonly nextOffset: number;
    /** Bytes on disk. */
    readonly bytes: number;
    /** Everything appended, served or not. A snapshot: later appends do not change it. */
    readonly have: Vector;
    /** What stands below `nextOffset`: durable by this node's own policy (rule R2). This is announced to peers. */
    readonly served: Vector;
    /** What is on disk for sure (fsynced). */
    readonly durable: Vector;
    /** Per writer the lowest sequence held, where it is above 1. */
    readonly lowWater: Vector;
    /** Feeds whose frames `apply` no longer looks at, and why (rule R6): asking peers for more of them is in vain. */
    readonly stoppedFeeds: ReadonlyMap<WriterId, string>;
    /** The greatest Lamport number seen. */
    readonly lamport: number;
    readonly producers: KnownProducers;
    /** What the scrub found damaged and nobody repaired. */
    readonly corruptRanges: readonly CorruptRange[];
    /** Grows whenever frames may have come to stand in another order: what offsets meant before they need not mean any more. */
    readonly reorders: number;
    /**
     * Appends one blank frame to this node's own feed (rule R1), stamping it in place: the caller gives the bytes away.
     * Resolves when it is durable by the policy and served. Rejects with `InvalidFrameError`, `LogOverloadedError`,
     * `LogWriteError` (nothing was appended) or `LogClosedError`; with a condition also with `ExpectedSequenceError`.
     */
    produce(frame: Uint8Array, condition?: ProduceCondition): Promise<Ack>;
    /**
     * Appends what is new of frames that a peer sent (rule R4). The bytes are given away. Resolves when it is durable by
     * the policy and served; a bad batch stops its feed alone, with an event.
     */
    apply(frames: Uint8Array): Promise<Applied>;
    /** Appends a gap frame: records of `writer` up to and including `through` are held by nobody (rule R4). */
    applyGap(writer: WriterId, through: number): Promise<void>;
    /**
     * Whole frames from the one that holds `offset` on, at least one, up to `bytesMax`. Empty at the end. Rejects with
     * `OffsetOutOfRangeError` below `firstOffset` or above `nextOffset`.
     */
    read(offset: number, bytesMax: number): Promise<Chunk>;
    /**
     * As `read`, for many readers of the same place: they get one array, read once. It is shared, also with readers to come:
     * nobody may change its bytes.
     */
    readShared(offset: number, bytesMax: number): Promise<SharedChunk>;
    /** What is served and not covered by `have`, in local-log order, at least one frame if any, up to `bytesMax` (rule R3). */
    readMissing(have: Vector, bytesMax: number): Promise<Missing>;
    /** How far a feed is served now; undefined when nothing of it is held. */
    feedEnd(writer: WriterId): FeedEnd | undefined;
    /** The hash of a feed at a sequence (rules R5, R6). From memory where it is new, else one read of the disk. */
    chainAt(writer: WriterId, sequence: number): Promise<ChainAt>;
    /** Where the last batch of a feed ends that reaches no further, with the hash there; undefined where that is gone. */
    feedPointAt(writer: WriterId, sequence: number): Promise<FeedPoint | undefined>;
    /**
     * Produces what is held of a former writer of ours from there on anew, under the present one (rule R6): in order, each
     * batch once, whatever crashes come between. Given `theirs`, frames of another history of that feed: what these hold from
     * there on, in place of what is held here. Resolves with how many records. Rejects as `produce` and `read` do.
     */
    reproduce(writer: WriterId, from: number, theirs?: Uint8Array): Promise<number>;
    /**
     * Puts back what damage took: `frames` hold, among others, exactly the batches that `range.feeds` lists, as a peer has
     * them. Rejects with `RepairMisfitError` when they do not fit; then nothing was written.
     */
    repair(range: CorruptRange, frames: Uint8Array): Promise<void>;
    /** Nobody gave back what damage took: from now on readers get gaps there. Rejects with `RepairMisfitError`. */
    lose(range: CorruptRange): Promise<void>;
    /**
     * What may be forgotten from now on; undefined is what the log's options say. It is not kept over a restart: the
     * topic's settings are, and set it again. Throws `InvalidLogOptionError`.
     */
    setRetention(retention: Retention | undefined): void;
    /** That of each key only the latest stays; undefined: all stay. Not kept over a restart, as `setRetention`. */
    setCompaction(compaction: Compaction | undefined): void;
    /**
     * Compacts the closed segments now. Rejects with `LogCorruptError` where the topic cannot be read, or with what the
     * disk says; then every segment is as it was or as it is to be.
     */
    compact(): Promise<Compacted>;
    /** Forgets now what may be forgotten. Resolves with how many segments went. */
    retain(): Promise<number>;
    /** The first offset whose record, or one before it, is at or after the time; `nextOffset` when there is none. */
    offsetAt(timestampMs: number): Promise<number>;
    /**
     * What stands below an offset, also of feeds that retention took there: what a consumer has read who begins there. A
     * look at the index and at no more of the log than lies behind the last checkpoint. Rejects as `read` does.
     */
    vectorAt(offset: number): Promise<Vector>;
    /** Calls `listener` after `nextOffset` or `durable` grew. The result removes it. */
    onGrow(listener: () => void): () => void;
}
/** All topics of a data directory, owned exclusively. */
export interface CommitLog extends AsyncDisposable {
    /** The writer of this directory's own feeds. */
    readonly writer: WriterId;
    /** Those that it had before, oldest first. */
    readonly formerWriters: readonly WriterId[];
    /** As the options say: no retention by bytes is smaller. */
    readonly segmentBytesMax: number;
    /** Topics held, sorted by name. */
    topics(): readonly TopicLog[];
    /** A topic that is held, "" meaning `default`; undefined when it is not. */
    topic(name: string): TopicLog | undefined;
    /**
     * Opens a topic in the generation that is settled, creating it when needed. Rejects with `InvalidTopicError`,
     * `TopicDeletedError` or `TooManyTopicsError`.
     */
    openTopic(name: string): Promise<TopicLog>;
    /** Why a topic cannot be opened: its last generation was deleted. Undefined when it was not. */
    deletedTopic(name: string): TopicDeletedError | undefined;
    /** What is settled about topics that were deleted, or created again since. */
    readonly lives: ReadonlyMap<string, TopicLife>;
    /**
     * Takes note of what the cluster has settled, unless something later is known: what the node holds of an earlier
     * generation, or of this one when it is deleted, ends at once. Resolves when it is removed; rejects with what the disk
     * says, and then the next open or the next call removes it.
     */
    settleLife(topic: string, life: TopicLife): Promise<void>;
    /** Calls `listener` after `settleLife` told something new. The result removes it. */
    onLife(listener: (change: TopicLife & {
        readonly topic: string;
    }) => void): () => void;
    /** Bytes of the journal that are not in their segments yet; they are held in memory too. */
    readonly journalBytes: number;
    /** How far the scrub is; all 0 when there is none. */
    readonly scrubProgress: ScrubProgress;
    /** Mints a new writer: what is produced from now on goes to new feeds (rule R5). */
    mintWriter(reason: string): Promise<WriterId>;
    /** Calls `listener` after any topic grew. The result removes it. */
    onGrow(listener: (topic: TopicLog) => void): () => void;
    onEvent(listener: (event: LogEvent) => void): () => void;
}
