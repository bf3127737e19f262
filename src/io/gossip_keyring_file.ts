/** The file that a node keeps its encryption keys in: a JSON array of base64, the primary first, as Serf writes it. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";

/** Bytes of the file: room for many times the keys that one ring may have. */
const fileBytesMax = 65_536;

/** A keyring file that cannot be read, or is none. */
export class KeyringFileError extends Error {
  override readonly name = "KeyringFileError";
  readonly code = "KEYRING_FILE";
  readonly path: string;

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`Cannot use keyring file ${path}: ${problem}`, options);
    this.path = path;
  }
}

/** The keys as they stand in the file, at least one. Rejects with `KeyringFileError`. */
export async function readKeyringFile(path: string): Promise<string[]> {
  return readKeyringText(path, await readBounded(path));
}

/** The keys in the text of the file at `path`. Throws `KeyringFileError`. */
export function readKeyringText(path: string, text: string): string[] {
  let keys: unknown;
  try {
    keys = JSON.parse(text);
  } catch {
    // Not the parser's own words: they repeat a part of the file, and that may be a key.
    throw new KeyringFileError(path, "it is no JSON, wanted is an array of keys in base64");
  }
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string")) {
    throw new KeyringFileError(path, "it is no array of strings, wanted is one of keys in base64");
  }
  if (keys.length === 0) throw new KeyringFileError(path, "it holds no key, wanted is at least one");
  return keys;
}

async function readBounded(path: string): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      if (size > fileBytesMax) throw new KeyringFileError(path, `it has ${size} bytes, allowed are ${fileBytesMax}`);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof KeyringFileError) throw error;
    throw new KeyringFileError(path, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/**
 * Writes the keys in place of those in the file, whole or not at all, readable by its owner alone. Returns what went
 * wrong. Synchronous: whoever asked for the change hears whether it will outlast this process.
 */
export function writeKeyringFile(path: string, keys: readonly string[]): string | undefined {
  const written = `${path}.new`;
  try {
    const file = openSync(written, "w", 0o600);
    try {
      writeSync(file, JSON.stringify(keys, null, 2));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(written, path);
    return undefined;
  } catch (error) {
    rmSync(written, { force: true });
    return `Cannot write keyring file ${path}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
