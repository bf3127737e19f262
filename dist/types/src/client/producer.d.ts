import { type RecordInput, type WriterId } from "../base/mod.d.ts";
import type { ClientClock } from "./client_clock.d.ts";
import type { BatchPipe } from "./pipe.d.ts";
import type { ProducerProgress, ResolvedProducerOptions } from "./producer_options.d.ts";
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
 * while few batches are on their way, and otherwise when an answer comes. No timer is involved, but for `lingerMs`.
 *
 * Batches that get no answer are sent again, the same and in order, to the same server and then to others, until
 * `deliveryTimeoutMs` is over: nodes know a batch again, so that it is stored once.
 *
 * Order is kept. When a batch fails for good, everything that was sent after it fails too: each send's promise says so, and
 * its error's `fate` says whether the record may be stored all the same. Later sends begin anew.
 */
export declare class Producer implements AsyncDisposable {
    #private;
    /** The clock is the one that the pipe counts by. */
    constructor(pipe: BatchPipe, options: ResolvedProducerOptions, clock: Pick<ClientClock, "nowMs" | "schedule">);
    /** Bytes packed and unanswered. */
    get bytesUnanswered(): number;
    /** For those who show it: counted, not estimated. */
    get progress(): ProducerProgress;
    /**
     * Resolves when the record is stored as durably as the options ask. `sinceMs`: when it was to be sent, by the client's
     * clock, where that was earlier.
     */
    send(record: RecordInput, sinceMs?: number): Promise<SendAck>;
    /** Resolves when a send would be packed at once: for callers who do not await their sends. */
    ready(): Promise<void>;
    /** Resolves when everything sent so far is answered; rejects when the last of it failed. */
    flush(): Promise<void>;
    /** Waits for what was sent, then closes. Failures are told to those who sent. */
    [Symbol.asyncDispose](): Promise<void>;
}
