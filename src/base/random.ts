/**
 * Reproducible randomness: one seed gives the same numbers on every runtime. Only 32-bit integer arithmetic.
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand); seeds are spread by an FNV-1a hash with a final mix.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed` may be any text or number; production passes entropy, tests pass a number. */
  constructor(seed: string | number) {
    const text = String(seed);
    this.#a = hash(text, 0x811c9dc5);
    this.#b = hash(text, 0x9e3779b9);
    this.#c = hash(text, 0x85ebca6b);
    for (let round = 0; round < 15; round++) this.uint32();
  }

  /** A generator of its own, independent of how much is drawn from this one afterwards. */
  fork(name: string): Random {
    return new Random(`${this.uint32()}/${name}`);
  }

  /** A whole number from 0 to 2^32 − 1. */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** A whole number from 0 to `bound` − 1. `bound` is at least 1 and below 2^32. */
  below(bound: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * bound);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean {
    return this.uint32() < probability * 0x1_0000_0000;
  }

  /** One of the items; undefined when there are none. */
  pick<Item>(items: readonly Item[]): Item | undefined {
    return items.length === 0 ? undefined : items[this.below(items.length)];
  }

  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<Item>(items: Item[]): Item[] {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const item = items[last] as Item;
      items[last] = items[other] as Item;
      items[other] = item;
    }
    return items;
  }

  /** Random bytes. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let index = 0; index < length; index++) bytes[index] = this.uint32() >>> 24;
    return bytes;
  }
}

function hash(text: string, basis: number): number {
  let state = basis;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
