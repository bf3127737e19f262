import type { Client } from "npm:@connectrpc/connect@2.2.0";
import type { Checksum } from "../base/mod.d.ts";
import { type Log, type ProduceRequest } from "../gen/log/v1/log_pb.d.ts";
import { ClientError, type ProduceFate } from "./errors.d.ts";
import type { ProduceAnswer } from "./hot_messages.d.ts";
/**
 * The way of one producer's batches to one server, in order: a batch is stored before the next one is. Answers come in
 * the same order. After a failure everything unanswered has failed; the next `send` begins anew.
 */
export interface BatchPipe {
    /** Batches that may be unanswered at a time. */
    readonly batchesMax: number;
    /** What batches are checked with on their way. */
    readonly checksum: Checksum;
    /** Batches that were sent again, where they are. */
    readonly retried?: number;
    /** `sinceMs` is when the first of its records was to be sent, on the client's clock, where somebody counts from then on. */
    send(frame: Uint8Array, sinceMs?: number): Promise<ProduceAnswer>;
    /** Waits for what is unanswered, then ends. */
    close(): Promise<void>;
    /** Ends at once: what is unanswered fails. Nothing is sent after it. */
    abandon(): void;
}
/** Whom a pipe leads to, and what each of its requests says beside the frame. */
export interface PipeTarget {
    readonly client: Client<typeof Log>;
    readonly server: string;
    readonly topic: string;
    readonly replicated: number;
    readonly timeoutMs: number;
    readonly checksum: Checksum;
}
/** Who waits for what becomes of a batch. */
export interface Unanswered {
    readonly resolve: (answer: ProduceAnswer) => void;
    readonly reject: (error: ClientError) => void;
}
export declare function requestOf(target: PipeTarget, frame: Uint8Array): ProduceRequest;
export declare function failureOf(target: PipeTarget, error: unknown, fate?: ProduceFate): ClientError;
/** Codes that a server gives before it stores anything. */
export declare function surelyRejected(failure: ClientError): boolean;
/** One call a batch, where requests cannot stream. Only one at a time, because calls may overtake each other. */
export declare class UnaryPipe implements BatchPipe {
    #private;
    readonly batchesMax = 1;
    readonly checksum: Checksum;
    constructor(target: PipeTarget);
    send(frame: Uint8Array): Promise<ProduceAnswer>;
    close(): Promise<void>;
    abandon(): void;
}
