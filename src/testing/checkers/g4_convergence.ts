import type { WriterId } from "../../base/mod.ts";
import { batchWords, type Checker, type FinalState, type Observation } from "../observation.ts";
import { LowWaterMarks } from "./low_water_marks.ts";

/**
 * G4: once connected long enough, all nodes hold the same set above the highest low-water mark: they know equally far
 * feeds, and take for lost only what somebody had forgotten. Forked feeds apart: these stay as they are on each node.
 */
export class Convergence implements Checker {
  readonly name = "G4 convergence";
  readonly #marks = new LowWaterMarks();
  readonly #forked = new Set<WriterId>();

  observe(observation: Observation): string | undefined {
    this.#marks.observe(observation);
    if (observation.type === "forked") this.#forked.add(observation.writer);
    if (observation.type !== "appended" || observation.batch.kind !== "gap") return undefined;
    const { node, batch } = observation;
    if (this.#forked.has(batch.writer) || this.#marks.explains(batch)) return undefined;
    return `${node} took ${batchWords(batch)} for lost, nobody had forgotten more than what is below ${this.#marks.of(batch)}`;
  }

  finish(nodes: readonly FinalState[]): string[] {
    const [first, ...others] = nodes;
    if (first === undefined) return [];
    const broken: string[] = [];
    for (const other of others) {
      for (const topic of new Set([...first.held.keys(), ...other.held.keys()])) {
        const left = this.#words(first.held.get(topic));
        const right = this.#words(other.held.get(topic));
        if (left === right) continue;
        broken.push(`${first.node} and ${other.node} hold different records of ${topic}: ${left} and ${right}`);
      }
    }
    return broken;
  }

  #words(vector: ReadonlyMap<WriterId, number> = new Map()): string {
    return [...vector]
      .filter(([writer]) => !this.#forked.has(writer))
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([writer, sequence]) => `${writer.slice(0, 4)}:${sequence}`)
      .join(" ");
  }
}
