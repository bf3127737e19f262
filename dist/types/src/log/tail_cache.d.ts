import { type Vector, type WriterId } from "../base/mod.d.ts";
import type { BatchAt } from "./chain_at.d.ts";
import type { Feed, PlacedFrame } from "./feed.d.ts";
/** What a runtime takes for a `CachedFrame` and its array, beside the bytes: more than those, where frames are small. */
export declare const knownBytes = 192;
/** Bounds the caches of all topics together: the topic that was quiet longest gives way first. */
export declare class TailBudget {
    #private;
    /** Called by a cache that grew by so many bytes. */
    grew(cache: TailCache, bytes: number): void;
    shrank(bytes: number): void;
    /** Holds on no longer to a cache that is empty: its topic may be gone. */
    emptied(cache: TailCache): void;
}
/** The newest served frames of a topic, so that live readers and pullers do not touch the disk. */
export declare class TailCache {
    #private;
    /** Its neighbours in the budget's chain: for the budget alone. */
    quieter: TailCache | undefined;
    louder: TailCache | undefined;
    constructor(budget: TailBudget, feeds: ReadonlyMap<WriterId, Feed>);
    get length(): number;
    /** Offset of the oldest frame; Infinity when there is none. */
    get firstOffset(): number;
    add(frame: PlacedFrame, bytes: Uint8Array): void;
    dropOldest(): void;
    clear(): void;
    /** Whole frames from the one that holds `offset` on; undefined when that is not here. */
    read(offset: number, bytesMax: number): {
        parts: Uint8Array[];
        nextOffset: number;
    } | undefined;
    /** The batch of a feed at a sequence that is not older than the cache; undefined for a gap. Looks from the newest frame backwards. */
    batchAt(writer: WriterId, sequence: number): BatchAt | undefined;
    /**
     * The frames that hold what `have` lacks, given that it lacks so many records and nothing older than the cache. It
     * looks from the newest frame backwards, so that a puller who lacks little costs little.
     */
    readMissing(have: Vector, records: number, bytesMax: number): {
        parts: Uint8Array[];
        complete: boolean;
    };
}
