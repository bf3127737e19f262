import { type Cipher } from "./cipher.d.ts";
import { Keyring, type KeyringListener } from "./keyring.d.ts";
/** Bytes of a label: its length is one byte, and 0 means none. */
export declare const labelBytesMax = 255;
/** Bytes of one encrypted frame on TCP: memberlist's limit. */
export declare const frameBytesMax = 20971520;
/** The type byte and the length of what follows. */
export declare const frameHeaderBytes = 5;
/** What memberlist writes, word for word: operators search for it. Newer ones write it in lower case. */
export declare const envelopeTexts: {
    readonly notConfigured: "Remote state is encrypted and encryption is not configured";
    readonly notEncrypted: "Encryption is configured but remote state is not encrypted";
    readonly noKey: "No installed keys could decrypt the message";
};
export interface EncryptionOptions {
    readonly cipher: Cipher;
    /** Primary first. None: nothing is encrypted. */
    readonly keys: readonly Uint8Array[];
    /** Hears of changes to the keys, to keep them. */
    readonly onKeysChanged?: KeyringListener | undefined;
    /** Whether what comes in unencrypted is refused. Off while a cluster moves to encryption. @default true */
    readonly verifyIncoming?: boolean | undefined;
    /** Whether what goes out is encrypted. Off in the first step of that move. @default true */
    readonly verifyOutgoing?: boolean | undefined;
}
/** The inside of an envelope, or why it cannot be opened. */
export type Opened = {
    readonly type: "opened";
    readonly bytes: Uint8Array;
} | {
    readonly type: "refused";
    readonly reason: string;
};
/** The same of a datagram; the fault is the name of a drop. */
export type OpenedDatagram = {
    readonly type: "opened";
    readonly bytes: Uint8Array;
} | {
    readonly type: "refused";
    readonly fault: "label" | "encryption";
    readonly reason: string;
};
export declare class Envelope {
    #private;
    readonly keyring: Keyring;
    /** Throws `InvalidKeyError`. */
    constructor(options: {
        readonly label?: string | undefined;
        readonly encryption?: EncryptionOptions | undefined;
    });
    /** Bytes that it adds to a datagram. */
    get overheadBytes(): number;
    /** True when what comes in must be encrypted. */
    get refusesPlaintext(): boolean;
    /** Puts a datagram in. */
    sealPacket(plain: Uint8Array): Uint8Array;
    /** Takes a datagram out. */
    openPacket(packet: Uint8Array): OpenedDatagram;
    /** Puts what the dialling side of a stream says in; undefined when it is too long to be encrypted. */
    sealRequest(plain: Uint8Array): Uint8Array | undefined;
    /** Puts the answer on a stream in: its label is authenticated, but not said again. */
    sealReply(plain: Uint8Array): Uint8Array | undefined;
    /** Bytes of the label before what a peer says; whether it is another label or none instead, or cut. */
    labelBytesOf(bytes: Uint8Array): number | "other" | "cut";
    /** Opens a whole encrypted frame of TCP. */
    openFrame(frame: Uint8Array): Opened;
}
