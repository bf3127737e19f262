import { isInternalTopic, type WriterId } from "../../base/mod.ts";
import { batchWords, type Checker, type Observation, type SeenBatch } from "../observation.ts";

/**
 * G1: each record is appended at most once per node, each feed without a hole, at offsets that only grow. The workload
 * never produces the same values twice, so that the same payload is the same batch, whatever feed it claims to be of. Of a
 * forked feed the end is produced again, under one other writer (rule R6).
 */
export class NoDuplicates implements Checker {
  readonly name = "G1 no duplicates";
  /** Per node, topic and writer the last sequence. */
  readonly #sequences = new Map<string, number>();
  /** Per node and topic the offset after the last record. */
  readonly #offsets = new Map<string, number>();
  /** Per node what was appended, by content, and under which writer. */
  readonly #contents = new Map<string, Map<string, WriterId>>();
  readonly #forked = new Set<WriterId>();

  observe(observation: Observation): string | undefined {
    if (observation.type === "forked") this.#forked.add(observation.writer);
    if (observation.type === "reopened") {
      forgetNode(this.#sequences, observation.node);
      forgetNode(this.#offsets, observation.node);
      this.#contents.delete(observation.node);
    }
    return observation.type === "appended" ? this.#append(observation.node, observation.batch) : undefined;
  }

  finish(): string[] {
    return [];
  }

  #append(node: string, batch: SeenBatch): string | undefined {
    const feed = `${node}/${batch.topic}/${batch.writer}`;
    const last = this.#sequences.get(feed) ?? 0;
    if (batch.baseSequence !== last + 1) {
      return `${node} appended ${batchWords(batch)} although it held that feed up to ${last}`;
    }
    this.#sequences.set(feed, batch.baseSequence + batch.count - 1);
    const log = `${node}/${batch.topic}`;
    const nextOffset = this.#offsets.get(log) ?? 0;
    if (batch.baseOffset < nextOffset) {
      return `${node} appended ${batchWords(batch)} at offset ${batch.baseOffset}, the log already ended before ${nextOffset}`;
    }
    this.#offsets.set(log, batch.baseOffset + batch.count);
    return this.#isNewContent(node, batch) ? undefined : `${node} appended the records of ${batchWords(batch)} twice`;
  }

  #isNewContent(node: string, batch: SeenBatch): boolean {
    // Nodes say the same again about topics.
    if (batch.kind === "gap" || isInternalTopic(batch.topic)) return true;
    const contents = this.#contents.get(node) ?? new Map<string, WriterId>();
    this.#contents.set(node, contents);
    const content = `${batch.topic}/${batch.count}/${batch.payloadChecksum}/${batch.baseTimestampMs}`;
    const known = contents.get(content);
    if (known !== undefined && this.#forked.has(batch.writer)) return true;
    // Two nodes may have taken one produce: which of them a consumer is given is a matter of G6.
    if (known !== undefined && known !== batch.writer && batch.stamp !== undefined) return true;
    contents.set(content, batch.writer);
    return known === undefined || this.#forked.has(known);
  }
}

function forgetNode(map: Map<string, number>, node: string): void {
  for (const key of map.keys()) if (key.startsWith(`${node}/`)) map.delete(key);
}
