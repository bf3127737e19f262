/** The options of a node that keep strangers out, and the files and cryptography behind them. */
import { type EncryptionOptions } from "../gossip/mod.d.ts";
export interface SecrecyOptions {
    /**
     * Encrypts all gossip with this key, 16, 24 or 32 bytes in base64 as `serf keygen` prints them. Deno's cryptography
     * lacks those of 24. @default plain text
     */
    readonly encrypt?: string | undefined;
    /**
     * A file of keys, a JSON array in base64 with the primary first, instead of `encrypt`. It must exist; it is written
     * anew when the keys change. @default none: changes last as long as the process
     */
    readonly keyringFile?: string | undefined;
    /**
     * Nodes hear only those with the same label: it keeps clusters apart that can reach one another. At most 255 bytes.
     * Agents of Serf have none and hear nobody who has one. @default none
     */
    readonly label?: string | undefined;
    /** Refuse what is not encrypted. Off, while a running cluster moves to encryption. @default true */
    readonly verifyIncoming?: boolean | undefined;
    /** Encrypt what is sent. Off in the first step of that move, until all nodes have the key. @default true */
    readonly verifyOutgoing?: boolean | undefined;
}
/**
 * What gossip needs of these options. Rejects with `InvalidKeyError`, `KeyringFileError` or `InvalidGossipOptionError`.
 */
export declare function openEncryption(options: SecrecyOptions): Promise<EncryptionOptions | undefined>;
