/** AES-GCM by the runtime's own cryptography. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { concat } from "../base/mod.ts";
import type { Cipher } from "../gossip/mod.ts";

/** AES-GCM's own, as the port asks for them. */
const nonceBytes = 12;
const tagBytes = 16;

const algorithms = { 16: "aes-128-gcm", 24: "aes-192-gcm", 32: "aes-256-gcm" } as const;

const options = { authTagLength: tagBytes } as const;

/** Lengths of keys that this runtime takes. Deno has no AES-192, and says so only when it is asked to use it. */
const keyLengths: readonly number[] = ([16, 24, 32] as const).filter((length) => {
  try {
    createCipheriv(algorithms[length], new Uint8Array(length), new Uint8Array(nonceBytes), options);
    return true;
  } catch {
    return false;
  }
});

function algorithmOf(key: Uint8Array): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  // The keyring takes only keys of these lengths.
  return algorithms[key.length as keyof typeof algorithms];
}

export const systemCipher: Cipher = {
  keyLengths,
  nonce: () => new Uint8Array(randomBytes(nonceBytes)),
  seal(key, nonce, plaintext, additional) {
    const cipher = createCipheriv(algorithmOf(key), key, nonce, options);
    if (additional.length > 0) cipher.setAAD(additional);
    const parts = [cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
    return concat(parts);
  },
  open(key, nonce, sealed, additional) {
    const textBytes = sealed.length - tagBytes;
    if (textBytes < 0) return undefined;
    const decipher = createDecipheriv(algorithmOf(key), key, nonce, options);
    if (additional.length > 0) decipher.setAAD(additional);
    decipher.setAuthTag(sealed.subarray(textBytes));
    const text = decipher.update(sealed.subarray(0, textBytes));
    try {
      return concat([text, decipher.final()]);
    } catch {
      // The tag does not fit: what was decrypted so far is worth nothing, and is dropped.
      return undefined;
    }
  },
};
