import type { WriterId } from "../../base/mod.ts";
import type { Checker, Observation } from "../observation.ts";
import { TwinBatches } from "./twins.ts";

/**
 * G8: whoever consumes with the token of a produce, at any node, gets that record, or is told that it is gone. A node that
 * has not got it says so, in the end, and answers nothing before. Of a record that its producer sent to two nodes either
 * one will do: the consumer is given one.
 */
export class ReadYourWrites implements Checker {
  readonly name = "G8 read your writes";
  readonly #forked = new Set<WriterId>();
  /** Nobody gets anything of what was written to them. */
  readonly #deleted = new Set<string>();
  readonly #twins = new TwinBatches();

  observe(observation: Observation): string | undefined {
    this.#twins.observe(observation);
    if (observation.type === "forked") this.#forked.add(observation.writer);
    if (observation.type === "deleted") this.#deleted.add(observation.topic);
    if (observation.type !== "token-used" || observation.isDelivered) return undefined;
    const { node, topic, writer, last, given } = observation;
    if (this.#forked.has(writer) || this.#deleted.has(topic)) return undefined;
    const stamp = this.#twins.stampOf(topic, writer, last);
    if (stamp !== undefined && given.has(stamp)) return undefined;
    return `${node} was asked for ${topic} after ${writer.slice(0, 4)}:${last} and answered without it`;
  }

  finish(): string[] {
    return [];
  }
}
