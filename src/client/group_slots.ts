/** How far a member of a group got in each of its slots, while it reads all of them from one stream. */
import { type LogRecord, mergeVectors, slotOf, toBytes, type Vector, type WriterId } from "../base/mod.ts";

interface SlotState {
  /** All that was handled of the slot before the stream began to count. */
  vector: Map<WriterId, number>;
  readonly resets: number;
}

/**
 * Invariant: of a slot, all is handled that its own vector covers, and all that the stream passed since it is ours. What
 * comes of both together is where the slot stands.
 */
export class GroupSlots {
  readonly #slots = new Map<number, SlotState>();
  /** What the stream passed: what it gave was handled, or is no concern of ours. */
  #passed = new Map<WriterId, number>();
  #count = 1;

  /** Of how many slots the records are. */
  set count(count: number) {
    this.#count = count;
  }

  get size(): number {
    return this.#slots.size;
  }

  keys(): number[] {
    return [...this.#slots.keys()];
  }

  has(slot: number): boolean {
    return this.#slots.has(slot);
  }

  /** Which slot a record falls into: by its key. Those without one are spread one by one. */
  slotOf({ key, writer, sequence }: Pick<LogRecord, "key" | "writer" | "sequence">): number {
    return slotOf(key ?? toBytes(`${writer}/${sequence}`), this.#count);
  }

  /** True of a record that is ours and was not handled. */
  wants(record: Pick<LogRecord, "key" | "writer" | "sequence">): boolean {
    const state = this.#slots.get(this.slotOf(record));
    return state !== undefined && record.sequence > (state.vector.get(record.writer) ?? 0);
  }

  /** The stream is beyond a record. */
  pass({ writer, sequence }: Pick<LogRecord, "writer" | "sequence">): void {
    this.#passed.set(writer, sequence);
  }

  /** The same of a record that a stream gave which is no longer read from. */
  handledLate(record: Pick<LogRecord, "key" | "writer" | "sequence">): void {
    const state = this.#slots.get(this.slotOf(record));
    const { writer, sequence } = record;
    state?.vector.set(writer, Math.max(sequence, state.vector.get(writer) ?? 0));
  }

  /** Where a slot stands. */
  position(slot: number): { readonly vector: Vector; readonly resets: number } {
    const { vector = new Map<WriterId, number>(), resets = 0 } = this.#slots.get(slot) ?? {};
    return { vector: mergeVectors(vector, this.#passed), resets };
  }

  /** Slots that begin there. The stream has to begin anew, at `start`. */
  add(slots: readonly { readonly slot: number; readonly vector: Vector; readonly resets: number }[]): void {
    this.#fold();
    for (const { slot, vector, resets } of slots) this.#slots.set(slot, { vector: new Map(vector), resets });
  }

  drop(slot: number): void {
    this.#slots.delete(slot);
  }

  /** Where a stream has to begin to miss nothing of any slot: the pointwise minimum. It counts from there. */
  start(): Vector {
    this.#fold();
    const [first, ...others] = [...this.#slots.values()].map(({ vector }) => vector);
    const least = new Map(first);
    for (const [writer, sequence] of first ?? []) {
      const lowest = others.reduce((low, vector) => Math.min(low, vector.get(writer) ?? 0), sequence);
      if (lowest > 0) least.set(writer, lowest);
      else least.delete(writer);
    }
    this.#passed = new Map(least);
    return least;
  }

  #fold(): void {
    for (const state of this.#slots.values()) state.vector = mergeVectors(state.vector, this.#passed);
    this.#passed = new Map();
  }
}
