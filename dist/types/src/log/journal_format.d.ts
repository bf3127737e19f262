/**
 * The bytes of the journal (`docs/format.md`): what goes into a segment, and where in it, before it is there. An entry
 * says "these frames belong at this position of this segment", so that writing it twice changes nothing.
 */
import { type Checksum } from "../base/mod.d.ts";
import type { LogFile } from "./directory.d.ts";
/** A file begins with two headers, a sector each: one stays whole while the other is replaced. */
export declare const headSlotBytes = 512;
export declare const journalHeadBytes: number;
/** Frames on their way into a segment. */
export interface JournalEntry {
    /** Name of the topic's directory: each generation has its own. */
    readonly topic: string;
    /** Base offset of the segment. */
    readonly baseOffset: number;
    /** Where in the segment the frames begin. */
    readonly position: number;
    readonly parts: readonly Uint8Array[];
}
/** An entry as it stands in a file. */
export interface WrittenEntry extends JournalEntry {
    /** The commit that it belongs to: later commits have greater numbers, also across files and lives. */
    readonly batch: number;
    /** How far into the journal file everything was known to be durable when it was written. */
    readonly durableBefore: number;
    readonly entryBytes: number;
}
/** Bytes that an entry takes in the journal. */
export declare function entryBytesOf(topicBytes: number, frameBytes: number): number;
/** A header of a journal file: entries of this batch and of earlier ones are void. */
export declare function encodeJournalHead(voidThrough: number): Uint8Array;
/** What the headers of a journal file say. */
export interface JournalHead {
    /** Through which batch entries are void. */
    readonly voidThrough: number;
    /** Where the next header goes: not over the one that counts. */
    readonly nextAt: number;
}
/** Reads both headers; the greater number counts. Undefined when none is intact. */
export declare function decodeJournalHead(bytes: Uint8Array): JournalHead | undefined;
/** Declares, durably, that all entries of a journal file through this batch are void. */
export declare function voidJournal(file: LogFile, voidThrough: number): Promise<void>;
/** Where entries are written one behind the other: one view for all of them, which costs more than to write one. */
export declare class EntryWriter {
    #private;
    /** Begins anew, with room for so many bytes. */
    begin(bytes: number): void;
    /** Writes an entry; `name` is that of its topic as bytes. */
    add(entry: JournalEntry, name: Uint8Array, stamp: {
        readonly batch: number;
        readonly durableBefore: number;
    }): void;
    /** What was written since `begin`, until the next one. */
    get written(): Uint8Array;
}
/** What lies at a position of a journal file that is in memory as a whole. */
export type EntryScan = {
    readonly type: "entry";
    readonly entry: WrittenEntry;
}
/** `header` is there when it is intact and the frames behind it are not. */
 | {
    readonly type: "bad";
    readonly reason: string;
    readonly header: WrittenEntry | undefined;
};
/** Reads the entry at `at`. Total over any bytes. */
export declare function scanEntry(bytes: Uint8Array, at: number, checksum: Checksum): EntryScan;
/** What a journal file holds. */
export interface JournalScan {
    /** Entries of this batch and of earlier ones were void. */
    readonly voidThrough: number;
    readonly entries: readonly WrittenEntry[];
    /** Why the entries end where they do, when something that was durable stood behind: then the file is corrupt. */
    readonly corrupt: {
        readonly at: number;
        readonly reason: string;
    } | undefined;
}
/** Reads all of a journal file that counts. */
export declare function scanJournal(bytes: Uint8Array, checksum: Checksum): JournalScan;
