interface Event {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** What happens when, in virtual time. Events of one moment run in the order in which they were scheduled. */
export class EventQueue {
  /** A binary heap, ordered by (atMs, sequence): ties never depend on anything else. */
  readonly #heap: Event[] = [];
  #sequence = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the next event is due; Infinity when there is none. */
  get nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  push(atMs: number, run: () => void): void {
    this.#heap.push({ atMs, sequence: this.#sequence++, run });
    let index = this.#heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Takes the next event out. */
  pop(): (() => void) | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
    return first.run;
  }

  #sink(): void {
    for (let index = 0; ; ) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child;
      }
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #isBefore(left: number, right: number): boolean {
    const one = this.#heap[left] as Event;
    const other = this.#heap[right] as Event;
    return one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence);
  }

  #swap(left: number, right: number): void {
    const kept = this.#heap[left] as Event;
    this.#heap[left] = this.#heap[right] as Event;
    this.#heap[right] = kept;
  }
}
