export declare const lockFileName = "lock";
/** What the lock file says. */
export interface LockHolder {
    readonly pid: number;
    readonly host: string;
    /** When it took the lock, as ISO 8601. */
    readonly since: string;
    /** What tells this process from another one of the same id: the machine's boot and the start; empty where unknown. */
    readonly incarnation: string;
}
/** Another process, or this one, owns the data directory. Nothing was changed. */
export declare class DirectoryLockedError extends Error {
    readonly name = "DirectoryLockedError";
    readonly code = "DIRECTORY_LOCKED";
    readonly path: string;
    readonly holder: LockHolder;
    constructor(path: string, holder: LockHolder);
}
/** Takes the lock of a directory; the result gives it back. Rejects with `DirectoryLockedError`. */
export declare function lockDirectory(path: string): Promise<() => Promise<void>>;
export declare function codeOf(error: unknown): string;
