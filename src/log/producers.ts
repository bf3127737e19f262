/**
 * Who produced what into a topic: for each producer the highest epoch and the exact set of its sequences, and where its
 * newest batches stand. A fold of the batches of the local log, own and replicated alike, in any order: what it says is
 * held is held.
 */
import type { ProducerId, ProducerStamp } from "../base/mod.ts";
import { type BatchPlace, RecentBatches } from "./recent_batches.ts";
import { type SequenceRange, SequenceSet } from "./sequence_set.ts";
import { Twins } from "./twins.ts";

/** Producers that one topic remembers. The one that was quiet longest is forgotten first. */
export const producersMax = 10_000;
/** Batches whose places one topic remembers, as long as its producers have equal shares of them. */
const batchesMax = 131_072;
/** Batches of one producer whose places are remembered at most, and in any case. */
export const producerBatchesMax = 8_192;
const producerBatchesMin = 64;

/** How a batch stands to what is held. */
export type Verdict =
  | { readonly type: "new" }
  /** The same is held, here. */
  | { readonly type: "duplicate"; readonly place: BatchPlace }
  /** Each of its sequences is held, but in which batches is not known any more, or they were cut otherwise. */
  | { readonly type: "held" }
  /** Some of its sequences are held: these among others. */
  | { readonly type: "overlap"; readonly range: SequenceRange }
  /** Its producer is known to have gone on to a higher epoch. */
  | { readonly type: "fenced"; readonly epoch: number };

const isNew: Verdict = { type: "new" };

interface Producer {
  epoch: number;
  /** Of that epoch. */
  held: SequenceSet;
  /** Of any epoch. */
  readonly batches: RecentBatches;
}

export class Producers {
  readonly twins: Twins = new Twins();
  /** The one that was quiet longest is first. */
  readonly #producers = new Map<ProducerId, Producer>();
  /** The one that produced last: it is mostly the next one, too. */
  #last: Producer | undefined;
  #lastId: ProducerId | undefined;

  /** Producers that are known. */
  get size(): number {
    return this.#producers.size;
  }

  judge({ producer, epoch, sequence }: ProducerStamp, count: number): Verdict {
    const known = this.#lastId === producer ? this.#last : this.#producers.get(producer);
    if (known === undefined || epoch > known.epoch) return isNew;
    if (epoch < known.epoch) return { type: "fenced", epoch: known.epoch };
    const met = known.held.meets(sequence, sequence + count - 1);
    if (met === undefined) return isNew;
    const place = known.batches.find({ epoch, sequence, count });
    if (place !== undefined) return { type: "duplicate", place };
    return met.held === "all" ? { type: "held" } : { type: "overlap", range: met.range };
  }

  /** Takes in a batch of the local log. Returns true when it is one that stands there already. */
  admit(place: BatchPlace, { producer, epoch, sequence }: ProducerStamp): boolean {
    const { writer, baseSequence, offset, count } = place;
    const known = this.#touch(producer, epoch);
    const identity = { epoch, sequence, count };
    if (epoch > known.epoch) {
      known.epoch = epoch;
      known.held = new SequenceSet();
    }
    const last = sequence + count - 1;
    const mayBeKnown = epoch < known.epoch || known.held.meets(sequence, last) !== undefined;
    if (epoch === known.epoch) known.held.add(sequence, last);
    const first = mayBeKnown ? known.batches.find(identity) : undefined;
    if (first !== undefined) return this.twins.add(first, { writer, baseSequence, offset, count });
    known.batches.push(identity, place, this.#batchesEach);
    return false;
  }

  /** What a producer is known by, the longest quiet one first. */
  *[Symbol.iterator](): Generator<readonly [ProducerId, { readonly [key in keyof Producer]: Producer[key] }]> {
    yield* this.#producers;
  }

  /** Takes a producer over as it was written down. */
  restore(id: ProducerId, producer: Producer): void {
    this.#producers.set(id, producer);
  }

  get #batchesEach(): number {
    const share = Math.floor(batchesMax / this.#producers.size);
    return Math.max(producerBatchesMin, Math.min(producerBatchesMax, share));
  }

  #touch(id: ProducerId, epoch: number): Producer {
    if (this.#last !== undefined && this.#lastId === id) return this.#last;
    const known = this.#producers.get(id) ?? { epoch, held: new SequenceSet(), batches: new RecentBatches() };
    this.#producers.delete(id);
    this.#producers.set(id, known);
    this.#last = known;
    this.#lastId = id;
    if (this.#producers.size > producersMax) {
      for (const oldest of this.#producers.keys()) {
        this.#producers.delete(oldest);
        break;
      }
    }
    return known;
  }
}
