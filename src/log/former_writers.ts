/** Which writers this directory had before: where a feed of theirs has two histories, ours is produced again (rule R6). */
import { type Checksum, fromHex, toHex, viewOf, type WriterId } from "../base/mod.ts";
import type { Directory } from "./directory.ts";

export const formerWritersFileName = "former-writers";
/** First four bytes of the file: "GVO1". */
const formerMagic = 0x314f5647;
const headBytes = 16;
const formatVersion = 1;
/** Of more writers than these the oldest is forgotten: nobody looks for forks of its feeds any more. */
export const formerWritersMax = 16;

export class FormerWriters {
  readonly #directory: Directory;
  readonly #checksum: Checksum;
  /** Oldest first. */
  #writers: readonly WriterId[];

  private constructor(directory: Directory, checksum: Checksum, writers: readonly WriterId[]) {
    this.#directory = directory;
    this.#checksum = checksum;
    this.#writers = writers;
  }

  /** Damage in the file is no reason to refuse the log: it only forgets. */
  static async open(directory: Directory, checksum: Checksum): Promise<FormerWriters> {
    const bytes = await directory.readFile(formerWritersFileName);
    return new FormerWriters(directory, checksum, bytes === undefined ? [] : decodeFormerWriters(bytes, checksum));
  }

  get writers(): readonly WriterId[] {
    return this.#writers;
  }

  /** Durable when it resolves. */
  async add(writer: WriterId): Promise<void> {
    const writers = [...this.#writers.filter((one) => one !== writer), writer].slice(-formerWritersMax);
    await this.#directory.replaceFile(formerWritersFileName, encode(writers, this.#checksum));
    this.#writers = writers;
  }
}

function encode(writers: readonly WriterId[], checksum: Checksum): Uint8Array {
  const bytes = new Uint8Array(headBytes + 8 * writers.length);
  const view = viewOf(bytes);
  view.setUint32(0, formerMagic, true);
  view.setUint16(8, formatVersion, true);
  view.setUint32(12, writers.length, true);
  for (const [index, writer] of writers.entries()) bytes.set(fromHex(writer) as Uint8Array, headBytes + 8 * index);
  view.setUint32(4, checksum(bytes.subarray(8)), true);
  return bytes;
}

/** None where the file is damaged. */
export function decodeFormerWriters(bytes: Uint8Array, checksum: Checksum): readonly WriterId[] {
  if (bytes.length < headBytes) return [];
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== formerMagic || view.getUint16(8, true) !== formatVersion) return [];
  if (view.getUint32(4, true) !== checksum(bytes.subarray(8))) return [];
  const count = view.getUint32(12, true);
  if (count > formerWritersMax || bytes.length !== headBytes + 8 * count) return [];
  return Array.from({ length: count }, (_, index) =>
    toHex(bytes.subarray(headBytes + 8 * index, headBytes + 8 * index + 8)),
  );
}
