/**
 * Memory for what is read from files and passed on. Fresh memory costs more than the read itself: the system clears each
 * page of it, and takes it back soon after. So whoever knows that nobody looks at a buffer any more gives it back.
 */
export declare class ReadBuffers {
    #private;
    /** A buffer for so many bytes, with what was in it before; undefined when reads of that size get memory of their own. */
    take(bytes: number): Uint8Array | undefined;
    give(buffer: Uint8Array): void;
}
