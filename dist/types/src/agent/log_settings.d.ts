/** What a node is told about its log, and what of it makes no sense. */
import { type LogOptions } from "../log/mod.d.ts";
/** How a node keeps its log. */
export interface LogSettings {
    /** Bytes after which a segment of the log is closed, 64 KiB to 1 GiB. @default 268435456 (256 MiB) */
    readonly segmentBytesMax?: number | undefined;
    /**
     * Bytes of each topic that are kept at least: its oldest segments beyond are forgotten. No smaller than
     * `segmentBytesMax`. @default all
     */
    readonly retentionBytes?: number | undefined;
    /** Milliseconds, at least 1,000: segments of which the newest record is older are forgotten. @default none */
    readonly retentionAgeMs?: number | undefined;
    /** Segments of each topic that are kept at most, at least 1. @default all */
    readonly retentionSegments?: number | undefined;
    /**
     * Bytes a second that are read again in the background to find damage, which peers then repair; 0 for none, else at
     * least 65,536. After everything was read it rests for an hour. @default 8388608 (8 MiB)
     */
    readonly scrubBytesPerSecond?: number | undefined;
    /** Bytes a second that compaction reads and writes in the background; 0 for none, else at least 65,536. @default 16777216 (16 MiB) */
    readonly compactionBytesPerSecond?: number | undefined;
    /**
     * Under `fsync: always`: when so many topics wait for the disk at once, one fsync of the journal serves them all.
     * 1 sends every small batch there. @default 8
     */
    readonly journalTopicsMin?: number | undefined;
    /** Bytes of each of the journal's two files, 64 KiB to 1 GiB: so much may also wait in memory. @default 33554432 (32 MiB) */
    readonly journalBytesMax?: number | undefined;
}
/** Names of all of these, for who refuses others. */
export declare const logSettingNames: readonly string[];
/** What the log is opened with. */
export declare function logOptionsOf(settings: LogSettings): LogOptions;
/** What is wrong with the first of them that makes no sense; undefined when all do. */
export declare function logSettingFault(settings: LogSettings): {
    readonly option: string;
    readonly value: unknown;
    readonly allowed: string;
} | undefined;
