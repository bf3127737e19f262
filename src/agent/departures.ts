/** Drops copies of topics that do not belong here any more, once those to which they belong keep all of them. */
import type { Logger } from "@logtape/logtape";
import {
  type ChainHash,
  type Clock,
  chainToNumber,
  covers,
  isInternalTopic,
  type WriterId,
  writerToNumber,
} from "../base/mod.ts";
import type { DoorRpc } from "../io/door_rpc.ts";
import { keyOf, type Log, type TopicLog } from "../log/mod.ts";
import { Departure, type PeerProgress } from "../replication/mod.ts";
import type { Placements } from "./placements.ts";

export interface DeparturesOptions {
  readonly nodeName: string;
  readonly log: Log;
  readonly rpc: DoorRpc;
  readonly placements: Placements;
  readonly clock: Clock;
  readonly logger: Logger;
  peers(): readonly PeerProgress[];
  /** Whether a copy takes in something may be otherwise now. */
  onLeaving(): void;
  /** The copy of this generation is gone. */
  onReleased(key: string): void;
}

/** How often it is looked whether a copy may go, and how long after a try that failed. */
const lookEveryMs = 500;
const tryAgainMs = 2_000;
/** How long others may take to say that they keep it. */
const askMs = 5_000;
/** Copies that are on their way out at a time: each stands still meanwhile. */
const leavingMax = 8;

interface Leaving {
  readonly departure: Departure;
  /** It takes in nothing: others are being asked. */
  isAsking: boolean;
  tryAtMs: number;
}

export class Departures implements AsyncDisposable {
  readonly #options: DeparturesOptions;
  /** Topics that are held and belong elsewhere. */
  readonly #leaving = new Map<string, Leaving>();
  readonly #trying = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #cancel: (() => void) | undefined;
  #dropped = 0;

  constructor(options: DeparturesOptions) {
    this.#options = options;
    options.placements.onChange(() => this.#see());
  }

  /** Copies that were dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Copies that are held here and belong elsewhere. */
  get held(): number {
    return this.#leaving.size;
  }

  /** True while a copy stands still. */
  isLeaving(topic: string): boolean {
    return this.#leaving.get(topic)?.isAsking === true;
  }

  /** Looks from now on. */
  start(): void {
    this.#see();
    this.#lookLater();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#cancel?.();
    await Promise.all(this.#trying);
  }

  /** Whatever may be placed otherwise: who is placed again forgets at once what others said before. */
  #see(): void {
    const { log, placements, nodeName } = this.#options;
    for (const topic of this.#leaving.keys()) if (placements.isPlaced(topic)) this.#leaving.delete(topic);
    for (const { name } of log.topics()) {
      if (isInternalTopic(name) || placements.isPlaced(name) || this.#leaving.has(name)) continue;
      this.#leaving.set(name, { departure: new Departure(nodeName), isAsking: false, tryAtMs: 0 });
    }
  }

  #lookLater(): void {
    const { clock } = this.#options;
    if (this.#stop.signal.aborted) return;
    this.#cancel = clock.schedule(clock.nowMs() + lookEveryMs, () => {
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    const { clock, log } = this.#options;
    // A copy may have come by a produce that nobody else took.
    this.#see();
    const nowMs = clock.nowMs();
    for (const [name, leaving] of this.#leaving) {
      const topic = log.topic(name);
      if (topic === undefined) {
        if (!leaving.isAsking) this.#leaving.delete(name);
      } else if (
        this.#trying.size < leavingMax &&
        !leaving.isAsking &&
        leaving.tryAtMs <= nowMs &&
        this.#mayBeKept(topic)
      ) {
        this.#begin(topic, leaving);
      }
    }
  }

  /** Whether so many have confirmed to hold all of it that asking them is worth the standstill. */
  #mayBeKept(topic: TopicLog): boolean {
    const { placements, peers } = this.#options;
    const place = placements.placeOf(topic.name);
    if (place === undefined) return false;
    if (topic.have.size === 0) return true;
    const key = keyOf(topic);
    const holders = peers().filter(({ name, synced }) => {
      return place.placed.includes(name) && covers(synced.get(key) ?? new Map(), topic.have);
    });
    return holders.length >= place.keepersMin;
  }

  #begin(topic: TopicLog, leaving: Leaving): void {
    const { clock, logger, onLeaving } = this.#options;
    leaving.isAsking = true;
    onLeaving();
    const tried = this.#try(topic, leaving)
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) logger.warn("cannot drop topic {topic}: {error}", { topic: topic.name, error });
      })
      .finally(() => {
        this.#trying.delete(tried);
        leaving.isAsking = false;
        leaving.tryAtMs = clock.nowMs() + tryAgainMs;
        onLeaving();
      });
    this.#trying.add(tried);
  }

  async #try(topic: TopicLog, leaving: Leaving): Promise<void> {
    const { log, placements, logger, onReleased } = this.#options;
    const { name, have, bytes } = topic;
    const { departure } = leaving;
    const { round } = departure;
    const placed = placements.placeOf(name)?.placed ?? [];
    const chains = new Map<WriterId, ChainHash>();
    for (const writer of have.keys()) {
      const end = topic.feedEnd(writer);
      if (end?.have === have.get(writer) && end?.chain !== undefined) chains.set(writer, end.chain);
    }
    await Promise.all(
      placed.map(async (node) => {
        const kept = await this.#isKept(node, topic, chains);
        if (kept) departure.kept(node, have, round);
        else departure.refused(node);
      }),
    );
    const isGone = await log.release(name, (held) => {
      const place = placements.placeOf(name);
      if (place === undefined || this.#leaving.get(name) !== leaving) return false;
      // Of nothing, nothing has to be kept.
      return held.size === 0 || departure.mayDrop(place, held);
    });
    if (!isGone) return;
    this.#dropped++;
    onReleased(keyOf(topic));
    const where = placed.join(", ");
    logger.info("dropped topic {name}, {bytes} bytes, which {where} keep", { name, bytes, where });
  }

  async #isKept(node: string, topic: TopicLog, chains: ReadonlyMap<WriterId, ChainHash>): Promise<boolean> {
    const { rpc, placements, nodeName } = this.#options;
    const address = placements.addressOf(node);
    if (address === undefined) return false;
    const have = [...topic.have].map(([writer, sequence]) => {
      const chain = chains.get(writer);
      const position = { writer: writerToNumber(writer), sequence: BigInt(sequence) };
      return chain === undefined ? position : { ...position, chain: chainToNumber(chain) };
    });
    try {
      const { signal } = this.#stop;
      const asked = { node: nodeName, topic: topic.name, generation: topic.generation, have };
      return (await rpc.replication(address).keep(asked, { signal, timeoutMs: askMs })).kept;
    } catch {
      // Whoever does not answer keeps nothing, as far as is known: it is asked again in a while.
      return false;
    }
  }
}
