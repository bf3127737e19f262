import type { Directory, LogFile } from "./directory.d.ts";
/** Files that all topics of a log keep open together, beside those in use at this moment. */
export declare const openFilesMax = 256;
/** The file is no longer part of the log: what was there is below its first offset now, or in a file that replaced it. */
export declare class FileRetiredError extends Error {
    readonly name = "FileRetiredError";
    readonly code = "FILE_RETIRED";
    constructor(file: string);
}
/** Opens files when they are needed and closes those that were used longest ago. */
export declare class FilePool {
    #private;
    /** Called by files when their last user is done. */
    park(file: PooledFile): Promise<void> | undefined;
    /** Called by files when they are about to be used, or closed. */
    unpark(file: PooledFile): void;
}
/** A file that is open only while it is used, or lately was. */
export declare class PooledFile {
    #private;
    readonly name: string;
    constructor(pool: FilePool, directory: Directory, name: string);
    /** The file if it is open now: only for what is done before anything is awaited. */
    get opened(): LogFile | undefined;
    /** Calls `action` with the open file. */
    use<Result>(action: (file: LogFile) => Promise<Result> | Result): Promise<Result>;
    /** Lets those who use it finish, closes it, and lets nobody use it again. */
    retire(): Promise<void>;
    /** Closes it; a later use opens it again. */
    close(): Promise<void>;
}
