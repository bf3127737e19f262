import type { Chunk } from "./types.ts";

/** Chunks that all topics keep together, and the largest of them: 32 MiB in all. */
const chunksMax = 32;
const chunkBytesMax = 1_048_576;

/**
 * What was read last, for many who read the same places of the same topics at about the same time: one read of the disk,
 * one array, however many tails there are. Frames never change, so that an old chunk is as good as a new one.
 */
export class SharedReads {
  readonly #chunks = new Map<string, Promise<Chunk>>();

  /** The chunk at a place: the one that is there, or on its way, or else what `read` gives. */
  read(place: string, read: () => Promise<Chunk>): Promise<Chunk> {
    const known = this.#chunks.get(place);
    if (known !== undefined) return known;
    const reading = read();
    this.#chunks.set(place, reading);
    if (this.#chunks.size > chunksMax) this.#forget(this.#chunks.keys().next().value as string);
    const forget = (): void => {
      if (this.#chunks.get(place) === reading) this.#forget(place);
    };
    // An empty chunk tells of an end that moves; a failure, of a disk that may be well again.
    reading.then(({ frames }) => {
      if (frames.length === 0 || frames.length > chunkBytesMax) forget();
    }, forget);
    return reading;
  }

  #forget(place: string): void {
    this.#chunks.delete(place);
  }
}
