import type { WriterId } from "../../base/mod.ts";
import type { Checker, FinalState, Observation } from "../observation.ts";

interface Acknowledged {
  readonly node: string;
  readonly topic: string;
  readonly writer: WriterId;
  readonly last: number;
  /** What it is known by, under whatever writer it stands. */
  readonly content: string;
}

/**
 * G7 of a feed that was forked (rule R6): what its owner acknowledged since is in the end on every node, under one writer or
 * another. Others acknowledge batches of it, too, when their producers send them again: those may be of the other side, which the
 * owner does not get. Apart from what its owner lost, with its disk or in a power cut, and from topics that were deleted or of which some
 * node forgot records: there a copy may be forgotten, too.
 */
export class ForkedSide implements Checker {
  readonly name = "G7 what a forked feed's owner acknowledged reaches everybody";
  #acknowledged: Acknowledged[] = [];
  readonly #forked = new Set<WriterId>();
  readonly #excused = new Set<string>();
  /** Which writers a node had with the directory that it has, by node. */
  readonly #owned = new Map<string, Set<WriterId>>();
  /** Per node what it holds. Those of stopped nodes count: they will be back. */
  readonly #contents = new Map<string, Set<string>>();

  observe(observation: Observation): string | undefined {
    switch (observation.type) {
      case "forked":
        this.#forked.add(observation.writer);
        // What was acknowledged before is of the other side, which the owner no longer has.
        this.#drop(({ writer }) => writer === observation.writer);
        return undefined;
      case "writer":
        this.#owned.set(observation.node, new Set(this.#owned.get(observation.node)).add(observation.writer));
        return undefined;
      case "acknowledged":
        this.#acknowledge(observation);
        return undefined;
      case "appended": {
        const { topic, count, payloadChecksum, kind } = observation.batch;
        const held = this.#contents.get(observation.node) ?? new Set();
        this.#contents.set(observation.node, held);
        if (kind === "records") held.add(`${topic}/${count}/${payloadChecksum}`);
        return undefined;
      }
      case "reopened":
        this.#contents.delete(observation.node);
        if (observation.wiped) {
          this.#owned.delete(observation.node);
          this.#drop(({ node }) => node === observation.node);
        }
        return undefined;
      case "recovered":
        // Where its fsync policy allows that, a power cut takes what was acknowledged: nobody is left to produce it again.
        this.#drop(({ node, content }) => node === observation.node && !this.#contents.get(node)?.has(content));
        return undefined;
      case "deleted":
      case "low-water":
        this.#excused.add(observation.topic);
        return undefined;
      default:
        return undefined;
    }
  }

  finish(nodes: readonly FinalState[]): string[] {
    const broken: string[] = [];
    for (const { node, topic, writer, last, content } of this.#acknowledged) {
      if (this.#excused.has(topic)) continue;
      for (const other of nodes) {
        if (this.#contents.get(other.node)?.has(content)) continue;
        broken.push(`${other.node} lacks what ${node} acknowledged as ${topic} ${writer.slice(0, 4)}:${last}`);
      }
    }
    return broken.slice(0, 5);
  }

  #acknowledge(observation: Extract<Observation, { readonly type: "acknowledged" }>): void {
    const { node, topic, writer, sequence, count, payloadChecksum } = observation;
    if (!this.#forked.has(writer) || !this.#owned.get(node)?.has(writer)) return;
    const content = `${topic}/${count}/${payloadChecksum}`;
    this.#acknowledged.push({ node, topic, writer, last: sequence + count - 1, content });
  }

  #drop(isExcused: (one: Acknowledged) => boolean): void {
    this.#acknowledged = this.#acknowledged.filter((one) => !isExcused(one));
  }
}
