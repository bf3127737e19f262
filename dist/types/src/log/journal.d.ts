import type { Directory } from "./directory.d.ts";
import { type JournalEntry } from "./journal_format.d.ts";
import { type LogMeter } from "./meter.d.ts";
import type { ResolvedLogOptions } from "./options.d.ts";
import type { Segment } from "./segment.d.ts";
export declare const journalDirectoryName = "journal";
export declare const journalFileNames: readonly string[];
/** A group of frames and where it goes. */
export interface JournalItem extends JournalEntry {
    /** The bytes of `topic`. */
    readonly name: Uint8Array;
    readonly segment: Segment;
    readonly bytes: number;
}
export declare class Journal {
    #private;
    /**
     * `onFailure` hears why what the journal holds could not be written to its segments; `onEmptied` is called when one of
     * the files is void.
     */
    constructor(root: Directory, options: ResolvedLogOptions, listeners: {
        readonly onFailure: (message: string) => void;
        readonly onEmptied: () => void;
        readonly meter: LogMeter | undefined;
    });
    /** Goes on after this commit: called once, before the first commit. */
    startAfter(batch: number): void;
    /** Bytes of entries that are not in their segments yet. */
    get bytes(): number;
    /** True while an entry of a topic's directory may be on disk and count. */
    mayHold(topic: string): boolean;
    /** True while a failed commit must be repaired before anything is written to any segment. */
    get isBroken(): boolean;
    /**
     * Makes the items durable, all or none. Resolves with false, having done nothing, when there is no room, because what
     * the journal holds cannot be written to its segments. After a rejection, `repair`.
     */
    commit(items: readonly JournalItem[], alone: boolean): Promise<boolean>;
    /** Takes back what a failed commit may have left on disk. Rejects with what the disk says. */
    repair(): Promise<void>;
    /** Writes everything to its segments and gives the files back. Rejects when that cannot be done. */
    close(): Promise<void>;
}
