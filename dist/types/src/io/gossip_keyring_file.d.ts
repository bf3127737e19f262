/** A keyring file that cannot be read, or is none. */
export declare class KeyringFileError extends Error {
    readonly name = "KeyringFileError";
    readonly code = "KEYRING_FILE";
    readonly path: string;
    constructor(path: string, problem: string, options?: ErrorOptions);
}
/** The keys as they stand in the file, at least one. Rejects with `KeyringFileError`. */
export declare function readKeyringFile(path: string): Promise<string[]>;
/** The keys in the text of the file at `path`. Throws `KeyringFileError`. */
export declare function readKeyringText(path: string, text: string): string[];
/**
 * Writes the keys in place of those in the file, whole or not at all, readable by its owner alone. Returns what went
 * wrong. Synchronous: whoever asked for the change hears whether it will outlast this process.
 */
export declare function writeKeyringFile(path: string, keys: readonly string[]): string | undefined;
