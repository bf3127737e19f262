/** Keys of one ring. A rotation needs two, a rotation during a rotation three; each costs one try for every stranger's packet. */
export declare const keysMax = 32;
/** A key that no node can run with. Never says the key itself. */
export declare class InvalidKeyError extends RangeError {
    readonly name = "InvalidKeyError";
    readonly code = "INVALID_KEY";
    constructor(problem: string);
}
/** The bytes of a key as `serf keygen` prints it. Throws `InvalidKeyError`. */
export declare function parseKey(text: string): Uint8Array;
/** How the ring's keys are written in files and answers. */
export declare function formatKey(key: Uint8Array): string;
/** Hears the new keys after a change, primary first. Returns what went wrong with keeping them, if anything. */
export type KeyringListener = (keys: readonly Uint8Array[]) => string | undefined;
export interface KeyringOptions {
    /** Primary first. None: nothing is encrypted, and no key can be added. */
    readonly keys: readonly Uint8Array[];
    /** Lengths that the cipher can work with. @default 16, 24 and 32 */
    readonly keyLengths?: readonly number[] | undefined;
    readonly onChange?: KeyringListener | undefined;
}
/**
 * The keys of a node. The first is the primary: all that is sent is encrypted with it; what comes in may be encrypted
 * with any of them. Changes answer undefined when they are done, else the text that Serf's operators know.
 */
export declare class Keyring {
    #private;
    /** Throws `InvalidKeyError`. */
    constructor(options: KeyringOptions);
    /** In the order in which they are tried: the primary first. */
    get keys(): readonly Uint8Array[];
    /** What is sent is encrypted with it; undefined when nothing is. */
    get primary(): Uint8Array | undefined;
    /** True when this node encrypts at all. */
    get isEnabled(): boolean;
    /** Adds a key, to be understood but not yet used. One that is there already is no fault. */
    install(key: Uint8Array): string | undefined;
    /** Makes a key that is in the ring the primary. */
    use(key: Uint8Array): string | undefined;
    /** Takes a key out: what is encrypted with it is not understood any more. One that is not there is no fault. */
    remove(key: Uint8Array): string | undefined;
    /** The keys in base64, for those who are allowed to know them: they are in the ring. */
    list(): {
        readonly keys: readonly string[];
        readonly primaryKey: string;
        readonly fault: string | undefined;
    };
}
