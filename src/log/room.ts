/**
 * Room ahead: zeros behind what a file holds. A sync of a small write costs less where the file's size and blocks stay as
 * they are, because the file system then has nothing of its own to write. Whoever reads the file takes zeros up to its end
 * for nothing (`docs/format.md`).
 */
import type { LogFile } from "./directory.ts";

/** Files get no room before they are so large: many are small for ever. */
const fileBytesMin = 65_536;
/** Room that is made at once, and no more than the file holds: so a file takes at most twice what is in it. */
const stepBytesMax = 1_048_576;

/** A page: writing its zeros before costs next to nothing beside the sync. */
const groupBytesMax = 4_096;
/** Commits of many topics share one sync. Once a file is used again it has all its room. */
const commitBytesMax = 65_536;

/** Where a write will begin and end. */
export interface WriteRange {
  readonly start: number;
  readonly end: number;
}

/** What may get room, for one file. */
export interface RoomLimits {
  /** Larger writes gain little, and cost twice as many bytes. */
  readonly writeBytesMax: number;
  /** Nothing is written from here on. */
  readonly endMax: number;
}

/** The room of one file. */
export class Room {
  readonly #limits: RoomLimits;
  #isMade = false;
  #isRefused = false;

  constructor(limits: RoomLimits) {
    this.#limits = limits;
  }

  /** There may be zeros behind what the file holds. */
  get isMade(): boolean {
    return this.#isMade;
  }

  /** True when `make` would do something. */
  isDue(file: LogFile, { start, end }: WriteRange): boolean {
    const { writeBytesMax, endMax } = this.#limits;
    if (end <= file.size || start < fileBytesMin || this.#isRefused) return false;
    return end - start <= writeBytesMax && end < endMax;
  }

  /** Makes room for this write and some more. Where the disk refuses, the file stays as it was, and is asked no more. */
  async make(file: LogFile, { start, end }: WriteRange): Promise<void> {
    const from = file.size;
    const bytes = Math.min(stepBytesMax, start, this.#limits.endMax - end);
    this.#isMade = true;
    try {
      file.write(from, [new Uint8Array(end + bytes - from)]);
    } catch {
      this.#isRefused = true;
      // What is left of it is nothing, and is cut off when the file is closed or opened.
      await file.truncate(from).catch(() => undefined);
    }
  }
}

/** For a segment of so many bytes. */
export function segmentRoom(segmentBytesMax: number): Room {
  return new Room({ writeBytesMax: groupBytesMax, endMax: segmentBytesMax });
}

/** For one of the journal's files. */
export function journalRoom(journalBytesMax: number): Room {
  return new Room({ writeBytesMax: commitBytesMax, endMax: journalBytesMax });
}

/** Cuts the file to what it holds, durably. */
export async function cutRoom(file: LogFile, bytes: number): Promise<void> {
  if (file.size <= bytes) return;
  await file.truncate(bytes);
  await file.sync();
}
