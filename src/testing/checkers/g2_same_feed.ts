import type { WriterId } from "../../base/mod.ts";
import { batchWords, type Checker, type Observation, type SeenBatch } from "../observation.ts";

/** A batch as its origin produced it. */
interface Produced {
  readonly node: string;
  /** The batch before it in its feed, where the origin still showed that. */
  readonly parent: string | undefined;
}

/**
 * G2: all nodes hold prefixes of the same sequence for each writer: each batch is as its origin produced it, and follows
 * the one that it followed there. A feed that was forked has several histories: still no node mixes them (rule R6).
 */
export class SameFeed implements Checker {
  readonly name = "G2 same feed";
  /** By topic, writer, sequence and all that tells two batches apart. */
  readonly #produced = new Map<string, Produced>();
  /** Per topic, writer and sequence the batch that was produced first. */
  readonly #first = new Map<string, string>();
  /** Per node, topic and writer the last batch; undefined after a gap. */
  readonly #last = new Map<string, string | undefined>();
  readonly #writers = new Set<string>();
  readonly #forked = new Set<WriterId>();
  readonly #deleted = new Set<string>();

  observe(observation: Observation): string | undefined {
    switch (observation.type) {
      case "writer":
        this.#writers.add(`${observation.node}/${observation.writer}`);
        return undefined;
      case "forked":
        this.#forked.add(observation.writer);
        return undefined;
      case "reopened":
        for (const key of this.#last.keys()) if (key.startsWith(`${observation.node}/`)) this.#last.delete(key);
        return undefined;
      case "appended":
        return this.#append(observation.node, observation.batch);
      case "deleted":
        this.#deleted.add(observation.topic);
        return undefined;
      case "consumed":
        // What was on its way when the topic was deleted may have been read before it was observed.
        if (this.#deleted.has(observation.batch.topic)) return undefined;
        return this.#judge(observation.node, observation.batch);
      default:
        return undefined;
    }
  }

  finish(): string[] {
    return [];
  }

  #append(node: string, batch: SeenBatch): string | undefined {
    const feed = `${node}/${batch.topic}/${batch.writer}`;
    const last = this.#last.get(feed);
    const id = identityOf(batch);
    // A gap says that records are gone, not what they were.
    this.#last.set(feed, batch.kind === "gap" ? undefined : id);
    if (batch.kind === "gap") return undefined;
    if (!this.#produced.has(id) && this.#writers.has(`${node}/${batch.writer}`)) {
      this.#produced.set(id, { node, parent: last });
    }
    const produced = this.#produced.get(id);
    if (last !== undefined && produced?.parent !== undefined && produced.parent !== last) {
      return `${node} has ${batchWords(batch)} after ${last}, its origin had it after ${produced.parent}`;
    }
    return this.#judge(node, batch);
  }

  #judge(node: string, batch: SeenBatch): string | undefined {
    if (batch.kind === "gap") return undefined;
    const id = identityOf(batch);
    if (!this.#produced.has(id)) return `${node} has ${batchWords(batch)} as nobody produced it: ${id}`;
    if (this.#forked.has(batch.writer)) return undefined;
    const place = `${batch.topic}/${batch.writer}/${batch.baseSequence}`;
    const first = this.#first.get(place) ?? id;
    this.#first.set(place, first);
    if (first === id) return undefined;
    const where = this.#produced.get(first)?.node;
    return `${batchWords(batch)} is one thing on ${where} (${first}) and another on ${node} (${id})`;
  }
}

function identityOf({ topic, writer, baseSequence, count, payloadChecksum, chain }: SeenBatch): string {
  return `${topic}/${writer}/${baseSequence}/${count}/${payloadChecksum}/${chain.high}/${chain.low}`;
}
