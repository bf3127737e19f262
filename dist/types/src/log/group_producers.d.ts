import type { ProducerStamp } from "../base/mod.d.ts";
import { DuplicateForgottenError, ProducerFencedError, ProducerOverlapError } from "./producer_errors.d.ts";
import type { BatchPlace } from "./recent_batches.d.ts";
import type { TopicProducers } from "./topic_producers.d.ts";
import type { Ack } from "./types.d.ts";
/** Why a batch is not appended because of what is held. */
export type ProduceRefusal = ProducerFencedError | ProducerOverlapError | DuplicateForgottenError;
/** What a topic knows of its producers, with the frames of a group that does not count yet. */
export declare class GroupProducers {
    #private;
    constructor(topic: TopicProducers);
    /** True when the group adds any stamped frame. */
    get isAny(): boolean;
    /** What a batch is answered with that need not, or must not, be appended; undefined when it is to be. */
    answerOf(stamp: ProducerStamp, count: number): Ack | ProduceRefusal | undefined;
    add(place: BatchPlace, stamp: ProducerStamp): void;
}
