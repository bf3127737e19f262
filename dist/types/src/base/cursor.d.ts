import { type Vector, type WriterId } from "./vector.d.ts";
/** Where a consumer stands, or what a producer wrote, in one generation of one topic. */
export interface Place {
    readonly topic: string;
    readonly generation: number;
    /** Per writer the highest sequence read or written. It may stand inside a batch. */
    readonly vector: Vector;
}
/** What a consumer has read, valid on every node. */
export declare function encodeCursor(place: Place): Uint8Array;
/** The inverse of `encodeCursor`; undefined when the bytes are no cursor. */
export declare function decodeCursor(bytes: Uint8Array): Place | undefined;
/** What a produce wrote: consuming after it waits until the node holds that. */
export declare function encodeToken(place: Place): Uint8Array;
/** The inverse of `encodeToken`; undefined when the bytes are no token. */
export declare function decodeToken(bytes: Uint8Array): Place | undefined;
/** What is wrong with bytes that are no cursor, or no token: for who gave them. */
export declare function placeFault(kind: "cursor" | "token", bytes: Uint8Array): string;
/** Writes tokens of one writer in one topic, which differ in nothing but the sequence. */
export declare class TokenWriter {
    #private;
    constructor(topic: string, generation: number, writer: WriterId);
    /** How many bytes `write` takes for this sequence. */
    bytesOf(sequence: number): number;
    /** Writes what `encodeToken` gives for this sequence. Returns the position after it. */
    write(into: Uint8Array, at: number, sequence: number): number;
}
