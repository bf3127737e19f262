import type { Random } from "../base/mod.ts";
import type { SimNode } from "./sim_node.ts";
import type { World } from "./world.ts";

export interface TopicChurnOptions {
  readonly topics: readonly string[];
  /** Mean milliseconds between two deletes or creations in the whole world. */
  readonly everyMs: number;
  /** False: topics are only changed. @default true */
  readonly deletes?: boolean | undefined;
}

const graceMsMin = 86_400_000;

/** Deletes topics on random nodes and creates them again, and changes what is settled about them, until it is stopped. */
export class TopicChurn {
  readonly #world: World;
  readonly #random: Random;
  readonly #options: TopicChurnOptions;
  #isStopped = false;

  constructor(world: World, random: Random, options: TopicChurnOptions) {
    this.#world = world;
    this.#random = random;
    this.#options = options;
    this.#changeLater();
  }

  stop(): void {
    this.#isStopped = true;
  }

  #changeLater(): void {
    this.#world.schedule(this.#world.nowMs + this.#random.between(1, 2 * this.#options.everyMs), () => {
      if (this.#isStopped) return;
      const node = this.#random.pick(this.#world.nodes);
      const topic = this.#random.pick(this.#options.topics);
      if (node?.isReady && topic !== undefined) {
        // What is deleted is mostly missed before long.
        if (node.log?.deletedTopic(topic) !== undefined) this.#settle(node, topic, "create");
        else if (this.#random.chance(0.4) && (this.#options.deletes ?? true)) this.#settle(node, topic, "delete");
        else this.#settle(node, topic, "set");
      }
      this.#changeLater();
    });
  }

  /** It may fail where somebody was faster, or the disk fails. */
  #settle(node: SimNode, topic: string, verb: "create" | "delete" | "set"): void {
    const { topics } = node;
    if (topics === undefined) return;
    this.#world.touchLog();
    // Longer than any run, so that nothing comes of it but that it is settled.
    const tombstoneGraceMs = graceMsMin + this.#random.below(1_000);
    const change = verb === "set" ? { tombstoneGraceMs } : {};
    const settled = verb === "delete" ? topics.delete(topic) : topics.set(topic, change, { create: verb === "create" });
    settled.then(
      () => node.trace(`${verb}s topic ${topic}`),
      (error: unknown) => node.trace(`cannot ${verb} ${topic}: ${String(error)}`),
    );
  }
}
