import type { ProducerStamp } from "../base/mod.ts";
import { DuplicateForgottenError, ProducerFencedError, ProducerOverlapError } from "./producer_errors.ts";
import { Producers, type Verdict } from "./producers.ts";
import type { BatchPlace } from "./recent_batches.ts";
import type { TopicProducers } from "./topic_producers.ts";
import type { Ack } from "./types.ts";

/** Why a batch is not appended because of what is held. */
export type ProduceRefusal = ProducerFencedError | ProducerOverlapError | DuplicateForgottenError;

/** What a topic knows of its producers, with the frames of a group that does not count yet. */
export class GroupProducers {
  readonly #topic: TopicProducers;
  /** What the group adds; made for its first stamped frame. */
  #added: Producers | undefined;

  constructor(topic: TopicProducers) {
    this.#topic = topic;
  }

  /** True when the group adds any stamped frame. */
  get isAny(): boolean {
    return this.#added !== undefined;
  }

  /** What a batch is answered with that need not, or must not, be appended; undefined when it is to be. */
  answerOf(stamp: ProducerStamp, count: number): Ack | ProduceRefusal | undefined {
    const before = this.#topic.ready?.judge(stamp, count);
    const verdict = before === undefined || before.type === "new" ? this.#added?.judge(stamp, count) : before;
    if (verdict === undefined || verdict.type === "new") return undefined;
    this.#topic.told(verdict.type);
    return answerTo(verdict, stamp, count);
  }

  add(place: BatchPlace, stamp: ProducerStamp): void {
    this.#added ??= new Producers();
    this.#added.admit(place, stamp);
  }
}

function answerTo(
  verdict: Exclude<Verdict, { readonly type: "new" }>,
  stamp: ProducerStamp,
  count: number,
): Ack | ProduceRefusal {
  switch (verdict.type) {
    case "duplicate": {
      const { writer, baseSequence: sequence, offset } = verdict.place;
      return { offset, writer, sequence, count, duplicate: true };
    }
    case "held":
      return new DuplicateForgottenError(stamp, count);
    case "overlap":
      return new ProducerOverlapError(stamp, count, verdict.range);
    case "fenced":
      return new ProducerFencedError(stamp, verdict.epoch);
    default:
      throw verdict satisfies never;
  }
}
