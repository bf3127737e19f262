import { batchWords, type Checker, type Observation } from "../observation.ts";

/** A cursor works on any node: whatever a consumer is connected to, nothing repeats and nothing is skipped. */
export class Consumers implements Checker {
  readonly name = "cursors neither skip nor repeat";
  readonly #sequences = new Map<string, number>();

  observe(observation: Observation): string | undefined {
    if (observation.type !== "consumed") return undefined;
    const { consumer, node, batch } = observation;
    const key = `${consumer}/${batch.topic}/${batch.writer}`;
    const last = this.#sequences.get(key) ?? 0;
    this.#sequences.set(key, batch.baseSequence + batch.count - 1);
    if (batch.baseSequence === last + 1) return undefined;
    return `${consumer} got ${batchWords(batch)} from ${node}, after sequence ${last}`;
  }

  finish(): string[] {
    return [];
  }
}
