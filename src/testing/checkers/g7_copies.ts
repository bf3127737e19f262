import type { Checker, FinalState, Observation } from "../observation.ts";

type Replicated = Extract<Observation, { readonly type: "replicated" }>;

/** What was acknowledged by several nodes, and whose disks were lost or put back to an earlier time since. */
interface Acknowledged extends Replicated {
  readonly lostDisks: Set<string>;
}

/** G7: what k nodes acknowledged is on k disks at that moment, and outlives all of these but one. */
export class Copies implements Checker {
  readonly name = "G7 copies survive the loss of k − 1 disks";
  readonly #acknowledged: Acknowledged[] = [];
  /** Per node and feed up to where its disk has it, and up to where a disk had it that was lost since. */
  readonly #held = new Map<string, number>();
  readonly #lost = new Map<string, number>();
  readonly #forked = new Set<string>();
  /** What was written to them is discarded, however many hold it. */
  readonly #deleted = new Set<string>();

  observe(observation: Observation): string | undefined {
    if (observation.type === "forked") this.#forked.add(observation.writer);
    if (observation.type === "deleted") this.#deleted.add(observation.topic);
    if (observation.type === "appended") {
      const { topic, writer, baseSequence, count } = observation.batch;
      this.#held.set(`${observation.node}/${topic}/${writer}`, baseSequence + count - 1);
    }
    if (observation.type === "reopened") this.#reopen(observation.node, observation.wiped);
    return observation.type === "replicated" ? this.#acknowledge(observation) : undefined;
  }

  /** A disk may be lost while what it confirmed is on its way: it counts among the k − 1. */
  #acknowledge(observation: Replicated): string | undefined {
    const { topic, writer, last } = observation;
    const lostDisks = new Set<string>();
    for (const [key, through] of this.#lost) {
      const [node = ""] = key.split("/");
      if (key === `${node}/${topic}/${writer}` && through >= last) lostDisks.add(node);
    }
    this.#acknowledged.push({ ...observation, lostDisks });
    const holders = [...new Set([...observation.holders, ...lostDisks])];
    const { copies, stopped } = observation;
    // The disks of nodes that do not run now are not looked at: they may hold it.
    if (holders.length + stopped.length >= copies) return undefined;
    if (this.#forked.has(observation.writer) || this.#deleted.has(observation.topic)) return undefined;
    return `${words(observation)} was acknowledged for ${copies} nodes, it is on ${holders.join(", ") || "none"}`;
  }

  #reopen(node: string, wiped: boolean): void {
    for (const [key, through] of this.#held) {
      if (!key.startsWith(`${node}/`)) continue;
      if (wiped) this.#lost.set(key, Math.max(through, this.#lost.get(key) ?? 0));
      this.#held.delete(key);
    }
    if (wiped) for (const one of this.#acknowledged) one.lostDisks.add(node);
  }

  finish(nodes: readonly FinalState[]): string[] {
    const broken: string[] = [];
    for (const one of this.#acknowledged) {
      if (one.lostDisks.size >= one.copies) continue;
      if (this.#forked.has(one.writer) || this.#deleted.has(one.topic)) continue;
      for (const { node, held } of nodes) {
        if ((held.get(one.topic)?.get(one.writer) ?? 0) >= one.last) continue;
        const lost = [...one.lostDisks].join(", ") || "none";
        broken.push(`${node} lacks ${words(one)}, acknowledged for ${one.copies} nodes; disks lost since: ${lost}`);
      }
    }
    return broken.slice(0, 5);
  }
}

function words({ topic, writer, last }: Replicated): string {
  return `${topic} ${writer.slice(0, 4)}:${last}`;
}
