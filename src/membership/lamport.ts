/**
 * A Lamport clock as Serf counts: from 1, and always beyond what was seen.
 */
export class LamportClock {
  #time = 1;

  /** The number that the next message carries. */
  get time(): number {
    return this.#time;
  }

  /** Makes the clock pass a number. */
  increment(): void {
    this.#time++;
  }

  /** Takes notice of a number seen elsewhere. */
  witness(time: number): void {
    if (time >= this.#time && time < lamportMax) this.#time = time + 1;
  }
}

/**
 * Numbers beyond this are nobody's honest count. Witnessing one would leave the clock where no node can count on, and
 * that for ever: such a message is still judged, but moves no clock.
 */
const lamportMax = 2 ** 48;
