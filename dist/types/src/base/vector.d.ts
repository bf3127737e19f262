/** The 64-bit random id of a data directory: 16 lower-case hexadecimal digits. */
export type WriterId = string;
/**
 * Per writer the highest sequence s such that 1…s are held (from the low-water mark on). A writer that is absent stands
 * at 0.
 */
export type Vector = ReadonlyMap<WriterId, number>;
/** Writers that one vector may hold when it comes from outside. */
export declare const vectorWritersMax = 10000;
/** True when the text is a writer id. */
export declare function isWriterId(text: string): boolean;
/** True when `left` holds at least what `right` holds, of every writer. */
export declare function covers(left: Vector, right: Vector): boolean;
/** How many records `theirs` holds that `ours` lacks. */
export declare function countMissing(ours: Vector, theirs: Vector): number;
/** The pointwise maximum. */
export declare function mergeVectors(left: Vector, right: Vector): Map<WriterId, number>;
/** True when both say the same of every writer. */
export declare function sameVector(left: Vector, right: Vector): boolean;
/** Writer id and sequence as varints, sorted by writer, so that equal vectors have equal bytes. */
export declare function encodeVector(vector: Vector): Uint8Array;
/** The inverse of `encodeVector`; undefined when the bytes are not exactly one vector. */
export declare function decodeVector(bytes: Uint8Array): Map<WriterId, number> | undefined;
