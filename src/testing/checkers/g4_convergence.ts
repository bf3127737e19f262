import { sameVector } from "../../base/mod.ts";
import type { Checker, FinalState } from "../observation.ts";

/** G4: once connected long enough, all nodes hold the same set. */
export class Convergence implements Checker {
  readonly name = "G4 convergence";

  observe(): undefined {
    return undefined;
  }

  finish(nodes: readonly FinalState[]): string[] {
    const [first, ...others] = nodes;
    if (first === undefined) return [];
    const broken: string[] = [];
    for (const other of others) {
      for (const topic of new Set([...first.held.keys(), ...other.held.keys()])) {
        const left = first.held.get(topic) ?? new Map();
        const right = other.held.get(topic) ?? new Map();
        if (sameVector(left, right)) continue;
        broken.push(
          `${first.node} and ${other.node} hold different records of ${topic}: ${words(left)} and ${words(right)}`,
        );
      }
    }
    return broken;
  }
}

function words(vector: ReadonlyMap<string, number>): string {
  const entries = [...vector].sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([writer, sequence]) => `${writer.slice(0, 4)}:${sequence}`).join(" ");
}
