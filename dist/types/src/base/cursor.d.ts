import { type Vector } from "./vector.d.ts";
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
