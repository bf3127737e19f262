import type { Checker, FinalState } from "../observation.ts";

/** Rule R7: wherever one of several records must win, it is the same one on every node: what is settled about topics is. */
export class SameLatest implements Checker {
  readonly name = "R7 the same record is the latest everywhere";

  observe(): undefined {
    return undefined;
  }

  finish(nodes: readonly FinalState[]): string[] {
    const [first, ...others] = nodes;
    if (first === undefined) return [];
    const broken: string[] = [];
    for (const other of others) {
      for (const topic of new Set([...first.settled.keys(), ...other.settled.keys()])) {
        const [left, right] = [first.settled.get(topic), other.settled.get(topic)];
        if (left === right) continue;
        broken.push(
          `${first.node} and ${other.node} have settled different things about ${topic}: ${left} and ${right}`,
        );
      }
    }
    return broken;
  }
}
