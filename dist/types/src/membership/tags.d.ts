/** Tags that do not fit what gossip can carry. Nothing was changed. */
export declare class TagsTooLargeError extends RangeError {
    readonly name = "TagsTooLargeError";
    readonly code = "TAGS_TOO_LARGE";
    readonly encodedBytes: number;
    readonly encodedBytesMax: number;
    constructor(encodedBytes: number);
}
/** Encodes tags as a node's meta in this protocol. Throws `TagsTooLargeError`. */
export declare function encodeTags(tags: ReadonlyMap<string, string>, protocol?: number): Uint8Array;
/** The tags of any meta. What is not a map of texts counts as the role, as Serf has it. */
export declare function decodeTags(meta: Uint8Array): ReadonlyMap<string, string>;
/** True when both hold the same tags. */
export declare function sameTags(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean;
/** A map of tags from a plain object or another map. */
export declare function tagsOf(tags: TagsInput): ReadonlyMap<string, string>;
export type TagsInput = ReadonlyMap<string, string> | {
    readonly [key: string]: string;
};
