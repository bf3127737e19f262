import { type Checksum } from "../base/mod.d.ts";
import type { FsyncPolicy, LogOptions, Retention } from "./types.d.ts";
/** Every option, checked and filled. */
export interface ResolvedLogOptions {
    readonly fsync: FsyncPolicy;
    readonly fsyncIntervalMs: number;
    readonly segmentBytesMax: number;
    readonly indexEveryBytes: number;
    readonly pendingBytesMax: number;
    readonly journalTopicsMin: number;
    readonly journalBytesMax: number;
    readonly scrubBytesPerSecond: number;
    readonly scrubPauseMs: number;
    readonly compactionBytesPerSecond: number;
    readonly compactionDirtyRatioMin: number;
    readonly compactionEveryMs: number;
    readonly retention: Retention;
    readonly newWriter: boolean;
    readonly checksum: Checksum;
}
/** Nodes that anybody may wait for. */
export declare const copiesMax = 100;
/** Checks and fills the options; throws `InvalidLogOptionError`. */
export declare function resolveOptions(options: LogOptions): ResolvedLogOptions;
/** The same retention, if it makes sense; throws `InvalidLogOptionError`. */
export declare function checkRetention(retention: Retention, segmentBytesMax: number): Retention;
