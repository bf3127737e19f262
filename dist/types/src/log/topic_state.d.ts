import { type Codecs, type TopicGeneration, type Vector, type WriterId } from "../base/mod.d.ts";
import type { Directory } from "./directory.d.ts";
import type { TopicDeletedError } from "./errors.d.ts";
import type { LogEvent } from "./events.d.ts";
import { type Feed, type FeedEnd, type PlacedFrame } from "./feed.d.ts";
import type { FilePool } from "./file_pool.d.ts";
import { type Floor } from "./floor.d.ts";
import type { Journal } from "./journal.d.ts";
import type { LogMeter } from "./meter.d.ts";
import type { ResolvedLogOptions } from "./options.d.ts";
import type { Rounds } from "./rounds.d.ts";
import { Segment } from "./segment.d.ts";
import type { SegmentIndex } from "./segment_index.d.ts";
import type { SharedReads } from "./shared_reads.d.ts";
import { type TailBudget, TailCache } from "./tail_cache.d.ts";
import { TopicProducers } from "./topic_producers.d.ts";
import type { CorruptRange, FsyncPolicy, LogEnvironment } from "./types.d.ts";
/** What all topics of a log share. */
export interface LogShared {
    readonly options: ResolvedLogOptions;
    readonly pool: FilePool;
    readonly tailBudget: TailBudget;
    readonly sharedReads: SharedReads;
    readonly emit: (event: LogEvent) => void;
    /** Calls back when the present turn is over: what arrives until then makes one group. */
    readonly soon: (callback: () => void) => void;
    readonly rounds: Rounds;
    readonly journal: Journal;
    readonly meter: LogMeter | undefined;
    readonly wallMs: () => number;
    /** Somebody met damage in a segment, at this position: what it took is to be found out. */
    readonly damageMet: (state: TopicState, segment: Segment, at: number) => void;
    /** Looks, from now on, now and then for what grew too old. */
    readonly watchAges: () => void;
    /** Looks, from now on, now and then for what is to be compacted. */
    readonly watchKeys: () => void;
    /** Milliseconds that went by, as the rounds of compaction count them. */
    readonly upkeepMs: () => number;
    readonly codecs: Codecs | undefined;
    readonly heldByPeers: ((topic: string) => Vector | undefined) | undefined;
    readonly heldThrough: LogEnvironment["heldThrough"];
    readonly after: (delayMs: number, callback: () => void) => () => void;
    /** Hears what a listener threw. */
    readonly onListenerError: (error: unknown) => void;
    /** The writer of this node's own feeds, now. */
    readonly writer: () => WriterId;
    /** Those that this directory had before. */
    readonly formerWriters: () => readonly WriterId[];
    readonly randomBytes: (length: number) => Uint8Array;
}
/**
 * What a topic holds, as far as it may be served. Frames come in one by one in local-log order; files are somebody
 * else's concern. Invariant: the segments follow each other without a hole, and the last one takes new frames.
 */
export declare class TopicState {
    #private;
    readonly name: string;
    readonly generation: number;
    /** Name of its directory. */
    readonly folder: string;
    readonly folderBytes: Uint8Array;
    readonly directory: Directory;
    readonly shared: LogShared;
    /** Why nobody may use it any more. */
    deleted: TopicDeletedError | undefined;
    /** What the cluster keeps in topics of its own is fsynced before it counts, whatever the node's policy. */
    readonly fsync: FsyncPolicy;
    readonly segments: Segment[];
    readonly feeds: Map<WriterId, Feed>;
    /** Feeds that are no longer followed, and why. */
    readonly stopped: Map<WriterId, string>;
    readonly tail: TailCache;
    readonly producers: TopicProducers;
    /** Where the log begins. */
    floor: Floor;
    /** Segments that retention took since the log was opened: numbers of segments count on from there. */
    dropped: number;
    corruptRanges: readonly CorruptRange[];
    /** How many damages were repaired. */
    repairs: number;
    /** Grows before and after repairs, which may put frames in another order. */
    reorders: number;
    lamport: number;
    /** Bytes of the last segment that are fsynced for sure. */
    durableBytes: number;
    constructor({ name, generation }: TopicGeneration, directory: Directory, shared: LogShared);
    get active(): Segment;
    get firstOffset(): number;
    get nextOffset(): number;
    /** Where the last segment ends, for the clean-stop marker. */
    get end(): {
        baseOffset: number;
        bytes: number;
    };
    get bytes(): number;
    get have(): Vector;
    get durable(): Vector;
    get lowWater(): Vector;
    endOf(writer: WriterId): FeedEnd;
    /** Where the feed ends that grew last; undefined while none is known to have. */
    get lastEnd(): (FeedEnd & {
        readonly writer: WriterId;
    }) | undefined;
    /** Begins the next segment, at the present end. Its predecessor must be fsynced. */
    addSegment(baseOffset: number): Segment;
    /** Begins with what the floor says: called once, before there is any segment. */
    startAt(floor: Floor): void;
    /** The oldest segments are no longer part of the log. */
    raiseFloor(floor: Floor, count: number): void;
    /** A closed segment was compacted: from now on its file is what this index tells. */
    replaceSegment(segment: Segment, index: SegmentIndex): Segment;
    /** Takes in a frame that was written to the end of the last segment, or, with `unsettled`, to the journal. */
    admit(frame: PlacedFrame, unsettled?: Uint8Array): void;
    /**
     * Takes in what the index of the last segment says of it, as if each of its frames had been admitted. Returns why it
     * cannot; then nothing changed.
     */
    admitIndexed(): string | undefined;
    /** Nothing that is held now is in the tail cache: called once the topic was read from disk. */
    startTail(): void;
    /** What a sync that begins now will make durable; call the result when it succeeded. */
    beginSync(): () => boolean;
    /** Everything that is held is durable. */
    synced(): void;
    get hasUnsynced(): boolean;
    /** No longer follows a feed (rule R6), with an event the first time. */
    stopFeed(writer: WriterId, sequence: number, reason: string): void;
    /** What a whole look at a segment found damaged, with an event for what is new. */
    setCorrupt(segment: Segment, ranges: readonly CorruptRange[]): void;
    repaired(range: CorruptRange): void;
}
