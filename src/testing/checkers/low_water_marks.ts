import type { Observation, SeenBatch } from "../observation.ts";

/** Per feed, the highest low-water mark that any node ever had: below it records may be gone. */
export class LowWaterMarks {
  readonly #marks = new Map<string, number>();

  observe(observation: Observation): void {
    if (observation.type !== "low-water") return;
    for (const [writer, low] of observation.lowWater) {
      const key = `${observation.topic}/${writer}`;
      this.#marks.set(key, Math.max(low, this.#marks.get(key) ?? 1));
    }
  }

  /** True when somebody had forgotten all that this gap leaves out. */
  explains(gap: SeenBatch): boolean {
    return gap.baseSequence + gap.count <= this.of(gap);
  }

  of(batch: { readonly topic: string; readonly writer: string }): number {
    return this.#marks.get(`${batch.topic}/${batch.writer}`) ?? 1;
  }
}
