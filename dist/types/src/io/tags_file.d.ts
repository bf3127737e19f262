/** A file of tags that cannot be read or is none. Nothing was started. */
export declare class TagsFileError extends Error {
    readonly name = "TagsFileError";
    readonly code = "TAGS_FILE";
    readonly path: string;
    constructor(path: string, problem: string, options?: ErrorOptions);
}
/** The tags of a file; none when it is not there yet. Rejects with `TagsFileError`. */
export declare function readTagsFile(path: string): Promise<ReadonlyMap<string, string>>;
/**
 * Writes the tags in place of those in the file, whole or not at all, readable by its owner alone. Returns what went
 * wrong. Synchronous: tags change as soon as somebody says so.
 */
export declare function writeTagsFile(path: string, tags: ReadonlyMap<string, string>): string | undefined;
