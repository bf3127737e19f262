import type { WriterId } from "../base/mod.ts";

/** Where a batch stands: in which feed, and at which offset of this node's log. */
export interface BatchPlace {
  readonly writer: WriterId;
  readonly baseSequence: number;
  readonly offset: number;
  readonly count: number;
}

/** What a batch is known by within its producer. Of the same one, all three are the same. */
export interface BatchIdentity {
  readonly epoch: number;
  readonly sequence: number;
  readonly count: number;
}

/** Numbers of one entry: epoch, producer sequence, count, base sequence, offset. */
const columns = 5;
const firstCapacity = 8;

/** The newest batches of a producer and where they stand: a ring that grows up to a bound and then forgets the oldest. */
export class RecentBatches {
  #numbers = new Float64Array(columns * firstCapacity);
  #writers: WriterId[] = [];
  #capacity = firstCapacity;
  /** Index of the oldest entry. */
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds the newest one, and forgets the oldest so that no more than `max` stay. */
  push({ epoch, sequence, count }: BatchIdentity, { writer, baseSequence, offset }: BatchPlace, max: number): void {
    while (this.#length >= max) this.#dropOldest();
    if (this.#length === this.#capacity) this.#grow();
    const index = (this.#head + this.#length) % this.#capacity;
    const at = columns * index;
    const numbers = this.#numbers;
    numbers[at] = epoch;
    numbers[at + 1] = sequence;
    numbers[at + 2] = count;
    numbers[at + 3] = baseSequence;
    numbers[at + 4] = offset;
    this.#writers[index] = writer;
    this.#length++;
  }

  /** Where the batch stands; undefined when it is not among them. */
  find({ epoch, sequence, count }: BatchIdentity): BatchPlace | undefined {
    const numbers = this.#numbers;
    // The newest first: it is mostly what was just sent that is sent again.
    for (let back = this.#length - 1; back >= 0; back--) {
      const index = (this.#head + back) % this.#capacity;
      const at = columns * index;
      if (numbers[at + 1] === sequence && numbers[at] === epoch && numbers[at + 2] === count)
        return this.#placeAt(index);
    }
    return undefined;
  }

  /** From the oldest on. */
  *[Symbol.iterator](): Generator<readonly [BatchIdentity, BatchPlace]> {
    for (let place = 0; place < this.#length; place++) {
      const index = (this.#head + place) % this.#capacity;
      const at = columns * index;
      const [epoch, sequence, count] = [this.#numbers[at], this.#numbers[at + 1], this.#numbers[at + 2]] as number[];
      yield [{ epoch, sequence, count } as BatchIdentity, this.#placeAt(index)];
    }
  }

  #placeAt(index: number): BatchPlace {
    const at = columns * index;
    const count = this.#numbers[at + 2] as number;
    const baseSequence = this.#numbers[at + 3] as number;
    return { writer: this.#writers[index] as WriterId, baseSequence, offset: this.#numbers[at + 4] as number, count };
  }

  #dropOldest(): void {
    this.#head = (this.#head + 1) % this.#capacity;
    this.#length--;
  }

  #grow(): void {
    const numbers = new Float64Array(2 * this.#numbers.length);
    // The ring is full here: what stands before the head follows what stands behind it.
    const cut = columns * this.#head;
    numbers.set(this.#numbers.subarray(cut));
    numbers.set(this.#numbers.subarray(0, cut), this.#numbers.length - cut);
    this.#writers = [...this.#writers.slice(this.#head), ...this.#writers.slice(0, this.#head)];
    this.#numbers = numbers;
    this.#capacity *= 2;
    this.#head = 0;
  }
}
