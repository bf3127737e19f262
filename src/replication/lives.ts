import { firstGeneration, topicKey, topicOfKey } from "../base/mod.ts";

/** Generations that are ended at once: more are forgotten one by one only where nodes slept through as many deletes. */
const endedMax = 100;

interface Life {
  readonly generation: number;
  readonly deleted: boolean;
}

/** Which generations of topics are of the past, of today and of the future, as the local log says. */
export class Lives {
  readonly #lives = new Map<string, Life>();

  /** Keys of generations that are gone now. */
  settle(name: string, life: Life): string[] {
    const before = this.#lives.get(name)?.generation ?? firstGeneration;
    this.#lives.set(name, life);
    const last = life.deleted ? life.generation : life.generation - 1;
    const ended: string[] = [];
    for (let generation = Math.max(before, last - endedMax); generation <= last; generation++) {
      ended.push(topicKey(name, generation));
    }
    return ended;
  }

  /** True for what may be pulled: neither is it gone, nor unheard of. */
  isOpen(key: string): boolean {
    return this.#standing(key) === 0;
  }

  isGone(key: string): boolean {
    return this.#standing(key) < 0;
  }

  /** Below 0: gone. 0: settled. Above 0: not heard of yet. */
  #standing(key: string): number {
    // Most topics were never deleted, and their keys are their names.
    if (this.#lives.size === 0 && !key.includes("+")) return 0;
    const topic = topicOfKey(key);
    if (topic === undefined) return 1;
    const { generation, deleted } = this.#lives.get(topic.name) ?? { generation: firstGeneration, deleted: false };
    if (topic.generation === generation && deleted) return -1;
    return topic.generation - generation;
  }
}
