import type { LogFile } from "./directory.d.ts";
/** Hears what the log does with the disk, for metrics. It is called for every commit: it must be quick and never throw. */
export interface LogMeter {
    /** Milliseconds of a clock that only goes forward. */
    readonly nowMs: () => number;
    /** A group of one topic counts from now on: it was written to the topic's own file, or to the journal. */
    readonly committed: (records: number, bytes: number, inJournal: boolean) => void;
    /** A sync that a commit needed went well. */
    readonly synced: (tookMs: number) => void;
    /** A batch was known already, refused for its epoch, or found to stand in the log twice. @default nobody counts */
    readonly stamped?: (what: "duplicate" | "fenced" | "twin") => void;
}
/** Syncs the file and tells the meter, if there is one. */
export declare function meteredSync(file: LogFile, meter: LogMeter | undefined, options?: {
    readonly alone?: boolean;
}): Promise<void>;
