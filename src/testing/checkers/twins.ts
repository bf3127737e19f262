import type { WriterId } from "../../base/mod.ts";
import type { Observation, SeenBatch } from "../observation.ts";

/** Which batches are one produce: its producer's stamp says so, under whichever writer they stand. */
export class TwinBatches {
  /** By topic and writer: the stamp of the batch that ends at a sequence, and where it begins. */
  readonly #batches = new Map<string, Map<number, { readonly first: number; readonly stamp: string | undefined }>>();
  /** By topic and stamp: the feeds in which it stands, and where it ends there. */
  readonly #places = new Map<string, Map<WriterId, number>>();

  observe(observation: Observation): void {
    if (observation.type !== "appended" || observation.batch.kind === "gap") return;
    const { topic, writer, baseSequence, count, stamp } = observation.batch;
    const feed = `${topic}/${writer}`;
    const batches = this.#batches.get(feed) ?? new Map();
    this.#batches.set(feed, batches);
    batches.set(baseSequence + count - 1, { first: baseSequence, stamp });
    if (stamp === undefined) return;
    const places = this.#places.get(`${topic}/${stamp}`) ?? new Map();
    this.#places.set(`${topic}/${stamp}`, places.set(writer, baseSequence + count - 1));
  }

  /** The stamp of the batch that ends there. */
  stampOf(topic: string, writer: WriterId, last: number): string | undefined {
    return this.#batches.get(`${topic}/${writer}`)?.get(last)?.stamp;
  }

  /** The feeds in which a produce stands, and where it ends there. */
  placesOf(topic: string, stamp: string): ReadonlyMap<WriterId, number> {
    return this.#places.get(`${topic}/${stamp}`) ?? new Map();
  }

  /** True when every batch of these sequences is one that stands elsewhere, too, and fits. */
  areAll(
    range: Pick<SeenBatch, "topic" | "writer"> & { readonly first: number; readonly last: number },
    fits: (stamp: string) => boolean = () => true,
  ): boolean {
    const { topic, writer, first } = range;
    const batches = this.#batches.get(`${topic}/${writer}`);
    for (let last = range.last; last >= first; ) {
      const batch = batches?.get(last);
      if (batch?.stamp === undefined || this.placesOf(topic, batch.stamp).size < 2) return false;
      if (!fits(batch.stamp)) return false;
      last = batch.first - 1;
    }
    return true;
  }
}
