import { sameBytes } from "../base/mod.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";

/** Lengths of AES keys, in bytes. */
const aesKeyLengths: readonly number[] = [16, 24, 32];

/** Keys of one ring. A rotation needs two, a rotation during a rotation three; each costs one try for every stranger's packet. */
export const keysMax = 32;

/** A key that no node can run with. Never says the key itself. */
export class InvalidKeyError extends RangeError {
  override readonly name = "InvalidKeyError";
  readonly code = "INVALID_KEY";

  constructor(problem: string) {
    super(`Cannot use the encryption key: ${problem}`);
  }
}

/** The bytes of a key as `serf keygen` prints it. Throws `InvalidKeyError`. */
export function parseKey(text: string): Uint8Array {
  const key = decodeBase64(text);
  if (key === undefined)
    throw new InvalidKeyError(`its ${text.length} characters are no base64, wanted is padded base64`);
  const fault = lengthFault(key, aesKeyLengths);
  if (fault !== undefined) throw new InvalidKeyError(fault);
  return key;
}

/** How the ring's keys are written in files and answers. */
export function formatKey(key: Uint8Array): string {
  return encodeBase64(key);
}

function lengthFault(key: Uint8Array, allowed: readonly number[]): string | undefined {
  if (allowed.includes(key.length)) return undefined;
  if (!aesKeyLengths.includes(key.length)) return `it has ${key.length} bytes, allowed are 16, 24 and 32`;
  const known = allowed.join(" and ");
  return `it has ${key.length} bytes, and the cryptography of this runtime takes only ${known}`;
}

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
export class Keyring {
  #keys: readonly Uint8Array[];
  readonly #keyLengths: readonly number[];
  readonly #onChange: KeyringListener;

  /** Throws `InvalidKeyError`. */
  constructor(options: KeyringOptions) {
    this.#keyLengths = options.keyLengths ?? aesKeyLengths;
    this.#onChange = options.onChange ?? (() => undefined);
    const keys: Uint8Array[] = [];
    for (const key of options.keys) {
      const fault = lengthFault(key, this.#keyLengths);
      if (fault !== undefined) throw new InvalidKeyError(fault);
      if (!keys.some((known) => sameBytes(known, key))) keys.push(key.slice());
    }
    if (keys.length > keysMax) throw new InvalidKeyError(`it is one of ${keys.length}, allowed are ${keysMax}`);
    this.#keys = keys;
  }

  /** In the order in which they are tried: the primary first. */
  get keys(): readonly Uint8Array[] {
    return this.#keys;
  }

  /** What is sent is encrypted with it; undefined when nothing is. */
  get primary(): Uint8Array | undefined {
    return this.#keys[0];
  }

  /** True when this node encrypts at all. */
  get isEnabled(): boolean {
    return this.#keys.length > 0;
  }

  /** Adds a key, to be understood but not yet used. One that is there already is no fault. */
  install(key: Uint8Array): string | undefined {
    if (!this.isEnabled) return "No keyring to modify (encryption not enabled)";
    if (!aesKeyLengths.includes(key.length)) return "key size must be 16, 24 or 32 bytes";
    const fault = lengthFault(key, this.#keyLengths);
    if (fault !== undefined) return `Cannot install the key: ${fault}`;
    if (this.#has(key)) return this.#onChange(this.#keys);
    if (this.#keys.length >= keysMax) return `Cannot install the key: the keyring has ${keysMax} keys, and no more fit`;
    return this.#change([...this.#keys, key.slice()]);
  }

  /** Makes a key that is in the ring the primary. */
  use(key: Uint8Array): string | undefined {
    if (!this.isEnabled) return "No keyring to modify (encryption not enabled)";
    if (!this.#has(key)) return "Requested key is not in the keyring";
    return this.#change([key.slice(), ...this.#without(key)]);
  }

  /** Takes a key out: what is encrypted with it is not understood any more. One that is not there is no fault. */
  remove(key: Uint8Array): string | undefined {
    if (!this.isEnabled) return "No keyring to modify (encryption not enabled)";
    if (sameBytes(key, this.#keys[0] as Uint8Array)) return "Removing the primary key is not allowed";
    return this.#change(this.#without(key));
  }

  /** The keys in base64, for those who are allowed to know them: they are in the ring. */
  list(): { readonly keys: readonly string[]; readonly primaryKey: string; readonly fault: string | undefined } {
    const keys = this.#keys.map(formatKey);
    const fault = this.isEnabled ? undefined : "Keyring is empty (encryption not enabled)";
    return { keys, primaryKey: keys[0] ?? "", fault };
  }

  #has(key: Uint8Array): boolean {
    return this.#keys.some((known) => sameBytes(known, key));
  }

  #without(key: Uint8Array): Uint8Array[] {
    return this.#keys.filter((known) => !sameBytes(known, key));
  }

  #change(keys: readonly Uint8Array[]): string | undefined {
    this.#keys = keys;
    return this.#onChange(keys);
  }
}
