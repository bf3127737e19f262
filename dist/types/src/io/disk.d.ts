import type { Directory } from "../log/mod.d.ts";
/** The data directory cannot be created or written. */
export declare class DirectoryNotWritableError extends Error {
    readonly name = "DirectoryNotWritableError";
    readonly code = "DIRECTORY_NOT_WRITABLE";
    readonly path: string;
    constructor(path: string, cause: unknown);
}
/** A directory that this process owns alone, until it is disposed of. */
export interface OwnedDirectory extends Directory, AsyncDisposable {
    readonly path: string;
}
/**
 * Opens a data directory, creating it when missing, and locks it. Rejects with `DirectoryNotWritableError` or
 * `DirectoryLockedError`.
 */
export declare function openDirectory(path: string): Promise<OwnedDirectory>;
