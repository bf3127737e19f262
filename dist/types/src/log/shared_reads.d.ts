import { ReadBuffers } from "./read_buffers.d.ts";
import type { Chunk, SharedChunk } from "./types.d.ts";
/** What a read gave, and how to give the memory of its frames back; undefined where it has no second use. */
export interface ReadChunk extends Chunk {
    /** Gaps that stand for what is damaged now: a repair changes what is to be read there. */
    readonly isLost?: boolean;
    readonly giveBack: (() => void) | undefined;
}
/**
 * What was read last, for many who read the same places of the same topics at about the same time: one read of the disk,
 * one array, however many tails there are. Frames never change, so that an old chunk is as good as a new one,
 * but for a repair, which may put others in their place: a place tells how many there were, too.
 */
export declare class SharedReads {
    #private;
    /** Where reads that are shared may be read into. */
    readonly buffers: ReadBuffers;
    /** The chunk at a place: the one that is there, or on its way, or else what `read` gives. */
    read(place: string, read: () => Promise<ReadChunk>): Promise<SharedChunk>;
}
