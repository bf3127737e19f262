import type { Random, WriterId } from "../base/mod.ts";
import type { World } from "./world.ts";

export interface WorkloadOptions {
  readonly topics: readonly string[];
  /** So many keys are written again and again. @default records have no keys */
  readonly keys?: number | undefined;
  /** Bytes of the largest values; most are far smaller. @default 1800 */
  readonly valueBytesMax?: number | undefined;
  /** Mean milliseconds between two produces in the whole world. */
  readonly produceEveryMs: number;
  readonly consumers: number;
  /** Mean milliseconds between two reads of one consumer. */
  readonly consumeEveryMs: number;
}

/** Produces on random nodes and reads with consumers that hop between them, until it is stopped. */
export class Workload {
  readonly #world: World;
  readonly #random: Random;
  readonly #options: WorkloadOptions;
  #isStopped = false;
  #produced = 0;

  constructor(world: World, random: Random, options: WorkloadOptions) {
    this.#world = world;
    this.#random = random;
    this.#options = options;
    this.#produceLater();
    for (let consumer = 1; consumer <= options.consumers; consumer++) {
      const topic = random.pick(options.topics) as string;
      this.#consumeLater(`consumer-${consumer}`, topic, new Map());
    }
  }

  /** Produces no more; consumers read on. */
  stop(): void {
    this.#isStopped = true;
  }

  #produceLater(): void {
    const delayMs = this.#random.between(1, 2 * this.#options.produceEveryMs);
    this.#world.schedule(this.#world.nowMs + delayMs, () => {
      if (this.#isStopped) return;
      this.#produce();
      this.#produceLater();
    });
  }

  #produce(): void {
    const node = this.#random.pick(this.#world.nodes);
    const topic = this.#random.pick(this.#options.topics);
    const count = this.#random.chance(0.8) ? 1 : this.#random.between(2, 6);
    const largest = (this.#options.valueBytesMax ?? 1_800) / 2;
    const padding = "·".repeat(
      this.#random.chance(0.9) ? this.#random.below(largest / 45) : this.#random.below(largest),
    );
    if (node === undefined || topic === undefined || !node.isReady) return;
    const { keys } = this.#options;
    const values = Array.from({ length: count }, () => {
      const value = `record ${++this.#produced} ${padding}`;
      return keys === undefined ? value : { key: `k${this.#random.below(keys)}`, value };
    });
    node.produce(topic, values, this.#random.chance(0.3) ? this.#random.between(2, 3) : 1);
  }

  #consumeLater(name: string, topic: string, cursor: Map<WriterId, number>): void {
    const delayMs = this.#random.between(1, 2 * this.#options.consumeEveryMs);
    this.#world.schedule(this.#world.nowMs + delayMs, () => {
      const node = this.#random.pick(this.#world.nodes);
      if (node) this.#world.consume(name, cursor, { node: node.name, topic });
      this.#consumeLater(name, topic, cursor);
    });
  }
}
