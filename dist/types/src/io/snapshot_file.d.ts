/** A snapshot file that cannot be opened. */
export declare class SnapshotFileError extends Error {
    readonly name = "SnapshotFileError";
    readonly code = "SNAPSHOT_FILE";
    readonly path: string;
    constructor(path: string, cause: unknown);
}
/** What stands in the file. */
export interface SnapshotSource {
    /** Lines that are new since the last call. */
    takeLines(): string;
    /** All that is remembered, to stand in place of all lines. */
    text(): string;
    /** Whether a file of so many bytes should be rewritten. */
    isTooLong(bytes: number): boolean;
    /** The file cannot be written: what happens until it can is remembered all the same, and written then. */
    warn(message: string): void;
}
/** The whole lines of a file, none when there is none. Rejects with `SnapshotFileError`. */
export declare function readSnapshotFile(path: string): Promise<Uint8Array>;
/**
 * Writes what its source says, every half second, one step after the other. Once it is open no error stops it: it warns,
 * and writes everything anew later on.
 */
export declare class SnapshotFile implements AsyncDisposable {
    #private;
    /** Opens a file, creating it when missing, and writes the first lines. Rejects with `SnapshotFileError`. */
    static open(path: string, source: SnapshotSource): Promise<SnapshotFile>;
    private constructor();
    /** Writes what is new. Never rejects. After disposal the file is another's: nothing is written. */
    flush(): Promise<void>;
    /** Writes what is new, so that it outlasts a power cut. Never rejects. After disposal nothing is written. */
    sync(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
