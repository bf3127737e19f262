import type { Directory } from "./directory.ts";
import type { PlacedFrame } from "./feed.ts";
import { type FilePool, PooledFile } from "./file_pool.ts";
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

/** The base offset that a segment's file name tells; undefined when it is no such name. */
export function segmentBaseOffset(name: string): number | undefined {
  const digits = /^(\d{20})\.log$/.exec(name)?.[1];
  const offset = Number(digits);
  return Number.isSafeInteger(offset) ? offset : undefined;
}

/** One file of frames and where they are in it. */
export class Segment {
  readonly baseOffset: number;
  readonly file: PooledFile;
  index: SegmentIndex;
  /** Exact positions at which readers stopped, so that they go on without a search. */
  readonly #readers = new Map<number, number>();

  constructor(pool: FilePool, directory: Directory, baseOffset: number, indexEveryBytes: number) {
    this.baseOffset = baseOffset;
    this.file = new PooledFile(pool, directory, segmentName(baseOffset));
    this.index = new SegmentIndex(baseOffset, indexEveryBytes);
  }

  /** Bytes of the frames that count; the file may have more while a group is being written. */
  get bytes(): number {
    return this.index.bytes;
  }

  /** The offset after its last record. */
  get nextOffset(): number {
    return this.index.nextOffset;
  }

  add(frame: PlacedFrame): void {
    this.index.add(frame);
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

  /** A position at or before the frame that holds `offset`. */
  positionOf(offset: number): number {
    return this.#readers.get(offset) ?? this.index.positionOf(offset);
  }
}
