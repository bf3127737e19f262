import type { Directory } from "./directory.ts";
import type { PlacedFrame } from "./feed.ts";
import { type FilePool, PooledFile } from "./file_pool.ts";
import type { Head } from "./heads.ts";
import { SegmentIndex } from "./segment_index.ts";

const offsetDigits = 20;
/** Readers of one segment whose places are remembered. */
const readersMax = 64;

export function segmentName(baseOffset: number): string {
  return `${String(baseOffset).padStart(offsetDigits, "0")}.log`;
}

export function indexName(baseOffset: number): string {
  return `${String(baseOffset).padStart(offsetDigits, "0")}.index`;
}

/** What was known of the topic's producers when the segment was the last one. */
export function producersName(baseOffset: number): string {
  return `${String(baseOffset).padStart(offsetDigits, "0")}.producers`;
}

/** The base offset that such a file's name tells; undefined when it is no such name. */
export function segmentOfProducers(name: string): number | undefined {
  const offset = Number(/^(\d{20})\.producers$/.exec(name)?.[1]);
  return Number.isSafeInteger(offset) ? offset : undefined;
}

/** What compaction writes of a segment until it takes its place. */
export function compactedName(baseOffset: number): string {
  return `${String(baseOffset).padStart(offsetDigits, "0")}.compacted`;
}

/** What a repair writes of a segment until it takes its place: a compaction of the same one may be on its way. */
export function repairedName(baseOffset: number): string {
  return `${String(baseOffset).padStart(offsetDigits, "0")}.repaired`;
}

/** True for what compaction or a repair had begun and not put in its place. */
export function isDraftName(name: string): boolean {
  return /^\d{20}\.(compacted|repaired)$/.test(name);
}

/** The base offset that a segment's file name tells; undefined when it is no such name. */
export function segmentBaseOffset(name: string): number | undefined {
  const digits = /^(\d{20})\.log$/.exec(name)?.[1];
  const offset = Number(digits);
  return Number.isSafeInteger(offset) ? offset : undefined;
}

export interface SegmentPlace {
  readonly baseOffset: number;
  /** What stands below it. */
  readonly head: Head;
}

/** One file of frames and where they are in it. */
export class Segment {
  readonly baseOffset: number;
  readonly head: Head;
  readonly file: PooledFile;
  index: SegmentIndex;
  /** What the journal knows by that it will have this segment settled. */
  journalFilling: object | undefined;
  /** Exact positions at which readers stopped, so that they go on without a search. */
  readonly #readers = new Map<number, number>();
  /** Newest frames, which the journal holds and the file does not yet. The journal's size bounds them. */
  #unsettled: Uint8Array[] = [];
  #unsettledBytes = 0;
  #settling: Promise<void> = Promise.resolve();

  constructor(pool: FilePool, directory: Directory, { baseOffset, head }: SegmentPlace, indexEveryBytes: number) {
    this.baseOffset = baseOffset;
    this.head = head;
    this.file = new PooledFile(pool, directory, segmentName(baseOffset));
    this.index = new SegmentIndex(baseOffset, indexEveryBytes);
  }

  /** Bytes of the frames that count; the file may have more while a group is being written. */
  get bytes(): number {
    return this.index.bytes;
  }

  /** Bytes of the frames that count and are in the file; the rest is in the journal and in memory. */
  get settledBytes(): number {
    return this.index.bytes - this.#unsettledBytes;
  }

  /** The offset after its last record. */
  get nextOffset(): number {
    return this.index.nextOffset;
  }

  add(frame: PlacedFrame): void {
    this.index.add(frame);
  }

  /** Takes in a frame that the journal made durable. */
  addUnsettled(frame: PlacedFrame, bytes: Uint8Array): void {
    this.index.add(frame);
    this.#unsettled.push(bytes);
    this.#unsettledBytes += bytes.length;
  }

  /** Writes what is in the journal only to the file, durably. When it fails, nothing is forgotten: call it again. */
  settle(): Promise<void> {
    this.#settling = this.#settling.catch(() => undefined).then(() => this.#settleNow());
    return this.#settling;
  }

  /**
   * Forgets what is in the journal only, and lets nobody use the file any more, which is to be removed. Resolves when those
   * who use it are done. Both in one step: whoever came in between would find the file shorter than it should be.
   */
  discard(): Promise<void> {
    this.#settling = this.#settling
      .catch(() => undefined)
      .then(() => {
        this.#unsettled = [];
        this.#unsettledBytes = 0;
        return this.file.retire();
      });
    return this.#settling;
  }

  async #settleNow(): Promise<void> {
    // Nothing of it leaves memory before the sync: pages that a failed one dropped are written anew by the next call.
    const parts = this.#unsettled.slice();
    if (parts.length === 0) return;
    await this.file.use(async (file) => {
      file.write(this.settledBytes, parts);
      await file.sync();
    });
    this.#unsettled.splice(0, parts.length);
    for (const part of parts) this.#unsettledBytes -= part.length;
  }

  /** Up to `length` bytes from `position`, from the file, then perhaps into `into`, or from what is not in it yet. */
  async read(position: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
    const { settledBytes } = this;
    const end = Math.min(position + length, this.bytes);
    if (end <= settledBytes) return this.file.use((file) => file.read(position, length, into));
    const bytes = new Uint8Array(end - position);
    let at = settledBytes;
    for (const part of this.#unsettled) {
      if (at >= end) break;
      const from = Math.max(0, position - at);
      if (from < part.length) bytes.set(part.subarray(from, end - at), Math.max(0, at - position));
      at += part.length;
    }
    if (position >= settledBytes) return bytes;
    const settled = await this.file.use((file) => file.read(position, settledBytes - position));
    // A file that lost its end gives less: then nothing that follows is where it should be.
    if (settled.length < settledBytes - position) return settled;
    bytes.set(settled);
    return bytes;
  }

  /** Remembers where a reader that goes on at `offset` will find its frame. */
  remember(offset: number, position: number): void {
    this.#readers.delete(offset);
    this.#readers.set(offset, position);
    if (this.#readers.size <= readersMax) return;
    for (const oldest of this.#readers.keys()) {
      this.#readers.delete(oldest);
      return;
    }
  }

  /** Frames stand in another order: where readers stopped, none may begin. */
  forgetReaders(): void {
    this.#readers.clear();
  }

  /** The position at which a reader stopped who goes on at `offset`; undefined when none did. */
  rememberedPositionOf(offset: number): number | undefined {
    return this.#readers.get(offset);
  }
}
