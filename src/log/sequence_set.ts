/** Ranges without a hole between that one producer's set remembers. Beyond, the lowest are forgotten. */
export const sequenceRangesMax = 256;

/**
 * Which of a producer's sequences are held: exactly, as ranges, because they need not come in order nor be whole. What
 * it says is held was added; of what was added it may have forgotten the lowest.
 */
export class SequenceSet {
  /** First and last of each range, ascending. Ranges neither overlap nor touch. */
  readonly #bounds: number[] = [];

  /** First and last of each range in turn, ascending. */
  get bounds(): readonly number[] {
    return this.#bounds;
  }

  /** How much of a range is held, and the first of the ranges that it meets. */
  meets(first: number, last: number): { readonly held: "part" | "all"; readonly range: SequenceRange } | undefined {
    const bounds = this.#bounds;
    if (bounds.length === 0 || first > (bounds[bounds.length - 1] as number)) return undefined;
    const index = this.#rangeFrom(first);
    const range = { first: bounds[index] as number, last: bounds[index + 1] as number };
    if (range.first > last) return undefined;
    return { held: range.first <= first && last <= range.last ? "all" : "part", range };
  }

  add(first: number, last: number): void {
    const bounds = this.#bounds;
    const end = bounds.length;
    if (end > 0 && first === (bounds[end - 1] as number) + 1) bounds[end - 1] = last;
    else if (end === 0 || first > (bounds[end - 1] as number)) bounds.push(first, last);
    else this.#merge(first, last);
    if (bounds.length > 2 * sequenceRangesMax) bounds.splice(0, bounds.length - 2 * sequenceRangesMax);
  }

  #merge(first: number, last: number): void {
    const bounds = this.#bounds;
    // Ranges that touch become one as well.
    const from = this.#rangeFrom(first - 1);
    let to = from;
    let [lowest, highest] = [first, last];
    while (to < bounds.length && (bounds[to] as number) <= last + 1) {
      lowest = Math.min(lowest, bounds[to] as number);
      highest = Math.max(highest, bounds[to + 1] as number);
      to += 2;
    }
    bounds.splice(from, to - from, lowest, highest);
  }

  /** Where the first range begins that ends at or after a sequence. */
  #rangeFrom(sequence: number): number {
    let low = 0;
    let high = this.#bounds.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#bounds[2 * middle + 1] as number) < sequence) low = middle + 1;
      else high = middle;
    }
    return 2 * low;
  }
}

export interface SequenceRange {
  readonly first: number;
  readonly last: number;
}
