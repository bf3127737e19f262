import type { Directory } from "../log/mod.d.ts";
/** The data directory cannot be created or written. */
export declare class DirectoryNotWritableError extends Error {
    readonly name = "DirectoryNotWritableError";
    readonly code = "DIRECTORY_NOT_WRITABLE";
    readonly path: string;
    constructor(path: string, cause: unknown);
}
/** Somebody removed a file, or its directory, while it was open: what is written there is gone once it is closed. */
export declare class FileRemovedError extends Error {
    readonly name = "FileRemovedError";
    readonly code = "FILE_REMOVED";
    constructor(path: string);
}
/** Something is where a directory should go. Nothing was moved. */
export declare class PathTakenError extends Error {
    readonly name = "PathTakenError";
    readonly code = "PATH_TAKEN";
    constructor(path: string);
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
