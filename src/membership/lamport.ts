/**
 * How far ahead of a clock a number may be that comes from the network. Nobody counts that far unheard; but whoever
 * follows one absurd number is no longer understood by those who did not hear it, and nobody counts on from the last one.
 */
const jumpMax = 2 ** 32;

/** What a node that joins takes over at most: from here on there is room to count for centuries. */
export const lamportMax: number = 2 ** 52;

/** A Lamport clock as Serf counts: from 1, and always beyond what was seen. */
export class LamportClock {
  #time = 1;

  /** The number that the next message carries. */
  get time(): number {
    return this.#time;
  }

  /** Makes the clock pass a number. */
  increment(): void {
    this.witness(this.#time);
  }

  /** Whether somebody may have counted so far. Infinite is what does not fit a number. */
  believes(time: number): boolean {
    return time - this.#time <= jumpMax;
  }

  /** Takes notice of a number seen elsewhere. Those beyond belief are left to the caller. */
  witness(time: number): void {
    if (time >= this.#time) this.#time = Math.min(time + 1, Number.MAX_SAFE_INTEGER);
  }
}
