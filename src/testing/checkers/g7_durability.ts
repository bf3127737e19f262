import type { Checker, FinalState, Observation } from "../observation.ts";

interface Acknowledged {
  readonly node: string;
  readonly topic: string;
  readonly writer: string;
  readonly last: number;
  /** Nobody held it any more when a disk was lost: nothing could bring it back. */
  isLostForGood: boolean;
}

/**
 * G7: nothing acknowledged is lost: a node finds it again after a crash (where its fsync policy promises that), and in the end
 * every node has it, unless the only disks that had it were lost, or its feed was forked.
 */
export class Durability implements Checker {
  readonly name = "G7 nothing acknowledged is lost";
  readonly #acknowledged: Acknowledged[] = [];
  /** Per node and topic what its disk holds. Those of stopped nodes count: they will be back. */
  readonly #held = new Map<string, Map<string, number>>();
  readonly #nodes = new Set<string>();
  /** What a node held before it was opened again. */
  readonly #before = new Map<string, Map<string, Map<string, number>>>();
  readonly #wiped = new Set<string>();
  readonly #forked = new Set<string>();
  /** What is written to them from now on is discarded as well (the exception of G5 and G7). */
  readonly #deleted = new Set<string>();

  observe(observation: Observation): string | undefined {
    switch (observation.type) {
      case "acknowledged": {
        const { node, topic, writer, sequence, count } = observation;
        this.#acknowledged.push({ node, topic, writer, last: sequence + count - 1, isLostForGood: false });
        return undefined;
      }
      case "appended": {
        const { writer, baseSequence, count, topic } = observation.batch;
        this.#topic(observation.node, topic).set(writer, baseSequence + count - 1);
        return undefined;
      }
      case "forked":
        this.#forked.add(observation.writer);
        return undefined;
      case "deleted":
        this.#deleted.add(observation.topic);
        return undefined;
      case "reopened":
        this.#reopen(observation.node, observation.wiped);
        return undefined;
      case "recovered":
        return this.#recover(observation.node, observation.keepsAcknowledged);
      default:
        return undefined;
    }
  }

  finish(nodes: readonly FinalState[]): string[] {
    const broken: string[] = [];
    for (const one of this.#acknowledged) {
      if (one.isLostForGood || this.#forked.has(one.writer) || this.#deleted.has(one.topic)) continue;
      for (const { node, held } of nodes) {
        if ((held.get(one.topic)?.get(one.writer) ?? 0) >= one.last) continue;
        broken.push(`${node} lacks ${words(one)}, which ${one.node} acknowledged`);
      }
    }
    return broken.slice(0, 5);
  }

  #reopen(node: string, wiped: boolean): void {
    const held = new Map<string, Map<string, number>>();
    for (const [key, vector] of this.#held) {
      if (!key.startsWith(`${node}/`)) continue;
      held.set(key.slice(node.length + 1), vector);
      this.#held.delete(key);
    }
    this.#before.set(node, held);
    if (wiped) this.#wiped.add(node);
    else this.#wiped.delete(node);
  }

  #recover(node: string, keepsAcknowledged: boolean): string | undefined {
    const before = this.#before.get(node);
    this.#before.delete(node);
    if (before === undefined) return undefined;
    for (const one of this.#acknowledged) {
      const had = (before.get(one.topic)?.get(one.writer) ?? 0) >= one.last;
      if (!had || this.#holds(node, one) || this.#deleted.has(one.topic)) continue;
      if (keepsAcknowledged && !this.#wiped.has(node)) return `${node} lost ${words(one)} in a crash`;
      if (![...this.#nodes].some((other) => this.#holds(other, one))) one.isLostForGood = true;
    }
    return undefined;
  }

  #holds(node: string, one: Acknowledged): boolean {
    return (this.#held.get(`${node}/${one.topic}`)?.get(one.writer) ?? 0) >= one.last;
  }

  #topic(node: string, topic: string): Map<string, number> {
    this.#nodes.add(node);
    const key = `${node}/${topic}`;
    const known = this.#held.get(key) ?? new Map<string, number>();
    this.#held.set(key, known);
    return known;
  }
}

function words(one: Acknowledged): string {
  return `${one.topic} ${one.writer.slice(0, 4)}:${one.last}`;
}
