/**
 * Copies that this node dropped while other nodes keep theirs. When such a topic comes back it begins empty, and what this
 * node wrote to it is pulled as anybody's: until then its writer would number new records as it numbered those. So a drop
 * notes, before anything is removed, whose feed goes; a topic that comes back under the same writer has a new one minted.
 */
import {
  type Checksum,
  isWriterId,
  toBytes,
  topicOfKey,
  topicsMax,
  toText,
  viewOf,
  type WriterId,
} from "../base/mod.ts";
import type { Directory } from "./directory.ts";

const releasedFileName = "released";
/** First four bytes of the file: "GVD1". After them the checksum of what follows, which is JSON. */
const releasedMagic = 0x31445647;
const headBytes = 8;

export class Releases {
  readonly #directory: Directory;
  readonly #checksum: Checksum;
  /** Writers of the feeds that went, by the names of their topics' directories. */
  readonly #writers: Map<string, WriterId>;
  /** Nobody knows what the file said. */
  #isDamaged: boolean;

  /** `file` is undefined when there is none. */
  static async open(directory: Directory, checksum: Checksum): Promise<Releases> {
    const file = await directory.readFile(releasedFileName);
    const writers = file === undefined ? new Map<string, WriterId>() : decode(file, checksum);
    return new Releases(directory, checksum, writers);
  }

  private constructor(directory: Directory, checksum: Checksum, writers: Map<string, WriterId> | undefined) {
    this.#directory = directory;
    this.#checksum = checksum;
    this.#writers = writers ?? new Map();
    this.#isDamaged = writers === undefined;
  }

  /** Resolves when it is durable that a feed of this writer goes with its topic's directory. */
  async note(folder: string, writer: WriterId): Promise<void> {
    if (this.#writers.get(folder) === writer) return;
    // Feeds of earlier writers are not written on anyway.
    for (const [other, of] of this.#writers) if (of !== writer) this.#writers.delete(other);
    this.#writers.set(folder, writer);
    await this.#directory.replaceFile(releasedFileName, encode(this.#writers, this.#checksum));
    this.#isDamaged = false;
  }

  /** Whether a feed of this writer may have been in a topic that begins anew. */
  hadFeedOf(writer: WriterId, folder: string): boolean {
    return this.#isDamaged || this.#writers.get(folder) === writer;
  }

  /** A new writer was minted: what earlier ones wrote is not written on. */
  minted(): void {
    this.#isDamaged = false;
  }
}

function encode(writers: ReadonlyMap<string, WriterId>, checksum: Checksum): Uint8Array {
  const text = toBytes(JSON.stringify(Object.fromEntries(writers)));
  const bytes = new Uint8Array(headBytes + text.length);
  bytes.set(text, headBytes);
  viewOf(bytes).setUint32(0, releasedMagic, true);
  viewOf(bytes).setUint32(4, checksum(text), true);
  return bytes;
}

/** Undefined when the file is damaged. */
function decode(bytes: Uint8Array, checksum: Checksum): Map<string, WriterId> | undefined {
  if (bytes.length < headBytes) return undefined;
  const text = bytes.subarray(headBytes);
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== releasedMagic || view.getUint32(4, true) !== checksum(text)) return undefined;
  const entries = Object.entries(JSON.parse(toText(text)) as Record<string, string>);
  if (entries.length > topicsMax) return undefined;
  if (entries.some(([folder, writer]) => topicOfKey(folder) === undefined || !isWriterId(writer))) return undefined;
  return new Map(entries);
}
