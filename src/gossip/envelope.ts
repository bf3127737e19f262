/**
 * What goes around everything that a node sends: the label that keeps clusters apart, and encryption. Outermost the
 * label, `f4 len label`; within it `version nonce[12] ciphertext tag[16]`, which on TCP stands in a frame, `0a len[4]`.
 */
import { concat, sameBytes, toBytes, viewOf } from "../base/mod.ts";
import { type Cipher, nonceBytes, tagBytes } from "./cipher.ts";
import { Keyring, type KeyringListener } from "./keyring.ts";
import { messageType } from "./wire.ts";

/** Bytes of a label: its length is one byte, and 0 means none. */
export const labelBytesMax = 255;

/** Bytes of one encrypted frame on TCP: memberlist's limit. */
export const frameBytesMax = 20_971_520;

/** The type byte and the length of what follows. */
export const frameHeaderBytes = 5;

/** Version, nonce and tag: what encryption adds to a text of any length. */
const sealedOverheadBytes = 1 + nonceBytes + tagBytes;

/** The block that texts of version 0 are padded to. */
const blockBytes = 16;

const noBytes: Uint8Array = new Uint8Array(0);

/** What memberlist writes, word for word: operators search for it. Newer ones write it in lower case. */
export const envelopeTexts = {
  notConfigured: "Remote state is encrypted and encryption is not configured",
  notEncrypted: "Encryption is configured but remote state is not encrypted",
  noKey: "No installed keys could decrypt the message",
} as const;

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
export type Opened =
  | { readonly type: "opened"; readonly bytes: Uint8Array }
  | { readonly type: "refused"; readonly reason: string };

/** The same of a datagram; the fault is the name of a drop. */
export type OpenedDatagram =
  | { readonly type: "opened"; readonly bytes: Uint8Array }
  | { readonly type: "refused"; readonly fault: "label" | "encryption"; readonly reason: string };

export class Envelope {
  readonly keyring: Keyring;
  readonly #label: Uint8Array;
  /** What stands before everything: empty without a label. */
  readonly #prefix: Uint8Array;
  readonly #cipher: Cipher | undefined;
  readonly #verifyIncoming: boolean;
  readonly #verifyOutgoing: boolean;

  /** Throws `InvalidKeyError`. */
  constructor(options: { readonly label?: string | undefined; readonly encryption?: EncryptionOptions | undefined }) {
    const { encryption } = options;
    this.#label = toBytes(options.label ?? "");
    this.#prefix =
      this.#label.length === 0 ? noBytes : concat([Uint8Array.of(messageType.label, this.#label.length), this.#label]);
    this.#cipher = encryption?.cipher;
    this.#verifyIncoming = encryption?.verifyIncoming ?? true;
    this.#verifyOutgoing = encryption?.verifyOutgoing ?? true;
    this.keyring = new Keyring({
      keys: encryption?.keys ?? [],
      keyLengths: encryption?.cipher.keyLengths,
      onChange: encryption?.onKeysChanged,
    });
  }

  /** Bytes that it adds to a datagram. */
  get overheadBytes(): number {
    return this.#prefix.length + (this.#seals() ? sealedOverheadBytes : 0);
  }

  /** True when what comes in must be encrypted. */
  get refusesPlaintext(): boolean {
    return this.keyring.isEnabled && this.#verifyIncoming;
  }

  /** Puts a datagram in. */
  sealPacket(plain: Uint8Array): Uint8Array {
    return concat([this.#prefix, this.#seals() ? this.#seal(plain, this.#label) : plain]);
  }

  /** Takes a datagram out. */
  openPacket(packet: Uint8Array): OpenedDatagram {
    const labelBytes = this.labelBytesOf(packet);
    if (typeof labelBytes === "string") {
      return {
        type: "refused",
        fault: "label",
        reason: "it has another label than this node, or only one of both has any",
      };
    }
    const bytes = packet.subarray(labelBytes);
    if (!this.keyring.isEnabled) return { type: "opened", bytes };
    const opened = this.#open(bytes, this.#label);
    if (opened.type === "opened") return opened;
    // While a cluster moves to encryption, what no key opens may be the plain packet of a node that has none yet.
    return this.#verifyIncoming ? { ...opened, fault: "encryption" } : { type: "opened", bytes };
  }

  /** Puts what the dialling side of a stream says in; undefined when it is too long to be encrypted. */
  sealRequest(plain: Uint8Array): Uint8Array | undefined {
    const reply = this.sealReply(plain);
    return reply && concat([this.#prefix, reply]);
  }

  /** Puts the answer on a stream in: its label is authenticated, but not said again. */
  sealReply(plain: Uint8Array): Uint8Array | undefined {
    if (!this.#seals()) return plain;
    const length = plain.length + sealedOverheadBytes;
    if (length > frameBytesMax) return undefined;
    const header = new Uint8Array(frameHeaderBytes);
    header[0] = messageType.encrypt;
    viewOf(header).setUint32(1, length);
    return concat([header, this.#seal(plain, concat([header, this.#label]))]);
  }

  /** Bytes of the label before what a peer says; whether it is another label or none instead, or cut. */
  labelBytesOf(bytes: Uint8Array): number | "other" | "cut" {
    const prefix = this.#prefix;
    if (prefix.length === 0) return bytes[0] === messageType.label ? "other" : 0;
    const length = Math.min(bytes.length, prefix.length);
    if (!sameBytes(bytes.subarray(0, length), prefix.subarray(0, length))) return "other";
    return length < prefix.length ? "cut" : prefix.length;
  }

  /** Opens a whole encrypted frame of TCP. */
  openFrame(frame: Uint8Array): Opened {
    const header = frame.subarray(0, frameHeaderBytes);
    return this.#open(frame.subarray(frameHeaderBytes), concat([header, this.#label]));
  }

  #seals(): boolean {
    return this.#verifyOutgoing && this.keyring.isEnabled;
  }

  #seal(plain: Uint8Array, additional: Uint8Array): Uint8Array {
    const cipher = this.#cipher as Cipher;
    const nonce = cipher.nonce();
    const sealed = cipher.seal(this.keyring.primary as Uint8Array, nonce, plain, additional);
    // Version 1: without padding. All that speak memberlist's protocol 2 take it.
    return concat([Uint8Array.of(1), nonce, sealed]);
  }

  #open(bytes: Uint8Array, additional: Uint8Array): Opened {
    const version = bytes[0] ?? 0;
    if (version > 1) return { type: "refused", reason: `Unsupported encryption version ${version}` };
    if (bytes.length < sealedOverheadBytes) {
      return { type: "refused", reason: `Payload is too small to decrypt: ${bytes.length}` };
    }
    const nonce = bytes.subarray(1, 1 + nonceBytes);
    const sealed = bytes.subarray(1 + nonceBytes);
    for (const key of this.keyring.keys) {
      const padded = this.#cipher?.open(key, nonce, sealed, additional);
      const plain = padded === undefined || version === 1 ? padded : withoutPadding(padded);
      if (plain !== undefined) return { type: "opened", bytes: plain };
    }
    return { type: "refused", reason: envelopeTexts.noKey };
  }
}

/** A text of version 0 ends with 1 to 16 bytes that each say how many they are. Undefined when they do not. */
function withoutPadding(padded: Uint8Array): Uint8Array | undefined {
  const padding = padded.at(-1) ?? 0;
  if (padding < 1 || padding > blockBytes || padded.length % blockBytes !== 0) return undefined;
  return padded.subarray(0, padded.length - padding);
}
