import type { Checker, Observation } from "../observation.ts";

/** G5: every node takes writes and serves what it acknowledged, whoever else can be reached. */
export class Availability implements Checker {
  readonly name = "G5 availability";

  observe(observation: Observation): string | undefined {
    if (observation.type !== "refused") return undefined;
    return `${observation.node} did not take a produce to ${observation.topic}: ${observation.reason}`;
  }

  finish(): string[] {
    return [];
  }
}
