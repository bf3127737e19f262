import type { Vector, WriterId } from "../../base/mod.ts";
import { batchWords, type Checker, type Observation, type SeenBatch } from "../observation.ts";
import { LowWaterMarks } from "./low_water_marks.ts";
import { TwinBatches } from "./twins.ts";

/**
 * G3: in every local log, and for every consumer, a record stands after everything its writer had when it wrote it. What
 * the writer had is what stood before the record in the log of the node that acknowledged it. What somebody had forgotten
 * does not count: it may come late, from another node. Nor do forked feeds, of which nobody has all.
 */
export class CausalOrder implements Checker {
  readonly name = "G3 causal order";
  /** Per reader (node or consumer) and topic what it has. */
  readonly #held = new Map<string, Map<string, number>>();
  /** Per batch what its writer had. Known from the moment the writer's own log shows it, which is before anybody gets it. */
  readonly #causes = new Map<string, Vector>();
  readonly #forked = new Set<WriterId>();
  readonly #marks = new LowWaterMarks();
  readonly #twins = new TwinBatches();

  observe(observation: Observation): string | undefined {
    this.#twins.observe(observation);
    switch (observation.type) {
      case "reopened":
        for (const key of this.#held.keys()) if (key.startsWith(`${observation.node}/`)) this.#held.delete(key);
        return undefined;
      case "forked":
        this.#forked.add(observation.writer);
        return undefined;
      case "low-water":
        this.#marks.observe(observation);
        return undefined;
      case "appended":
        return this.#take(observation.node, observation.batch);
      case "consumed":
        this.#sawBeforeOrigin(observation.batch);
        return this.#take(observation.consumer, observation.batch);
      default:
        return undefined;
    }
  }

  finish(): string[] {
    return [];
  }

  /** A topic that is deleted at once takes along what its origin had: nobody can be asked what that was. */
  #sawBeforeOrigin(batch: SeenBatch): void {
    const id = idOf(batch);
    if (batch.kind !== "gap" && !this.#causes.has(id)) this.#causes.set(id, new Map());
  }

  #take(reader: string, batch: SeenBatch): string | undefined {
    const key = `${reader}/${batch.topic}`;
    const held = this.#held.get(key) ?? new Map<string, number>();
    this.#held.set(key, held);
    const id = idOf(batch);
    const causes = this.#forked.has(batch.writer) ? new Map() : this.#causes.get(id);
    // The first sight of a batch is at its origin: served there before it can be pulled or consumed.
    if (causes === undefined && batch.kind !== "gap") this.#causes.set(id, new Map(held));
    const isSound = causes === undefined || batch.kind === "gap" || this.#covers(batch.topic, held, causes);
    const last = batch.baseSequence + batch.count - 1;
    held.set(batch.writer, Math.max(last, held.get(batch.writer) ?? 0));
    if (isSound) return undefined;
    return `${reader} has ${batchWords(batch)} before what its writer had: ${words(causes)}; it had ${words(held)}`;
  }

  #covers(topic: string, held: Vector, causes: Vector): boolean {
    for (const [writer, sequence] of causes) {
      const forgottenThrough = this.#marks.of({ topic, writer }) - 1;
      const have = Math.max(held.get(writer) ?? 0, forgottenThrough);
      if (have >= sequence || this.#forked.has(writer)) continue;
      // Of what was produced twice, nodes give one.
      if (!this.#twins.areAll({ topic, writer, first: have + 1, last: sequence })) return false;
    }
    return true;
  }
}

function idOf({ topic, writer, baseSequence }: SeenBatch): string {
  return `${topic}/${writer}/${baseSequence}`;
}

function words(vector: Vector): string {
  return [...vector].map(([writer, sequence]) => `${writer.slice(0, 4)}:${sequence}`).join(" ");
}
