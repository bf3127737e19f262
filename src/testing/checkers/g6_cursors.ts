import type { WriterId } from "../../base/mod.ts";
import { batchWords, type Checker, type Observation } from "../observation.ts";
import { LowWaterMarks } from "./low_water_marks.ts";

/**
 * G6: a cursor works on any node: whatever a consumer is connected to, nothing repeats, and nothing is skipped but what
 * somebody had forgotten, which it is told as a gap.
 */
export class Cursors implements Checker {
  readonly name = "G6 cursors neither skip nor repeat";
  readonly #sequences = new Map<string, number>();
  readonly #marks = new LowWaterMarks();
  readonly #forked = new Set<WriterId>();

  observe(observation: Observation): string | undefined {
    this.#marks.observe(observation);
    if (observation.type === "forked") this.#forked.add(observation.writer);
    if (observation.type !== "consumed" || this.#forked.has(observation.batch.writer)) return undefined;
    const { consumer, node, batch } = observation;
    const key = `${consumer}/${batch.topic}/${batch.writer}`;
    const last = this.#sequences.get(key) ?? 0;
    this.#sequences.set(key, Math.max(last, batch.baseSequence + batch.count - 1));
    if (batch.kind === "gap" && !this.#marks.explains(batch)) {
      return `${consumer} was told by ${node} that ${batchWords(batch)} is gone, which nobody had forgotten`;
    }
    // A gap may begin below: another node held more of it.
    if (batch.baseSequence === last + 1 || (batch.kind === "gap" && batch.baseSequence <= last)) return undefined;
    return `${consumer} got ${batchWords(batch)} from ${node}, after sequence ${last}`;
  }

  finish(): string[] {
    return [];
  }
}
