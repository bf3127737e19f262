import { batchWords, type Checker, type Observation } from "../observation.ts";

/** G2: all nodes hold prefixes of the same sequence for each writer: a batch is the same wherever it is seen. */
export class SameFeed implements Checker {
  readonly name = "G2 same feed";
  readonly #seen = new Map<string, { readonly identity: string; readonly node: string }>();

  observe(observation: Observation): string | undefined {
    if (observation.type !== "appended" && observation.type !== "consumed") return undefined;
    const { batch, node } = observation;
    // A gap says that records are gone, not what they were.
    if (batch.kind === "gap") return undefined;
    const key = `${batch.topic}/${batch.writer}/${batch.baseSequence}`;
    const identity = `${batch.count}/${batch.payloadChecksum}/${batch.chain.high}/${batch.chain.low}`;
    const first = this.#seen.get(key);
    if (first === undefined) this.#seen.set(key, { identity, node });
    else if (first.identity !== identity) {
      return `${batchWords(batch)} is one thing on ${first.node} (${first.identity}) and another on ${node} (${identity})`;
    }
    return undefined;
  }

  finish(): string[] {
    return [];
  }
}
