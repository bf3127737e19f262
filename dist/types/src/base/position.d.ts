import type { ChainHash } from "./frame.d.ts";
import { type Vector, type WriterId } from "./vector.d.ts";
/** One entry of a vector as RPC messages carry it: the writer as a 64-bit number. */
export interface Position {
    readonly writer: bigint;
    readonly sequence: bigint;
}
/** A writer id as a 64-bit number; undefined when the text is no writer id. */
export declare function writerToNumber(writer: WriterId): bigint | undefined;
/** The writer id of an unsigned 64-bit number. */
export declare function writerFromNumber(number: bigint): WriterId;
/** A chain hash as RPC messages carry it. */
export declare function chainToNumber(chain: ChainHash): bigint;
/** The chain hash of an unsigned 64-bit number. */
export declare function chainFromNumber(number: bigint): ChainHash;
export declare function sameChain(left: ChainHash, right: ChainHash): boolean;
/** The entries of a vector. */
export declare function vectorToPositions(vector: Vector): Position[];
/** The vector of entries from outside, or a text that says what is wrong with them. */
export declare function vectorFromPositions(positions: readonly Position[]): Map<WriterId, number> | string;
