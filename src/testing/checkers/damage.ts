import { crc32, scanFrame } from "../../base/mod.ts";
import type { Checker, FinalState, Observation } from "../observation.ts";

/** Nothing damaged is served, to consumers or to peers, and what damage took comes back from whoever has it. */
export class Damage implements Checker {
  readonly name = "nothing damaged is served";

  observe(observation: Observation): string | undefined {
    if (observation.type !== "served") return undefined;
    const { frames, node, topic } = observation;
    for (let at = 0; at < frames.length; ) {
      const scan = scanFrame(frames, at, crc32);
      if (scan.type !== "frame") return `${node} served bytes of ${topic} that are no frame (${scan.type})`;
      at += scan.header.frameBytes;
    }
    return undefined;
  }

  finish(nodes: readonly FinalState[]): string[] {
    return nodes.flatMap(({ node, damaged }) => damaged.map((place) => `${node} still lacks what was at ${place}`));
  }
}
