/** Bytes of a nonce, and of the tag that follows a sealed text: AES-GCM's own. */
export declare const nonceBytes = 12;
export declare const tagBytes = 16;
/** AES-GCM as gossip needs it. Synchronous, because machines do not wait. */
export interface Cipher {
    /** Lengths of keys that it can work with, in bytes: of 16, 24 and 32. */
    readonly keyLengths: readonly number[];
    /**
     * A nonce that was never used before. One repeated under the same key gives both texts and the key of the tags away,
     * so that it must come from a cryptographic source, not from a generator that can be replayed.
     */
    nonce(): Uint8Array;
    /** The text encrypted, its tag behind it. `additional` is protected by the tag, too. */
    seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, additional: Uint8Array): Uint8Array;
    /** The inverse of `seal`; undefined when the tag does not fit: another key, or other bytes. */
    open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, additional: Uint8Array): Uint8Array | undefined;
}
