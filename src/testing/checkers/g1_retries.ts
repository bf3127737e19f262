import { batchWords, type Checker, type Observation, type SeenBatch } from "../observation.ts";

/**
 * G1 of producers that say who they are: what is produced again at a node that holds it, from wherever, is not stored again.
 * Two nodes that had not heard of each other may both store it. What a forked feed had is produced again by its owner.
 *
 * While a log grows, its order is that in which batches were stored. When it is opened again, it need not be: a repair puts
 * batches of several feeds in the order of their Lamport numbers, whatever order they came in. So until all was observed that
 * the disk kept, a batch is not judged again that this node was seen to hold: the same place in its feed, the same hash.
 */
export class RetriedOnce implements Checker {
  readonly name = "G1 a retry is stored once";
  /** Which writer each node has now: what it pulls of a former one has the identity that this gave it. */
  readonly #writers = new Map<string, string>();
  /** Per node, topic and stamp, the feed in which it stands. */
  readonly #held = new Map<string, string>();
  readonly #forked = new Set<string>();
  /** Nodes whose log was opened again, until all that their disk kept was observed. */
  readonly #reopening = new Set<string>();
  /** Batches, with their hashes, that a node was seen to hold in any life: backups may bring back what an earlier one had. */
  readonly #judged = new Set<string>();

  observe(observation: Observation): string | undefined {
    switch (observation.type) {
      case "writer":
        this.#writers.set(observation.node, observation.writer);
        return undefined;
      case "forked":
        this.#forked.add(observation.writer);
        return undefined;
      case "reopened":
        for (const key of this.#held.keys()) if (key.startsWith(`${observation.node}/`)) this.#held.delete(key);
        this.#reopening.add(observation.node);
        return undefined;
      case "recovered":
        this.#reopening.delete(observation.node);
        return undefined;
      case "appended":
        return this.#append(observation.node, observation.batch);
      default:
        return undefined;
    }
  }

  finish(): string[] {
    return [];
  }

  #append(node: string, batch: SeenBatch): string | undefined {
    const { topic, writer, stamp } = batch;
    if (stamp === undefined || batch.kind === "gap") return undefined;
    const key = `${node}/${topic}/${stamp}`;
    const held = this.#held.get(key);
    if (held === undefined) this.#held.set(key, writer);
    if (this.#wasJudged(node, batch) && this.#reopening.has(node)) return undefined;
    const isOwn = this.#writers.get(node) === writer;
    // What pulls bring has the identity that its origin gave it.
    if (held === undefined || (held !== writer && !isOwn) || this.#forked.has(held)) return undefined;
    return `${node} stored ${batchWords(batch)} although it held that produce as one of ${held.slice(0, 4)}`;
  }

  #wasJudged(node: string, { topic, writer, baseSequence, chain }: SeenBatch): boolean {
    const identity = `${node}/${topic}/${writer}:${baseSequence}/${chain.high}:${chain.low}`;
    const wasJudged = this.#judged.has(identity);
    this.#judged.add(identity);
    return wasJudged;
  }
}
