import { Random } from "../base/mod.ts";
import { HoppingConsumer } from "./hopping_consumer.ts";
import { RetryingProducer } from "./retrying_producer.ts";
import { probeToken } from "./token_probe.ts";
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
  /** Numbers of the produces that happen, counted from 1. @default all */
  readonly only?: ReadonlySet<number> | undefined;
}

/** A consumer between two visits. */
interface Reading {
  readonly consumer: HoppingConsumer;
  readonly random: Random;
}

/** Produces on random nodes and reads with consumers that hop between them, until it is stopped. */
export class Workload {
  readonly #world: World;
  readonly #random: Random;
  readonly #options: WorkloadOptions;
  readonly #seed: number;
  /** Numbers of the produces that a node was asked for. */
  readonly happened: number[] = [];
  readonly #producers: readonly RetryingProducer[];
  #isStopped = false;
  #produces = 0;

  constructor(world: World, random: Random, options: WorkloadOptions) {
    this.#world = world;
    this.#seed = random.uint32();
    this.#random = random;
    this.#options = options;
    this.#producers = [1, 2].map((producer) => new RetryingProducer(world, producer));
    this.#produceLater();
    for (let consumer = 1; consumer <= options.consumers; consumer++) {
      const own = new Random(`${this.#seed}/consumer/${consumer}`);
      const topic = own.pick(options.topics) as string;
      const name = `consumer-${consumer}`;
      this.#consumeLater({ consumer: new HoppingConsumer(world, name, topic), random: own });
    }
  }

  get consumers(): number {
    return this.#options.consumers;
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

  /** Each draws its own random numbers: it is the same one whether or not those before it happened. */
  #produce(): void {
    const number = ++this.#produces;
    if (this.#options.only?.has(number) === false) return;
    const random = new Random(`${this.#seed}/produce/${number}`);
    const node = random.pick(this.#world.nodes);
    const topic = random.pick(this.#options.topics);
    const count = random.chance(0.8) ? 1 : random.between(2, 6);
    const largest = (this.#options.valueBytesMax ?? 1_800) / 2;
    const padding = "·".repeat(random.chance(0.9) ? random.below(largest / 45) : random.below(largest));
    if (node === undefined || topic === undefined || !node.isReady) return;
    this.happened.push(number);
    const { keys } = this.#options;
    const values = Array.from({ length: count }, (_, index) => {
      const value = `record ${number}.${index} ${padding}`;
      return keys === undefined ? value : { key: `k${random.below(keys)}`, value };
    });
    const copies = random.chance(0.3) ? random.between(2, 3) : 1;
    if (random.chance(0.25)) {
      // One that is down is tried as well: then the batch goes to another.
      this.#producers[number % this.#producers.length]?.produce(random, { topic, values, number, copies });
    } else node.produce(topic, values, copies);
    if (random.chance(0.1)) this.#probeLater(topic, number);
  }

  /** Somebody asks one node for what another one was the last to take. */
  #probeLater(topic: string, number: number): void {
    const random = new Random(`${this.#seed}/probe/${number}`);
    this.#world.schedule(this.#world.nowMs + random.between(1, 200), () => {
      const origin = random.pick(this.#world.nodes);
      const node = random.pick(this.#world.nodes);
      if (origin && node) probeToken(this.#world, { caller: `probe-${number}`, origin, node, topic });
    });
  }

  #consumeLater(reading: Reading): void {
    const { consumer, random } = reading;
    this.#world.schedule(this.#world.nowMs + random.between(1, 2 * this.#options.consumeEveryMs), () => {
      const node = random.pick(this.#world.nodes);
      if (node) consumer.visit(node.name);
      this.#consumeLater(reading);
    });
  }
}
