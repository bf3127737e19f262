import { assert } from "../base/mod.ts";
import { ReadBuffers } from "./read_buffers.ts";
import type { Chunk, SharedChunk } from "./types.ts";

/** Chunks that all topics keep together, and the largest of them: 32 MiB in all. */
const chunksMax = 32;
const chunkBytesMax = 1_048_576;

/** What a read gave, and how to give the memory of its frames back; undefined where it has no second use. */
export interface ReadChunk extends Chunk {
  /** Gaps that stand for what is damaged now: a repair changes what is to be read there. */
  readonly isLost?: boolean;
  readonly giveBack: (() => void) | undefined;
}

/**
 * What was read last, for many who read the same places of the same topics at about the same time: one read of the disk,
 * one array, however many tails there are. Frames never change, so that an old chunk is as good as a new one,
 * but for a repair, which may put others in their place: a place tells how many there were, too.
 */
export class SharedReads {
  /** Where reads that are shared may be read into. */
  readonly buffers: ReadBuffers = new ReadBuffers();
  readonly #reads = new Map<string, SharedRead>();

  /** The chunk at a place: the one that is there, or on its way, or else what `read` gives. */
  read(place: string, read: () => Promise<ReadChunk>): Promise<SharedChunk> {
    const known = this.#reads.get(place);
    if (known !== undefined) return known.take();
    const reading = new SharedRead(read());
    this.#reads.set(place, reading);
    if (this.#reads.size > chunksMax) this.#forget(this.#reads.keys().next().value as string);
    const forget = (): void => {
      if (this.#reads.get(place) === reading) this.#forget(place);
    };
    const chunk = reading.take();
    // An empty chunk tells of an end that moves; a failure, of a disk that may be well again.
    chunk.then(({ frames }) => {
      if (frames.length === 0 || frames.length > chunkBytesMax || reading.isLost) forget();
    }, forget);
    return chunk;
  }

  #forget(place: string): void {
    this.#reads.get(place)?.forget();
    this.#reads.delete(place);
  }
}

/** One read and those who look at what it gave. */
class SharedRead {
  readonly #chunk: Promise<SharedChunk>;
  #giveBack: (() => void) | undefined;
  /** Those who asked and did not say yet that they are done. */
  #readers = 0;
  #isForgotten = false;
  isLost = false;

  constructor(reading: Promise<ReadChunk>) {
    this.#chunk = reading.then(({ frames, nextOffset, giveBack, isLost = false }) => {
      this.#giveBack = giveBack;
      this.isLost = isLost;
      return { frames, nextOffset, release: () => this.#release() };
    });
  }

  take(): Promise<SharedChunk> {
    this.#readers++;
    return this.#chunk;
  }

  /** Nobody takes it from now on. */
  forget(): void {
    this.#isForgotten = true;
    this.#giveBackIfUnused();
  }

  #release(): void {
    this.#readers--;
    assert(this.#readers >= 0, "each reader of a chunk releases it once");
    this.#giveBackIfUnused();
  }

  #giveBackIfUnused(): void {
    if (this.#readers > 0 || !this.#isForgotten) return;
    this.#giveBack?.();
    this.#giveBack = undefined;
  }
}
