/** Numbers in a typed array that grows: 8 bytes each, without a box. */
export class Numbers {
  #values: Float64Array;
  #length = 0;

  constructor(capacity = 8) {
    this.#values = new Float64Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return this.#values[index] as number;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Float64Array(2 * this.#length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  /** Takes out the values from one index up to another. */
  remove(from: number, to: number): void {
    this.#values.copyWithin(from, to, this.#length);
    this.#length -= to - from;
  }

  /** Index of the last value that is at most `value`, in values that never fall; −1 when all are above. */
  lastAtMost(value: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle) <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
