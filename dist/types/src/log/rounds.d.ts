/**
 * When the topics of a log commit: what arrives within one turn of the event loop is one round. A topic alone writes and
 * syncs its own file; when many wait at once, their small groups share the journal.
 */
import type { Committer } from "./committer.d.ts";
import type { Journal } from "./journal.d.ts";
export interface RoundsOptions {
    readonly soon: (callback: () => void) => void;
    /** How many topics make the journal worth while; Infinity where nobody waits for syncs. */
    readonly journalTopicsMin: number;
    /** A commit of the journal is no larger, whatever else would fit. */
    readonly journalBytesMax: number;
}
export declare class Rounds {
    #private;
    constructor(journal: Journal, options: RoundsOptions);
    /** Called by a committer that got something to do. */
    add(committer: Committer): void;
    /** Called by a committer when it is done with its own file. */
    left(): void;
}
