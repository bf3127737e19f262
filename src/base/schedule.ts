/** A callback that waits for its time. */
export interface Timer {
  readonly atMs: number;
  cancel(): void;
}

interface Entry extends Timer {
  readonly sequence: number;
  readonly run: (nowMs: number) => void;
  cancelled: boolean;
}

/**
 * Deadlines of one machine: a binary heap by time, then by order of arrival, so that equal times never depend on
 * anything else. Cancelled entries stay until they come up; `compactAbove` keeps them from piling up.
 */
export class Schedule {
  #heap: Entry[] = [];
  #sequence = 0;
  #cancelled = 0;

  /** Time of the earliest deadline; Infinity when there is none. */
  get nextAtMs(): number {
    this.#dropCancelled();
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Calls `run` once, in the first `runDue` at or after `atMs`. */
  at(atMs: number, run: (nowMs: number) => void): Timer {
    const entry: Entry = {
      atMs,
      sequence: this.#sequence++,
      run,
      cancelled: false,
      cancel: () => {
        if (!entry.cancelled) this.#cancelled++;
        entry.cancelled = true;
      },
    };
    if (this.#cancelled > compactAbove && this.#cancelled > this.#heap.length / 2) this.#compact();
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return entry;
  }

  /** Runs everything due, also what becomes due meanwhile, in order of time. */
  runDue(nowMs: number): void {
    while (this.nextAtMs <= nowMs) {
      const entry = this.#takeFirst();
      // A timer that runs can no longer be cancelled: the mark keeps a late cancel from being counted.
      entry.cancelled = true;
      entry.run(nowMs);
    }
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.cancelled) {
      this.#takeFirst();
      this.#cancelled--;
    }
  }

  #compact(): void {
    this.#heap = this.#heap.filter((entry) => !entry.cancelled).sort((left, right) => (before(left, right) ? -1 : 1));
    this.#cancelled = 0;
  }

  #takeFirst(): Entry {
    const first = this.#heap[0] as Entry;
    const last = this.#heap.pop() as Entry;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(this.#heap[at] as Entry, this.#heap[parent] as Entry)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    let at = from;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        const entry = this.#heap[child];
        if (entry !== undefined && before(entry, this.#heap[least] as Entry)) least = child;
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(left: number, right: number): void {
    const entry = this.#heap[left] as Entry;
    this.#heap[left] = this.#heap[right] as Entry;
    this.#heap[right] = entry;
  }
}

/** Cancelled entries that may stand in the heap before it is rebuilt. */
const compactAbove = 1024;

function before(left: Entry, right: Entry): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.sequence < right.sequence);
}
