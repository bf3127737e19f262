import { ConnectError } from "npm:@connectrpc/connect@2.2.0";
import { type WriterId } from "../base/mod.d.ts";
import { type Shortfall } from "../gen/log/v1/log_pb.d.ts";
export declare const producePath = "/log.v1.Log/Produce";
export declare const produceStreamPath = "/log.v1.Log/ProduceStream";
export declare const produceManyPath = "/log.v1.Log/ProduceMany";
export declare const consumeStreamPath = "/log.v1.Log/ConsumeStream";
/** Writes requests that differ in their frame alone. */
export declare class ProduceRequests {
    #private;
    constructor(options: {
        readonly topic: string;
        readonly replicated: number;
        readonly timeoutMs: number;
    });
    /** What stands before a frame of this length in a request of ProduceMany with this number. */
    numbered(id: number, frameBytes: number): Uint8Array;
    /** The parts of the request that carries this frame. */
    around(frame: Uint8Array): readonly [Uint8Array, Uint8Array];
}
/** What a produce was answered with. */
export interface ProduceAnswer {
    readonly offset: number;
    readonly writer: WriterId;
    readonly firstSequence: number;
    readonly token: Uint8Array;
    readonly count: number;
    /** Set when fewer nodes than were asked for hold the records so far. */
    readonly shortfall: Shortfall | undefined;
}
/** Reads answers one after another: the writer is mostly the one before. */
export declare class ProduceAnswerReader {
    #private;
    /** The answer between these positions. */
    read(message: Uint8Array, start?: number, end?: number): ProduceAnswer;
}
/** What one produce of ProduceMany came to: an answer, or else a failure. */
export interface NumberedAnswer {
    readonly id: number;
    readonly answer: ProduceAnswer | undefined;
    readonly failure: ConnectError | undefined;
}
/** Reads answers of ProduceMany one after another. */
export declare class ProduceManyAnswerReader {
    #private;
    read(message: Uint8Array): NumberedAnswer;
}
/** What a consumer reads of a response. */
export interface ConsumeAnswer {
    readonly frames: Uint8Array;
    readonly cursor: Uint8Array;
    readonly heartbeat: boolean;
    readonly nextOffset: number;
}
export declare function readConsumeAnswer(message: Uint8Array): ConsumeAnswer;
