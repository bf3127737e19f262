import type { WriterId } from "../base/mod.d.ts";
import type { BatchPlace } from "./recent_batches.d.ts";
/** Batches of a topic that are known to stand in it more than once, counting each place. Beyond, the oldest are forgotten. */
export declare const twinPlacesMax = 65536;
/**
 * Batches that one producer sent to several nodes, because it did not hear from the first: the same records in several
 * feeds. All are kept, so that feeds stay the same everywhere, and each reader is given one.
 */
export declare class Twins {
    #private;
    /** Places that are known. */
    get size(): number;
    /** Takes note that both are the same batch. Returns false when that was known. */
    add(known: BatchPlace, other: BatchPlace): boolean;
    /** Where else the batch stands that begins at this sequence; undefined when it is not known to stand elsewhere. */
    of(writer: WriterId, baseSequence: number): readonly BatchPlace[] | undefined;
    /** Each batch once: its places. */
    groups(): Generator<readonly BatchPlace[]>;
}
