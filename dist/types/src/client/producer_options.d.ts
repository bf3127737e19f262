/** How producers batch, how durable their records must be, and how far they got. */
import type { Compression } from "../base/mod.d.ts";
import type { Acks } from "./acks.d.ts";
import { type ProducerIdentity } from "./producer_identity.d.ts";
/** How a producer batches, and how durable its records must be. */
export interface ProducerOptions {
    /** A batch is closed at this size. Larger ones carry more, smaller ones are answered sooner. @default 131072 */
    readonly batchBytesMax?: number;
    /**
     * How long, in milliseconds, a batch that is not full waits for more records while the way is free, up to 60000. Fewer,
     * larger batches cost nodes less; each record takes longer. What is flushed waits for nothing. @default 0
     */
    readonly lingerMs?: number;
    /**
     * How batches are compressed where that makes them shorter; sizes of these options are those before it. Every reader
     * has gzip; browsers have no other, and not every runtime has zstd. @default "none"
     */
    readonly compression?: Compression;
    /**
     * Batches on their way at a time: enough to fill the time that an answer takes. Where requests cannot stream it is 1.
     * @default 4, and 32 with acks of several nodes
     */
    readonly batchesInFlightMax?: number;
    /** Unanswered bytes at which further sends wait for answers before they are packed. @default 8388608 */
    readonly bytesUnansweredMax?: number;
    /** Sends that may wait so; one more is refused with `QUEUE_FULL`. `ready()` tells when none waits. @default 100000 */
    readonly sendsWaitingMax?: number;
    /**
     * How durable a record must be before it is answered. A record that fewer nodes hold in time fails with
     * `NotReplicatedError`; those after it are not touched by that. @default the asked node alone
     */
    readonly acks?: Acks;
    /** How long the server waits for acks of other nodes, in milliseconds, up to 300,000; 0 is its default of 10,000. @default 0 */
    readonly timeoutMs?: number;
    /**
     * Whether batches carry the producer's identity and numbers, so that they can be sent again when no answer came, and are
     * stored once all the same. @default true, and false without the client's `failover`
     */
    readonly idempotent?: boolean;
    /** Who the producer is, for one that takes over from an earlier one. @default a random id, epoch 0 */
    readonly identity?: ProducerIdentity;
    /**
     * How long after its send, in milliseconds, a record may be answered before it fails, and with it all that was sent
     * after it: up to 86400000. 0: batches are sent once, and for so long as that takes. @default 120000
     */
    readonly deliveryTimeoutMs?: number;
}
/** With nothing left to choose; `identity` is that of batches which are stamped. */
export interface ResolvedProducerOptions extends Required<Omit<ProducerOptions, "identity" | "idempotent">> {
    readonly identity: ProducerIdentity | undefined;
}
/** How long a produce is tried when the caller does not say. */
export declare const deliveryTimeoutMsDefault = 120000;
/** Throws `ClientError` for what makes no sense. */
export declare function resolveProducerOptions({ identity, idempotent, ...options }: ProducerOptions): ResolvedProducerOptions;
/** Throws `ClientError` where it makes no sense. */
export declare function checkDeliveryTimeout(deliveryTimeoutMs: number): void;
/** How far a producer has got since it was opened. */
export interface ProducerProgress {
    /** Records that were given to `send`. */
    readonly sent: number;
    /** Of these, those that are stored as durably as was asked. */
    readonly acknowledged: number;
    /** Those whose send was told an error. */
    readonly failed: number;
    /** Those of which nothing is known yet: they wait, or are on their way. */
    readonly inFlight: number;
    /** Batches that were sent again, each time. */
    readonly retried: number;
    /** Bytes of batches that were acknowledged, as they were packed, before they were compressed. */
    readonly bytesAcknowledged: number;
    /** Bytes packed and unanswered. */
    readonly bytesUnanswered: number;
}
