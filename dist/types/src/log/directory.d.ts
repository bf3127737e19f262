/** A directory in a directory. */
export type DirectoryPath = readonly [parent: string, name: string];
/** What the log needs of a disk. The real one is in io; the one of the simulated world can lose and tear writes. */
export interface Directory {
    /** Names of the files and directories in it. */
    list(): Promise<string[]>;
    /** A directory in it, created (durably) when missing. */
    directory(name: string): Promise<Directory>;
    /**
     * Opens a file for reading and writing, creating it when missing; with `mustExist` a missing one is an error instead. A
     * new name is durable after `sync`.
     */
    open(name: string, options?: {
        readonly mustExist?: boolean;
    }): Promise<LogFile>;
    /** A small file's bytes; undefined when there is none. */
    readFile(name: string): Promise<Uint8Array | undefined>;
    /** Replaces a small file as a whole and durably: afterwards, also after a power cut, it holds the old or the new bytes. */
    replaceFile(name: string, bytes: Uint8Array): Promise<void>;
    /**
     * Gives a file another name, in place of the file that has it. Who has that one open reads on in it. Durable after
     * `sync`; a power cut before leaves both names as they were or as they are.
     */
    rename(from: string, to: string): Promise<void>;
    /** Removes a file, if it is there. Durable after `sync`. */
    remove(name: string): Promise<void>;
    /**
     * Gives a directory two levels below another place there, atomically and durably: afterwards, also after a power cut, it
     * is at the old place or at the new one, as a whole. Nothing may be at the new place.
     */
    moveDirectory(from: DirectoryPath, to: DirectoryPath): Promise<void>;
    /** Removes an empty directory, if it is there. Durable after `sync`. */
    removeDirectory(name: string): Promise<void>;
    /** Makes creations and removals in this directory durable. */
    sync(): Promise<void>;
}
/**
 * An open file. Writing is synchronous because an awaited write per call costs many times one (measured on Node: nine
 * times); only `sync` waits for the disk.
 */
export interface LogFile {
    readonly size: number;
    /**
     * Up to `length` bytes from `at`; fewer only at the end of the file. The result is the caller's own. It may be a part of
     * `into`, if that was given and is long enough.
     */
    read(at: number, length: number, into?: Uint8Array): Promise<Uint8Array>;
    /** Writes all parts one after another from `at` on. Throws what the disk says; then any of the bytes may be there. */
    write(at: number, parts: readonly Uint8Array[]): void;
    truncate(size: number): Promise<void>;
    /**
     * Resolves when everything written before the call is on disk. `alone` says that one caller waits and nothing else is to
     * be done meanwhile: a disk that is fast may then hold the whole program up for it.
     */
    sync(options?: {
        readonly alone?: boolean;
    }): Promise<void>;
    close(): Promise<void>;
}
