import type { WriterId } from "../base/mod.d.ts";
import type { Compacted } from "./types.d.ts";
/** Something an operator should hear of. */
export type LogEvent = 
/** The end of a file was unreadable and above everything known durable: it was cut off. */
{
    readonly type: "torn-tail";
    readonly topic: string;
    readonly file: string;
    readonly at: number;
    readonly bytes: number;
    readonly reason: string;
}
/** `corrupt`: there is damage in what was durable, served to nobody until it is repaired. `lost`: gaps stand for it now. */
 | {
    readonly type: "corrupt" | "lost";
    readonly topic: string;
    readonly file: string;
    readonly at: number;
    readonly bytes: number;
    readonly reason: string;
} | {
    readonly type: "repaired";
    readonly topic: string;
    readonly file: string;
    readonly at: number;
    readonly bytes: number;
} | {
    readonly type: "index-rebuilt";
    readonly topic: string;
    readonly file: string;
    readonly reason: string;
}
/** A new writer was minted (rule R5). */
 | {
    readonly type: "new-writer";
    readonly writer: WriterId;
    readonly previous: WriterId | undefined;
    readonly reason: string;
}
/** A feed whose hash does not fit is no longer followed (rule R6). */
 | {
    readonly type: "feed-stopped";
    readonly topic: string;
    readonly writer: WriterId;
    readonly sequence: number;
    readonly reason: string;
}
/** What the last run had put into the journal only was written where it belongs. */
 | {
    readonly type: "journal-replayed";
    readonly entries: number;
    readonly topics: number;
    readonly bytes: number;
} | {
    readonly type: "write-failed";
    readonly topic: string;
    readonly message: string;
}
/** Compaction took records that later ones of their keys replace. */
 | ({
    readonly type: "compacted";
    readonly topic: string;
} & Compacted)
/** It is tried again; told once for a row of failures. */
 | {
    readonly type: "compaction-failed";
    readonly topic: string;
    readonly message: string;
}
/** Retention took the oldest segments. */
 | {
    readonly type: "segments-dropped";
    readonly topic: string;
    readonly segments: number;
    /** Those of them that `bytesMax` took before enough nodes held them. */
    readonly uncopied: number;
    readonly bytes: number;
    readonly firstOffset: number;
} | {
    readonly type: "topic-created";
    readonly topic: string;
    readonly generation: number;
}
/** A generation of the topic was deleted, with what it held here. */
 | {
    readonly type: "topic-deleted";
    readonly topic: string;
    readonly generation: number;
    readonly records: number;
    /** Records ever appended. */
    readonly appended: number;
    readonly bytes: number;
};
