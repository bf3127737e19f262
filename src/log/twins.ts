import type { WriterId } from "../base/mod.ts";
import type { BatchPlace } from "./recent_batches.ts";

/** Batches of a topic that are known to stand in it more than once, counting each place. Beyond, the oldest are forgotten. */
export const twinPlacesMax = 65_536;

/**
 * Batches that one producer sent to several nodes, because it did not hear from the first: the same records in several
 * feeds. All are kept, so that feeds stay the same everywhere, and each reader is given one.
 */
export class Twins {
  /** By a place, all places of the same batch, oldest found first. */
  readonly #places = new Map<string, BatchPlace[]>();

  /** Places that are known. */
  get size(): number {
    return this.#places.size;
  }

  /** Takes note that both are the same batch. Returns false when that was known. */
  add(known: BatchPlace, other: BatchPlace): boolean {
    const group = this.#places.get(keyOf(known)) ?? [known];
    if (group.some((place) => isSame(place, other))) return false;
    group.push(other);
    for (const place of group) this.#places.set(keyOf(place), group);
    while (this.#places.size > twinPlacesMax) this.#forgetOldest();
    return true;
  }

  /** Where else the batch stands that begins at this sequence; undefined when it is not known to stand elsewhere. */
  of(writer: WriterId, baseSequence: number): readonly BatchPlace[] | undefined {
    const group = this.#places.get(keyOf({ writer, baseSequence }));
    return group?.filter((place) => place.writer !== writer || place.baseSequence !== baseSequence);
  }

  /** Each batch once: its places. */
  *groups(): Generator<readonly BatchPlace[]> {
    for (const [key, group] of this.#places) if (key === keyOf(group[0] as BatchPlace)) yield group;
  }

  #forgetOldest(): void {
    for (const [key, group] of this.#places) {
      for (const place of group) this.#places.delete(keyOf(place));
      this.#places.delete(key);
      return;
    }
  }
}

function keyOf({ writer, baseSequence }: Pick<BatchPlace, "writer" | "baseSequence">): string {
  return `${writer}/${baseSequence}`;
}

function isSame(left: BatchPlace, right: BatchPlace): boolean {
  return left.writer === right.writer && left.baseSequence === right.baseSequence;
}
