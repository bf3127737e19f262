import type { Random } from "../base/mod.ts";
import type { SimNode } from "./sim_node.ts";
import type { World } from "./world.ts";

export interface CompactionChurnOptions {
  readonly topics: readonly string[];
  /** Mean milliseconds between two compactions in the whole world. */
  readonly everyMs: number;
}

/** Longer than any run: a tombstone that is gone everywhere would let come back what it hides. */
const tombstoneGraceMs = Number.MAX_SAFE_INTEGER;

/** Compacts topics by key, now here and now there, for as long as the world runs: healed nodes compact as well. */
export class CompactionChurn {
  readonly #world: World;
  readonly #random: Random;
  readonly #options: CompactionChurnOptions;

  constructor(world: World, random: Random, options: CompactionChurnOptions) {
    this.#world = world;
    this.#random = random;
    this.#options = options;
    this.#compactLater();
  }

  #compactLater(): void {
    this.#world.schedule(this.#world.nowMs + this.#random.between(1, 2 * this.#options.everyMs), () => {
      const node = this.#random.pick(this.#world.nodes);
      const topic = this.#random.pick(this.#options.topics);
      if (node?.isReady && topic !== undefined) this.#compact(node, topic);
      this.#compactLater();
    });
  }

  /** It may fail where the node goes down, its disk fails or the topic is deleted meanwhile. */
  #compact(node: SimNode, name: string): void {
    const topic = node.log?.topic(name);
    if (topic === undefined) return;
    this.#world.touchLog();
    topic.setCompaction({ tombstoneGraceMs });
    topic.compact().then(
      ({ records }) => {
        if (records > 0) node.trace(`compacts ${name}: ${records} records go`);
      },
      (error: unknown) => node.trace(`cannot compact ${name}: ${String(error)}`),
    );
  }
}
