import { type Client } from "npm:@connectrpc/connect@2.2.0";
import { type Checksum } from "../base/mod.d.ts";
import { type Log } from "../gen/log/v1/log_pb.d.ts";
import { ClientError, type ProduceFate } from "./errors.d.ts";
import { type ProduceAnswer } from "./hot_messages.d.ts";
/**
 * The way of one producer's batches to one server, in order: a batch is stored before the next one is. Answers come in
 * the same order. After a failure everything unanswered has failed; the next `send` begins anew.
 */
export interface BatchPipe {
    /** Batches that may be unanswered at a time. */
    readonly batchesMax: number;
    /** What batches are checked with on their way. */
    readonly checksum: Checksum;
    send(frame: Uint8Array): Promise<ProduceAnswer>;
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
/** One bidirectional stream for all batches. */
export declare class StreamPipe implements BatchPipe {
    #private;
    readonly batchesMax: number;
    readonly checksum: Checksum;
    constructor(target: PipeTarget, batchesMax: number);
    send(frame: Uint8Array): Promise<ProduceAnswer>;
    close(): Promise<void>;
    abandon(): void;
}
