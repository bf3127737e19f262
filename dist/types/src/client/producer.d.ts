import { type Checksum, type Compression, type RecordInput, type WriterId } from "../base/mod.d.ts";
import { type Acks } from "./acks.d.ts";
import type { BatchPipe } from "./pipe.d.ts";
import { type ProducerIdentity } from "./producer_identity.d.ts";
/** How a producer batches, and how durable its records must be. */
export interface ProducerOptions {
    /** A batch is closed at this size. Larger ones carry more, smaller ones are answered sooner. @default 131072 */
    readonly batchBytesMax?: number;
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
     * How long, in milliseconds, a batch is sent again before it fails, and with it all that was sent after it: up to
     * 86400000. 0: it is sent once. @default 120000
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
/** Where a record went. */
export interface SendAck {
    /** Position in the answering node's local log. */
    readonly offset: number;
    readonly writer: WriterId;
    /** Position in the writer's feed, the same on every node. */
    readonly sequence: number;
}
/**
 * Sends records one by one and batches them by itself: whatever gathered goes out when the way is free, which is at once
 * while few batches are on their way, and otherwise when an answer comes. No clock is involved.
 *
 * Batches that get no answer are sent again, the same and in order, to the same server and then to others, until
 * `deliveryTimeoutMs` is over: nodes know a batch again, so that it is stored once.
 *
 * Order is kept. When a batch fails for good, everything that was sent after it fails too: each send's promise says so, and
 * its error's `fate` says whether the record may be stored all the same. Later sends begin anew.
 */
export declare class Producer implements AsyncDisposable {
    #private;
    constructor(pipe: BatchPipe, options: ResolvedProducerOptions);
    /** Bytes packed and unanswered. */
    get bytesUnanswered(): number;
    /** Resolves when the record is stored as durably as the options ask. */
    send(record: RecordInput): Promise<SendAck>;
    /** Resolves when a send would be packed at once: for callers who do not await their sends. */
    ready(): Promise<void>;
    /** Resolves when everything sent so far is answered; rejects when the last of it failed. */
    flush(): Promise<void>;
    /** Waits for what was sent, then closes. Failures are told to those who sent. */
    [Symbol.asyncDispose](): Promise<void>;
}
/** The records as one batch. */
export declare function packOne(records: readonly RecordInput[], checksum?: Checksum): Uint8Array<ArrayBuffer>;
