/**
 * A record of `_cursors` (`docs/consumers.md`): what one node knew of one named cursor when it wrote it. Its key is the
 * topic, the cursor's name and the node's writer, so that nobody else's record hides it: a later one of the same node says
 * all that the earlier ones say, whatever compaction keeps.
 */
import { type Vector, type WriterId } from "../base/mod.d.ts";
/** How far those who read under a name have come. */
export interface CursorState {
    /** Of the topic: a cursor of a generation that was deleted says nothing about the next one. */
    readonly generation: number;
    /** How often it was set anew or deleted: only what was read since then counts. */
    readonly resets: number;
    readonly deleted: boolean;
    /** Nothing where it is deleted. */
    readonly vector: Vector;
}
export interface CursorKey {
    readonly topic: string;
    readonly name: string;
}
/** Bytes of a value: all of them stay in memory. A vector of as many writers as may be fits. */
export declare const cursorBytesMax = 262144;
/** How often one cursor can be set anew or deleted. */
export declare const resetsMax = 4294967295;
export declare function encodeCursorKey({ topic, name }: CursorKey, writer: WriterId): string;
/** Undefined for anything that no node wrote. */
export declare function decodeCursorKey(key: Uint8Array): CursorKey | undefined;
/** Version · flags (bit 0 deleted) · varint generation · varint resets · vector. */
export declare function encodeCursorState({ generation, resets, deleted, vector }: CursorState): Uint8Array;
/** Undefined for anything that is of a later version, or makes no sense. */
export declare function decodeCursorState(value: Uint8Array): CursorState | undefined;
/**
 * What two nodes know together. The order in which records come does not matter, nor how often: of the greatest
 * generation, in it of the greatest number of resets, a delete, else the pointwise maximum.
 */
export declare function joinCursors(left: CursorState, right: CursorState): CursorState;
export declare function sameCursor(left: CursorState, right: CursorState): boolean;
